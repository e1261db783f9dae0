"""The desk is warned 10, 5 and 2 days before a claim's clock ends, and when it has run out: each once, by mail to who
has the claim, or else to every supervisor. Source: docs/rules.md, Claims."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import SYSTEM
from portal.domain.claim import OPEN_CLAIMS, ClaimEventKind
from portal.domain.claim_clock import Running, Standing, warning_to_send
from portal.extensions import db
from portal.models import Account, Claim, ClaimEvent, Role
from portal.models.transaction import writing
from portal.services.claims import claim as rows
from portal.services.claims import deadlines, events
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_answers import ClaimDeadlineNear

_EARLIEST = timedelta(days=11)  # the first warning is 10 days before
_LATE = -1  # the level of one that has run out


def warn_due() -> int:
    """Warn of each claim whose clock has come to a level of which nobody was told. How many; begun twice, the desk is
    told once."""
    near = db.session.scalars(
        select(Claim.id)
        .where(Claim.state.in_(OPEN_CLAIMS), Claim.due_at < clock.now() + _EARLIEST)
        .order_by(Claim.due_at)
    ).all()
    return sum(_warn(claim_id) for claim_id in near)


def _warn(claim_id: int) -> bool:
    with writing() as session:
        claim = rows.hold(claim_id)
        standing = deadlines.standing(claim)
        told = session.scalars(
            select(ClaimEvent.facts).where(ClaimEvent.claim_id == claim_id, ClaimEvent.kind == ClaimEventKind.WARNED)
        ).all()
        # Of the clock that runs now: one that was paid late was warned about while it was decided, too.
        sent = [facts["level"] for facts in told if facts["until"] == str(standing.deadline)]
        level = _level(standing, sent)
        if level is None:
            return False
        for member in _readers(claim):
            outgoing.queue(_mail(claim, standing, member), to=member.email, account=member, claim=claim)
        events.record(claim, ClaimEventKind.WARNED, SYSTEM, level=level, until=str(standing.deadline))
        return True


def _level(standing: Standing, sent: Sequence[int]) -> int | None:
    if standing.is_late and standing.running is not Running.NOTHING:
        return None if _LATE in sent else _LATE
    return warning_to_send(standing, sent)


def _readers(claim: Claim) -> Sequence[Account]:
    if claim.assignee_id is not None:
        member = db.session.get_one(Account, claim.assignee_id)
        if member.disabled_at is None:
            return [member]
    supervisors = select(Account).where(Account.role == Role.SUPERVISOR, Account.disabled_at.is_(None))
    return db.session.scalars(supervisors.order_by(Account.id)).all()


def _mail(claim: Claim, standing: Standing, member: Account) -> ClaimDeadlineNear:
    pays = standing.running is Running.PAYMENT or standing.deadline == standing.pay_by
    return ClaimDeadlineNear(
        greeting_name=member.person.names.split()[0],
        number=claim.number or "",
        days_left=standing.days_left or 0,
        deadline=standing.deadline or clock.today(),
        what="pagar" if pays else "decidir",
        late_words=standing.late_words if standing.is_late else None,
    )
