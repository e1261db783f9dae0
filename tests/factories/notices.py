"""Notices of people without an account, and their visits to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask import Flask
from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.claim import EventKind
from portal.domain.identity import DocumentType, Identity
from portal.domain.notice import Event, Sender
from portal.extensions import db
from portal.models import Message, Notice
from portal.services.claims import following, notices
from portal.services.platform import encryption
from tests.factories.people import numbers

DIED = Event(EventKind.DEATH, Identity(DocumentType.DNI, "41873350"), "", date(2026, 6, 14), "Se cayó de un andamio.")


class Notices:
    def __init__(self, app: Flask) -> None:
        self._app = app

    def notice_draft(self, event: Event = DIED, sender: Sender | None = None, actor: Actor | None = None) -> str:
        """The token of a notice whose code is in the mail."""
        actor = actor or Actor()
        with self._app.app_context():
            token = notices.begin(event, actor)
            notices.say_who(token, sender or self.sender(), actor)
        return token

    def notice(self, event: Event = DIED, sender: Sender | None = None, actor: Actor | None = None) -> str:
        """The number of a notice that was received."""
        token = self.notice_draft(event, sender, actor)
        with self._app.app_context():
            notices.confirm(token, self.mailed_code("notice_code"), actor or Actor())
            return db.session.scalars(select(Notice.number).where(Notice.token == token)).one() or ""

    def sender(self, **changes: object) -> Sender:
        """A daughter, with a document and a mailbox of her own."""
        number = next(numbers)
        identity = Identity(DocumentType.DNI, f"{70_000_000 + number}")
        told = Sender(identity, "Nilda", "Quispe Mamani", "hija", f"aviso{number}@example.com", "984330127")
        return replace(told, **changes)  # type: ignore[arg-type]

    def notice_visit(self, number: str, *, browser: str) -> str:
        """The token of a visit that is open in the browser with this mark."""
        actor = Actor(browser=browser)
        with self._app.app_context():
            notice = db.session.scalars(select(Notice).where(Notice.number == number)).one()
            assert notice.identity
            token = following.ask(number, notice.identity, actor)
            following.enter(token, self.mailed_code("notice_visit_code"), actor)
        return token

    def mailed_code(self, kind: str) -> str:
        """The six digits mailed last in a mail of this kind, as long as it has not left."""
        newest = select(Message.secret).where(Message.kind == kind).order_by(Message.id.desc()).limit(1)
        with self._app.app_context():
            sealed = db.session.scalars(newest).one()
            assert sealed is not None, "the mail has left: read the code there"
            return encryption.unseal(sealed)
