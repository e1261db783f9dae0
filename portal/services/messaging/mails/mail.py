"""What every mail is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from portal.domain.message import Topic


@dataclass(frozen=True)
class Mail(ABC):
    """A mail to be written. A subclass a kind: its fields are all that its bodies, `emails/<kind>/body.txt` and
    `body.html`, are given beside what every mail is (rendering.py).

    `kind` stands in the rows of messages for good; `words` say in its receiver's list what happened. With `keeps_order`
    the mails about a purchase leave in the order in which they were written: whoever reads the last of them must be
    right in believing it.
    """

    kind: ClassVar[str]
    topic: ClassVar[Topic]
    words: ClassVar[str]
    keeps_order: ClassVar[bool] = False

    @property
    @abstractmethod
    def subject(self) -> str:
        """One line. Never a secret."""

    def given(self) -> dict[str, Any]:
        """The fields by their names."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, kw_only=True)
class SecretMail(Mail):
    """A mail that carries a code or a password: encrypted until it leaves, then gone, never in what is stored."""

    secret: str = field(repr=False)
