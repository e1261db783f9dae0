"""Notices at the desk: what waits, who has which, and the letter when no policy is meant. Source: docs/rules.md."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun
from portal.domain.claim import NoticeState
from portal.domain.errors import NotAllowed, NotFound
from portal.extensions import db
from portal.models import Account, Claim, Notice, NoticeMatch, Policy, Role
from portal.models.transaction import writing
from portal.services.claims import notices
from portal.services.controls import conflicts_of_interest
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.notices import NoticeClosed
from portal.services.platform import audit
from portal.services.platform.pending import Pending

TO_MATCH = Noun("aviso por emparejar", "avisos por emparejar")
# True of who only told of it as of a notice about nobody insured: neither learns whether there is a policy.
ANSWER = "Con los datos de su aviso no hallamos un seguro de MASSIV que le toque cobrar a usted."


def pending(_actor: Actor) -> Pending:
    """How many notices wait to be matched, and since when."""
    return select(func.count(), func.min(Notice.confirmed_at)).where(Notice.state == NoticeState.NEW)


def waiting(limit: int = 100) -> Sequence[Notice]:
    """Those whose senders wait for an answer, the most pressing first."""
    query = select(Notice).where(Notice.state == NoticeState.NEW).order_by(Notice.due_at, Notice.id)
    return db.session.scalars(query.limit(limit)).all()


def answered(limit: int = 20) -> Sequence[Notice]:
    """Those that were matched or closed last."""
    done = (NoticeState.MATCHED, NoticeState.CLOSED)
    return db.session.scalars(
        select(Notice).where(Notice.state.in_(done)).order_by(Notice.id.desc()).limit(limit)
    ).all()


def get(number: str) -> Notice:
    """A notice that was received, for the staff. What it says is for whoever has it alone: `may_read`. Raises
    NotFound."""
    in_claim = joinedload(Notice.matches).joinedload(NoticeMatch.claim)
    query = select(Notice).where(Notice.number == number)
    notice = (
        db.session.scalars(
            query.options(
                in_claim.lazyload(Claim.papers),
                in_claim.joinedload(Claim.policy).lazyload(Policy.endorsements),
                joinedload(Notice.matches).joinedload(NoticeMatch.party),
            )
        )
        .unique()
        .one_or_none()
    )
    if notice is None:
        raise NotFound("No encontramos ese aviso.")
    return notice


def may_read(notice: Notice, actor: Actor) -> bool:
    """Whether the actor has it: who takes it is written down, and who wrote it down knows what it says."""
    return actor.account_id is not None and actor.account_id in (notice.assignee_id, notice.entered_by_id)


def take(number: str, actor: Actor) -> None:
    """Have it from now on, and read what it says; the look is recorded. Raises NotAllowed when somebody else has it and
    the actor is no supervisor, HasPart when it is of or about the actor."""
    with writing():
        notice = held(number)
        check_no_part(notice, actor)
        if notice.assignee_id not in (None, actor.account_id) and actor.role != Role.SUPERVISOR:
            raise NotAllowed("Este aviso lo tiene otra persona. Una supervisión puede pasárselo.")
        notice.assignee_id = actor.account_id
        audit.record(actor, "notice.take", number)


def of_same_event(notice: Notice) -> Sequence[Notice]:
    """Other notices about the same person, matched or not: they may tell of the same event."""
    if notice.insured is None:
        return []
    told = select(Notice).where(
        Notice.insured_country == notice.insured.country,
        Notice.insured_document_type == notice.insured.document_type,
        Notice.insured_document_number == notice.insured.number,
        Notice.kind == notice.kind,
        Notice.state != NoticeState.DRAFT,
        Notice.id != notice.id,
    )
    return db.session.scalars(told.options(lazyload(Notice.matches)).order_by(Notice.id).limit(10)).all()


def close(number: str, actor: Actor) -> None:
    """No policy is meant, or its sender has no part in any: they get the letter, the same whatever the reason. Closed
    again, nothing happens. Raises NotAllowed once they have a part, HasPart."""
    with writing():
        notice = held(number)
        check_read(notice, actor)
        check_no_part(notice, actor)
        if notice.state is NoticeState.CLOSED:
            return
        if notice.state is not NoticeState.NEW:
            raise NotAllowed("Quien dio este aviso ya figura en un siniestro.")
        notice.move_to(NoticeState.CLOSED)
        notice.closed_at, notice.answer = clock.now(), ANSWER
        letter = store.find(kinds.NOTICE_LETTER, notice) or store.order(kinds.NOTICE_LETTER, notice)
        if notice.email:
            mail = NoticeClosed(greeting_name=notice.names.split()[0], number=number, link=notices.link_to_follow())
            outgoing.queue(mail, to=notice.email, account=None, notice=notice, attachments=[letter])
        audit.record(actor, "notice.close", number)


def held(number: str) -> Notice:
    """The notice as it stands, in the present transaction: whoever else changes it waits. Raises NotFound."""
    query = select(Notice).where(Notice.number == number).with_for_update(key_share=True, of=Notice)
    notice = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if notice is None:
        raise NotFound("No encontramos ese aviso.")
    return notice


def check_read(notice: Notice, actor: Actor) -> None:
    """Raises NotAllowed for who has not taken it."""
    if not may_read(notice, actor):
        raise NotAllowed("Primero tome el aviso.")


def check_no_part(notice: Notice, actor: Actor) -> None:
    """Nobody of the staff handles a notice that they give, or that is about them. Raises HasPart."""
    for who in filter(None, (notice.identity, notice.insured)):
        conflicts_of_interest.check_is_not(actor, who)


def assignee_of(notice: Notice) -> str:
    """Who has it, by name; empty while nobody does."""
    account = db.session.get(Account, notice.assignee_id or 0)
    return account.person.short_name if account else ""
