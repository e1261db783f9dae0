"""A code that authorises an operation, and all that it authorises."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from portal.services.messaging.mails.mail import CodeMail


class Fact(NamedTuple):
    """A line of what is authorised; `detail` stands below it, smaller."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class AuthorisationCode(CodeMail):
    """Its bodies are written on `layouts/authorisation_email`, which shows the code, what it authorises and what to do
    about one that nobody asked for. A kind adds its words: heading, operation, and what can't happen without it."""

    @property
    @abstractmethod
    def facts(self) -> Sequence[Fact]:
        """What the code authorises, so that nobody gives it away for something else. The last one stands out."""

    def given(self) -> dict[str, Any]:
        """The facts, in place of the rows that they tell of."""
        return {"secret": self.secret, "until": self.until, "facts": self.facts}
