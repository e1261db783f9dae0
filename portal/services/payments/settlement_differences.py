"""How the bank's settlements differ from our books, at the staff's desk: one of the staff writes down how a difference
ended, a supervisor who is somebody else confirms it. What ends where its money is reviewed is not ended here. The
runbook is docs/runbooks/settlement.md."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun, Waiting
from portal.domain.decision import DecisionKind
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.settlement import DifferenceState, Differs, LineKind, newest_due
from portal.extensions import db
from portal.models import Account, Decision, Payment, Person, Refund, Settlement, SettlementDifference, SettlementLine
from portal.models.transaction import writing
from portal.services.controls import conflicts_of_interest, four_eyes
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.payments.movements import MOVEMENTS
from portal.services.payments.payouts import BANK_PAYOUT
from portal.services.platform import audit, paging
from portal.services.platform.pending import Found, Grouped

MISSING = Noun("día del banco que no llegó", "días del banco que no llegaron")
DIFFERENCE = Noun("diferencia con el banco", "diferencias con el banco")
_NOUNS = {noun.one: noun for noun in (MISSING, DIFFERENCE)}
_KIND = DecisionKind.SETTLEMENT_DIFFERENCE
_MOVEMENTS = {kind.name: kind for kind in MOVEMENTS}
_RESOLVED = "resolved"
_IS_OPEN = SettlementDifference.state == DifferenceState.OPEN


@dataclass(frozen=True, slots=True)
class SettledDay:
    """A day of the bank, with how many lines it has and how many differences are open. `is_late`: it had to be here."""

    id: int
    day: date
    received_at: datetime | None
    lines: int
    open: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class OneDifference:
    """A difference. `row`: what it is about in our books. `decision`: the newest, what is proposed or how it ended, by
    the names of the two."""

    difference: SettlementDifference
    row: Any
    decision: Decision | None
    proposer: str
    decider: str

    @property
    def proposal(self) -> Decision | None:
        """What waits for the second person."""
        is_open = self.decision is not None and self.decision.decided_at is None
        return self.decision if is_open else None

    @property
    def is_reviewed(self) -> bool:
        """Whether the desk has a page of its own for the money that it is about."""
        return self.row is not None and (self.row.state.is_unknown or self.row.in_review_at is not None)

    @property
    def is_refund(self) -> bool:
        """Whether its money goes back to a customer."""
        return isinstance(self.row, Refund)

    @property
    def ended_by(self) -> Decision | None:
        """The word of two that ended it."""
        return self.decision if self.decision is not None and self.decision.accepted else None


def waiting(*, after: int, limit: int) -> Sequence[SettlementDifference]:
    """What is open, the oldest first, behind the one whose key is `after`. One query."""
    query = select(SettlementDifference).where(_IS_OPEN, SettlementDifference.id > after)
    return _with_lines(query.order_by(SettlementDifference.id).limit(limit))


def days(*, before: int | None = None, limit: int) -> Sequence[SettledDay]:
    """The newest first. One query."""
    lines = _count(SettlementLine.settlement_id, SettlementLine.taken_away_at.is_(None))
    still_open = _count(SettlementDifference.settlement_id, _IS_OPEN)
    query = select(Settlement, lines, still_open)
    found = db.session.execute(paging.newest(query, Settlement.id, before=before, limit=limit))
    return [_day(*row) for row in found]


def day_of(day: date) -> SettledDay:
    """One of them. Raises NotFound."""
    lines = _count(SettlementLine.settlement_id, SettlementLine.taken_away_at.is_(None))
    still_open = _count(SettlementDifference.settlement_id, _IS_OPEN)
    row = db.session.execute(select(Settlement, lines, still_open).where(Settlement.day == day)).one_or_none()
    if row is None:
        raise NotFound
    return _day(*row)


def of_day(settlement_id: int, *, before: int | None = None, limit: int) -> Sequence[SettlementDifference]:
    """All that differed on a day, ended or not, the newest first. One query."""
    query = select(SettlementDifference).where(SettlementDifference.settlement_id == settlement_id)
    return _with_lines(paging.newest(query, SettlementDifference.id, before=before, limit=limit))


def missing_days() -> Sequence[date]:
    """Those that had to be here by now, the oldest first; at most a month of them."""
    return db.session.scalars(select(Settlement.day).where(*_missing()).order_by(Settlement.day).limit(31)).all()


def pending(_actor: Actor) -> Grouped:
    """Days that did not come, and what people have to end here: what is under review is counted there."""
    each = union_all(
        _of(MISSING, Settlement.created_at).where(*_missing()),
        _of(DIFFERENCE, SettlementDifference.created_at).where(
            _IS_OPEN, SettlementDifference.kind != Differs.UNCONFIRMED
        ),
    ).subquery()
    return Grouped(select(each.c.mark, each.c.number, each.c.since).where(each.c.number > 0), _read)


def one(difference_id: int) -> OneDifference:
    """One, whatever became of it. Raises NotFound."""
    mine, other = aliased(Account), aliased(Account)
    proposer, decider = aliased(Person), aliased(Person)
    newest = (
        select(func.max(Decision.id))
        .where(Decision.kind == _KIND, Decision.subject_id == SettlementDifference.id)
        .correlate(SettlementDifference)
        .scalar_subquery()
    )
    found = db.session.execute(
        select(SettlementDifference, Settlement, SettlementLine, Decision, proposer, decider)
        .join(Settlement, Settlement.id == SettlementDifference.settlement_id)
        .outerjoin(SettlementLine, SettlementLine.id == SettlementDifference.line_id)
        .outerjoin(Decision, Decision.id == newest)
        .outerjoin(mine, mine.id == Decision.proposed_by_id)
        .outerjoin(proposer, proposer.id == mine.person_id)
        .outerjoin(other, other.id == Decision.decided_by_id)
        .outerjoin(decider, decider.id == other.person_id)
        .where(SettlementDifference.id == difference_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    difference, _settlement, _line, decision, first, second = found
    names = [person.full_name if person else "" for person in (first, second)]
    return OneDifference(difference, _row(difference), decision, *names)


def propose(difference_id: int, *, reference: str, note: str, actor: Actor) -> None:
    """Write down how it ended: `reference` is the bank's number of it, or that of the paper that explains it. Raises
    NotAllowed, HasPart, NotFound, DomainError."""
    with writing():
        difference = _to_resolve(difference_id, actor)
        proposal = {"outcome": _RESOLVED, "reference": reference, "kind": difference.kind.value}
        four_eyes.propose(_KIND, difference.id, proposal, note, actor)
        audit.record(actor, f"{_KIND}.propose", _subject(difference), reference=reference)


def decide(difference_id: int, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what is proposed, which ends it; or turn it down. Nothing of ours changes by it. Raises as
    review.decide."""
    with writing():
        difference = _to_resolve(difference_id, actor)
        decision = four_eyes.decide_shown(_KIND, difference.id, actor, shown=shown, accepted=accepted)
        if accepted:
            difference.move_to(DifferenceState.RESOLVED)
            difference.ended_at = clock.now()
            db.session.flush()
        told = {"proposed_by": decision.proposed_by_id, "reference": decision.proposal["reference"]}
        audit.record(actor, f"{_KIND}.{'accept' if accepted else 'reject'}", _subject(difference), **told)


