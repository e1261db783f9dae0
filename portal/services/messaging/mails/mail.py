"""What every mail is."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from portal.domain import formats
from portal.domain.message import Topic
from portal.models import Code, CodePurpose


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

    @property
    def expires_at(self) -> datetime | None:
        """From when on nobody can do what it asks for: it is not sent any more. None if it asks for nothing that
        ends."""
        return None

    @property
    def ends(self) -> Collection[str]:
        """Kinds of mail about the same purchase or policy whose call to do something is over with this one."""
        return ()

    def given(self) -> dict[str, Any]:
        """The fields by their names."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, kw_only=True)
class SecretMail(Mail):
    """A mail that carries a code or a password: encrypted until it leaves, then gone, never in what is stored."""

    secret: str = field(repr=False)

    @property
    @abstractmethod
    def secret_for(self) -> str:
        """What the secret opens: a newer one takes its place by `outgoing.end_secret`."""


def code_key(purpose: CodePurpose, subject_id: int) -> str:
    """What the codes of a subject open, in the rows of messages."""
    return f"{purpose}:{subject_id}"


@dataclass(frozen=True, kw_only=True)
class CodeMail(SecretMail):
    """A mail with a one-time code, which also begins its subject: `subject` is what follows the digits. Its bodies are
    given `until`, the hour until when the code can be typed."""

    code: Code

    @property
    def secret_for(self) -> str:
        """The code's own subject."""
        return code_key(self.code.purpose, self.code.subject_id)

    @property
    def expires_at(self) -> datetime:
        """The code's own end."""
        return self.code.expires_at

    @property
    def until(self) -> str:
        """`10:42`."""
        return formats.hour(self.expires_at)

    def given(self) -> dict[str, Any]:
        """The fields, and in place of the code's row its hour."""
        found = super().given()
        del found["code"]
        return found | {"until": self.until}
