"""Notices of people without an account: begun, confirmed by a mailed code, numbered (B01).

Nothing here asks whether there is a policy: pages, work, times and mails are the same for any document. What a notice
is about is found later, by the staff (`matching`).
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import NoticeState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import likely_email
from portal.domain.notice import Event, Sender
from portal.extensions import db
from portal.models import CodePurpose, Notice
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.authentication import one_time_codes
from portal.services.messaging import outgoing
from portal.services.messaging.mails.notices import NoticeCode, NoticeReceived
from portal.services.platform import audit, numbering
from portal.settings import current_settings

LIFE = timedelta(days=7)  # of one that was begun and not confirmed
MATCHED_WITHIN = timedelta(hours=24)  # the house's own target, for the desk's list
SERIES = "AV"
_PURPOSE = CodePurpose.NOTICE


class NoticeOver(NotAllowed):
    """It was begun too long ago, or has its number already."""


@dataclass(frozen=True, slots=True)
class NoticeProgress:
    """How far a notice is. `suggestion`: the address that was probably meant, where the typed one looks wrong. `code`:
    the life of its newest code."""

    notice: Notice
    suggestion: str | None
    is_over: bool
    code: one_time_codes.CodeLife | None

    @property
    def is_done(self) -> bool:
        """Whether it has its number."""
        return self.notice.state is not NoticeState.DRAFT


def begin(event: Event, actor: Actor, *, token: str | None = None) -> str:
    """Keep what happened; the notice's token. With a token it replaces what that notice said. Raises DomainError on the
    field that is wrong, NoticeOver, NotFound."""
    told = event.checked(clock.today())
    with writing() as session:
        notice = _open(token) if token else Notice(token=secrets.token_urlsafe(32), kind=told.kind)
        take_event(notice, told)
        notice.ip, notice.device = actor.ip, actor.device
        session.add(notice)
    return notice.token


def say_who(token: str, sender: Sender, actor: Actor) -> None:
    """Keep who gives it, and mail the code to their address; pressed twice, one mail. Raises DomainError on the field
    that is wrong, NoticeOver, NotFound."""
    told = sender.checked()
    with writing():
        notice = _open(token)
        take_sender(notice, told)
        notice.ip, notice.device = actor.ip, actor.device
        last = one_time_codes.newest(_PURPOSE, notice.id)
        just_sent = last is not None and clock.now() < last.issued_at + one_time_codes.RESEND_AFTER
        if not (just_sent and one_time_codes.is_open(last, _binding(notice))):
            _send_code(notice, actor)


def resend(token: str, actor: Actor, *, shown: datetime | None = None) -> None:
    """Mail another code, unless one was sent since the page was `shown`. Raises DomainError on `codigo` when asked too
    soon or too often, NoticeOver, NotFound."""
    with writing():
        notice = _open(token)
        if notice.identity is None:
            raise NotFound
        if not one_time_codes.was_sent_since(_PURPOSE, notice.id, shown, binding=_binding(notice)):
            _send_code(notice, actor)


def progress(token: str) -> NoticeProgress:
    """How far the notice of `token` is. Raises NotFound."""
    notice = _find(token)
    return NoticeProgress(
        notice=notice,
        suggestion=likely_email(notice.email) if notice.email else None,
        is_over=_is_over(notice),
        code=one_time_codes.life(_PURPOSE, notice.id),
    )


def confirm(token: str, typed: str, actor: Actor) -> None:
    """Pass the code: the notice has its number, and its sender is told it by mail. Confirmed again, nothing happens.
    Raises DomainError on `codigo`, NoticeOver, NotFound."""
    notice = _find(token)
    if notice.state is not NoticeState.DRAFT:
        return
    _check_open(notice)
    notice_id = notice.id
    try:
        code_id = one_time_codes.try_code(_PURPOSE, notice_id, typed, binding=_binding(notice))
    except DomainError:
        if _find(token).state is not NoticeState.DRAFT:
            return  # pressed twice, and the first has just come through
        raise
    with writing() as session:
        notice = session.get_one(Notice, notice_id, with_for_update=NOT_THE_KEY)
        if notice.state is not NoticeState.DRAFT:
            return
        one_time_codes.spend(code_id, actor)
        receive(notice, actor)


def enter(event: Event, sender: Sender, actor: Actor, *, form: str) -> str:
    """Write down what somebody tells by phone or at the counter: its number, at once, without a code. `form` is the
    page's own mark: sent twice, it is one notice. Raises DomainError on the field that is wrong."""
    told, who = event.checked(clock.today()), sender.checked(needs_email=False)
    with writing() as session:
        numbering.hold(SERIES)
        known = session.scalars(select(Notice).where(Notice.token == form, Notice.entered_by_id == actor.account_id))
        notice = known.one_or_none()
        if notice is None:
            notice = Notice(token=form, kind=told.kind, entered_by_id=actor.account_id, assignee_id=actor.account_id)
            take_event(notice, told)
            take_sender(notice, who)
            notice.ip, notice.device = actor.ip, actor.device
            session.add(notice)
            receive(notice, actor)
    return notice.number or ""


