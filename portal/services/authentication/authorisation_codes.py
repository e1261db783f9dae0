"""A mailed code that authorises an operation exactly as it stands (S18, S19; docs/rules.md, Codes).

The digits and their rules are those of one_time_codes. What is the operation's own (its rows, what they authorise, what
the mail says of it) stands with it: `CODE` in services/sale/confirming.py is the purchase's.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.confirmation import still_confirmed
from portal.domain.errors import DomainError
from portal.models import Code, CodePurpose
from portal.models.authorised import Authorised
from portal.models.transaction import writing
from portal.services.authentication import one_time_codes
from portal.services.platform import audit

Subject = TypeVar("Subject", bound=Authorised)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Authorisation(Generic[Subject]):
    """A kind of operation. `load` finds one by its key for the actor, and `open` inside a transaction, as long as it
    may be authorised; `mail` writes the digits and what they authorise, in the present transaction. `event` begins its
    entries in the audit log, which name it by its `number`. `edited`: the words for an operation that was changed while
    its code was checked."""

    purpose: CodePurpose
    load: Callable[[str, Actor], Subject]
    open: Callable[[str, Actor], Subject]
    mail: Callable[[Subject, str], object]
    event: str
    number: Callable[[Subject], str]
    edited: str

    def is_passed(self, subject: Subject) -> bool:
        """Whether a code was passed for exactly this, less than 30 minutes ago."""
        is_fresh = still_confirmed(subject.code_verified_at, clock.now())
        return is_fresh and subject.code_binding == subject.fingerprint

    def open_code(self, subject: Subject) -> Code | None:
        """The code that was mailed for exactly this and can still be typed."""
        code = one_time_codes.newest(self.purpose, subject.id)
        return code if one_time_codes.is_open(code, subject.fingerprint) else None

    def code_life(self, subject: Subject) -> one_time_codes.CodeLife | None:
        """That of the newest code, if it was mailed for exactly this."""
        code = one_time_codes.newest(self.purpose, subject.id)
        return one_time_codes.life_of(code) if code and code.binding == subject.fingerprint else None

    def send(self, key: str, actor: Actor, *, shown: datetime | None = None) -> None:
        """Mail a new code, unless one was sent since the page was `shown`. Raises DomainError when one was sent less
        than 60 s ago, or too many this hour."""
        try:
            self._send(key, actor, shown)
        except StaleDataError:
            if not self._was_sent_since(self.load(key, actor), shown):
                raise

    def mail_missing(self, subject: Subject) -> bool:
        """Mail a code for this as it now stands unless it has one, in the present transaction. Whether it was, which
        the caller notes with what it records itself.

        Nothing is raised when no more codes may be sent this hour: whoever comes to type it is told so.
        """
        if not self.is_passed(subject) and self.open_code(subject) is None:
            with contextlib.suppress(DomainError):
                self._issue(subject)
                return True
        return False

    def note_sent(self, subject: Subject, actor: Actor) -> None:
        """Record that a code was sent, in the present transaction."""
        audit.record(actor, f"{self.event}.code_sent", self.number(subject))

    def verify(self, key: str, typed: str, actor: Actor) -> None:
        """Pass the mailed code; passed already, nothing happens. Raises DomainError on the field `codigo`."""
        try:
            self._verify(key, typed, actor)
        except (DomainError, StaleDataError):
            # Pressed twice at once, the first press passed the code.
            if not self.is_passed(self.load(key, actor)):
                raise

    def _send(self, key: str, actor: Actor, shown: datetime | None) -> None:
        with writing():
            subject = self.open(key, actor)
            if not self._was_sent_since(subject, shown):
                self._issue(subject)
                self.note_sent(subject, actor)

    def _was_sent_since(self, subject: Subject, shown: datetime | None) -> bool:
        return one_time_codes.was_sent_since(self.purpose, subject.id, shown, binding=subject.fingerprint)

    def _issue(self, subject: Subject) -> None:
        digits = one_time_codes.issue(self.purpose, subject.id, binding=subject.fingerprint)
        self.mail(subject, digits)

    def _verify(self, key: str, typed: str, actor: Actor) -> None:
        subject = self.load(key, actor)
        if self.is_passed(subject):
            return
        binding = subject.fingerprint
        code_id = one_time_codes.try_code(self.purpose, subject.id, typed, binding=binding)
        with writing():
            subject = self.open(key, actor)
            if subject.fingerprint != binding:  # edited in another tab since the code was compared
                raise DomainError(self.edited, "codigo")
            one_time_codes.spend(code_id, actor)
            subject.code_binding, subject.code_verified_at = binding, clock.now()
            audit.record(actor, f"{self.event}.code_verified", self.number(subject))