def _to_resolve(difference_id: int, actor: Actor) -> SettlementDifference:
    difference = db.session.get(SettlementDifference, difference_id)
    if difference is None:
        raise NotFound
    _check_no_part(difference, actor)
    if difference.state is not DifferenceState.OPEN:
        raise NotAllowed("Esta diferencia ya terminó: no queda nada por confirmar.")
    if difference.waits_for_review:
        raise NotAllowed("Su pago está por confirmar: cuando termine, esta diferencia se cierra sola.")
    return difference


def _check_no_part(difference: SettlementDifference, actor: Actor) -> None:
    """Nobody ends what is in part their own. Of what the bank alone knows, its charge tells whose it is."""
    row = _row(difference)
    if row is not None:
        next(kind for kind in MOVEMENTS if isinstance(row, kind.model)).check_no_part(row, actor)
    elif difference.movement is not LineKind.PAYOUT:
        charge = select(Payment).where(Payment.number == difference.reference)
        payment = db.session.scalars(charge).one_or_none()
        if payment is not None:
            conflicts_of_interest.check_none(actor, payment.purchase)


def _row(difference: SettlementDifference) -> Any:
    """The payment, refund or payout that it is about; None where we have none."""
    if difference.number is None:
        return None
    # A refund to another account is a payout to the bank.
    kinds = (BANK_PAYOUT, BANK_REFUND) if difference.movement is LineKind.PAYOUT else (_MOVEMENTS[difference.movement],)
    asked = (select(kind.model).where(kind.model.number == difference.number) for kind in kinds)
    return next((row for query in asked if (row := db.session.scalars(query).one_or_none()) is not None), None)


def _subject(difference: SettlementDifference) -> str:
    return f"difference:{difference.id}"


def _with_lines(query: Select[SettlementDifference]) -> Sequence[SettlementDifference]:
    both = (joinedload(SettlementDifference.line), joinedload(SettlementDifference.settlement))
    return db.session.scalars(query.options(*both)).all()


def _count(key: InstrumentedAttribute[int], *where: Any) -> Any:
    return select(func.count()).where(key == Settlement.id, *where).correlate(Settlement).scalar_subquery()


def _day(settlement: Settlement, lines: int, still_open: int) -> SettledDay:
    is_late = settlement.received_at is None and settlement.day <= newest_due(clock.now())
    return SettledDay(settlement.id, settlement.day, settlement.received_at, lines, still_open, is_late)


def _missing() -> tuple[Any, ...]:
    return Settlement.received_at.is_(None), Settlement.day <= newest_due(clock.now())


def _of(noun: Noun, since: InstrumentedAttribute[datetime]) -> Select[str, int, datetime | None]:
    marked = literal(noun.one).label("mark")
    return select(marked, func.count().label("number"), func.min(since).label("since")).select_from(since.class_)


def _read(rows: Sequence[Found]) -> Sequence[Waiting]:
    return [Waiting(_NOUNS[mark], number, since, needs_people=True) for mark, number, since in rows]