def receive(notice: Notice, actor: Actor) -> None:
    """Give the notice its number, tell its sender and let the desk see it, in the present transaction."""
    notice.number = numbering.next_number(SERIES)
    notice.move_to(NoticeState.NEW)
    notice.confirmed_at = clock.now()
    notice.due_at = notice.confirmed_at + MATCHED_WITHIN
    if notice.email:
        mail = NoticeReceived(
            greeting_name=notice.names.split()[0],
            number=notice.number,
            received_at=notice.confirmed_at,
            link=link_to_follow(),
        )
        outgoing.queue(mail, to=notice.email, account=None, notice=notice)
    audit.record(actor, "notice.receive", notice.number)


def link_to_follow() -> str:
    """Where a notice is followed."""
    return f"{current_settings().base_url}/avisos/seguimiento"


def forget() -> None:
    """Delete what was begun a week ago and never confirmed: personal data that led to nothing is not kept."""
    with writing() as session:
        session.execute(delete(Notice).where(Notice.state == NoticeState.DRAFT, Notice.created_at < clock.now() - LIFE))


def take_event(notice: Notice, event: Event) -> None:
    """Write down what happened, and to whom."""
    insured = event.insured
    notice.kind, notice.event_date, notice.story = event.kind, event.event_date, event.story
    notice.policy_number, notice.insured_name = event.policy_number, event.insured_name
    notice.insured_country = insured.country if insured else None
    notice.insured_document_type = insured.document_type if insured else None
    notice.insured_document_number = insured.number if insured else None


def take_sender(notice: Notice, sender: Sender) -> None:
    """Write down who gives it."""
    who = sender.identity
    notice.country, notice.document_type, notice.document_number = who.country, who.document_type, who.number
    notice.names, notice.surnames, notice.relation = sender.names, sender.surnames, sender.relation
    notice.email, notice.phone = sender.email, sender.phone


def _send_code(notice: Notice, actor: Actor) -> None:
    digits = one_time_codes.issue(_PURPOSE, notice.id, binding=_binding(notice))
    mail = NoticeCode(
        secret=digits,
        code=one_time_codes.just_issued(_PURPOSE, notice.id),
        link=f"{current_settings().base_url}/avisos/nuevo/{notice.token}/codigo",
    )
    outgoing.queue(mail, to=notice.email, account=None)  # without its row, which is deleted if it leads to nothing
    audit.record(actor, "notice.code", f"notice:{notice.id}")


def _binding(notice: Notice) -> str:
    """What a code confirms: this event, told by this person, at this address."""
    bound = [
        *(notice.kind, notice.insured_country, notice.insured_document_type, notice.insured_document_number),
        *(notice.policy_number, str(notice.event_date), notice.story, notice.insured_name),
        *(notice.country, notice.document_type, notice.document_number, notice.names, notice.surnames),
        *(notice.relation, notice.email, notice.phone),
    ]
    return hashlib.sha256(json.dumps(bound).encode()).hexdigest()


def _find(token: str) -> Notice:
    notice = db.session.scalars(select(Notice).where(Notice.token == token)).one_or_none()
    if notice is None:
        raise NotFound
    return notice


def _open(token: str) -> Notice:
    notice = _find(token)
    db.session.refresh(notice, with_for_update=NOT_THE_KEY)
    _check_open(notice)
    return notice


def _check_open(notice: Notice) -> None:
    if notice.state is not NoticeState.DRAFT:
        raise NoticeOver(f"Su aviso ya tiene número: {notice.number}.")
    if _is_over(notice):
        raise NoticeOver("Este aviso quedó sin confirmar más de 7 días. Empiece otra vez, o llámenos.")


def _is_over(notice: Notice) -> bool:
    return notice.state is NoticeState.DRAFT and clock.now() >= notice.created_at + LIFE
