"""The bank's settlement of each day: awaited, fetched, matched with our books line by line, and looked at again.

A day is matched once, however often this runs; nothing here moves a state of money.
Source: docs/rules.md, Money matched.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.domain.actor import SYSTEM
from portal.domain.decision import DecisionKind
from portal.domain.payment import PaymentState
from portal.domain.payout import PayoutState
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import RefundState
from portal.domain.settlement import (
    CORRECTED_WITHIN,
    EDGE,
    OF_OUR_ROW,
    DifferenceState,
    Differs,
    Line,
    LineKind,
    begins_at,
    corrections,
    newest_due,
    newest_known,
    ours_of,
)
from portal.extensions import db
from portal.integrations.bank import BankUnavailable, Movement
from portal.models import Decision, Payment, Payout, Refund, Settlement, SettlementDifference, SettlementLine
from portal.models.transaction import end_reading, judged_anew, writing
from portal.services.payments.bank import bank
from portal.services.payments.settlement_books import Books, Match, rows_by
from portal.services.platform import audit

_ASKED_AGAIN_AFTER = timedelta(hours=20)
_DAY = timedelta(days=1)

_GIVEN_BACK = (Refund.method == PaymentMethod.ACCOUNT) & (Refund.state == RefundState.DONE)
# What the bank moved as we know it, by when that ended here: a refund to another account is a payout to the bank.
_MOVED = (
    (LineKind.CHARGE, Payment, (Payment.method == PaymentMethod.ACCOUNT) & (Payment.state == PaymentState.APPROVED)),
    (LineKind.REFUND, Refund, _GIVEN_BACK & Refund.cci.is_(None)),
    (LineKind.PAYOUT, Refund, _GIVEN_BACK & Refund.cci.is_not(None)),
    (LineKind.PAYOUT, Payout, Payout.agency_code.is_(None) & (Payout.state == PayoutState.DONE)),
)


def keep_up() -> None:
    """Fetch and match the days that are not here yet, ask for the last ones again, and close what agrees by now. May be
    begun twice at once."""
    _await_days()
    _ask(_awaited(), _receive)
    _ask(_to_ask_again(), _receive_again)
    judged_anew(_look_again)


def missing() -> int:
    """How many days are past the noon by which they had to be here. One query."""
    due = newest_due(clock.now())
    late = select(func.count()).where(Settlement.received_at.is_(None), Settlement.day <= due).scalar_subquery()
    newest = select(func.max(Settlement.day)).scalar_subquery()
    number, known = db.session.execute(select(late, newest)).one()
    # Nothing awaits a day while the schedule does not run: it is missing all the same.
    return int(number) + (max(0, (due - known).days) if known else 1)


def _await_days() -> None:
    """A row for each day that the bank may tell of, the first time for yesterday."""
    known = newest_known(clock.now())
    newest = db.session.scalar(select(func.max(Settlement.day)))
    end_reading()
    first = known if newest is None else newest + _DAY
    if first > known:
        return
    try:
        with writing() as session:
            session.add_all(Settlement(day=first + _DAY * i) for i in range((known - first).days + 1))
    except IntegrityError:
        return  # somebody else awaits them since this moment


def _awaited() -> Sequence[date]:
    found = db.session.scalars(select(Settlement.day).where(Settlement.received_at.is_(None)).order_by(Settlement.day))
    return found.all()


def _to_ask_again() -> Sequence[date]:
    """Each of the last days, once a day."""
    moment = clock.now()
    recent = Settlement.day > (moment - CORRECTED_WITHIN).date()
    is_due = Settlement.asked_at < moment - _ASKED_AGAIN_AFTER
    return db.session.scalars(select(Settlement.day).where(recent, is_due).order_by(Settlement.day)).all()


def _ask(days: Sequence[date], use_case: Callable[[date], None]) -> None:
    """Each of them; one that the bank tells badly holds up no other. One that stays away is an alarm."""
    for day in days:
        try:
            use_case(day)
        except BankUnavailable as error:
            if error.status is None:
                return  # it does not answer at all


def _told(day: date) -> Sequence[Line] | None:
    """What the bank says, outside any transaction. Raises BankUnavailable."""
    end_reading()
    told = bank().settlement(day)
    return None if told is None else [_line(one) for one in told]


def _line(one: Movement) -> Line:
    return Line(LineKind(one.kind), one.bank_id, one.reference, one.amount, one.processed_at)


def _receive(day: date) -> None:
    told = _told(day)
    if told is None:
        return
    moment = clock.now()
    with writing() as session:
        # Of several who have asked for the same day one goes on.
        received = session.execute(
            update(Settlement)
            .where(Settlement.day == day, Settlement.received_at.is_(None))
            .values(received_at=moment, asked_at=moment)
            .returning(Settlement.id)
        ).scalar_one_or_none()
        if received is None:
            return
        differences = _match(received, told) + _not_told(received, day)
        audit.record(SYSTEM, "settlement.received", day.isoformat(), lines=len(told), differences=differences)


def _receive_again(day: date) -> None:
    """Nothing is replaced: what the bank corrected is told, each line by itself."""
    told = _told(day)
    if told is None:
        return
    with writing() as session:
        found = session.scalars(select(Settlement).where(Settlement.day == day).with_for_update(key_share=True)).one()
        found.asked_at = clock.now()
        of_day = SettlementLine.settlement_id == found.id
        kept = session.scalars(select(SettlementLine).where(of_day, SettlementLine.taken_away_at.is_(None))).all()
        added, gone = corrections([one.told for one in kept], told)
        if not added and not gone:
            return
        _take_away(found.id, kept, gone)
        _match(found.id, added, as_added=True)
        audit.record(SYSTEM, "settlement.corrected", day.isoformat(), added=len(added), taken_away=len(gone))


def _match(settlement_id: int, told: Sequence[Line], *, as_added: bool = False) -> int:
    """Keep the lines, each with what it is; how many differ. `as_added`: each of them is told, whatever it is."""
    rows = [_row(settlement_id, one) for one in told]
    db.session.add_all(rows)
    db.session.flush()
    books, differ = Books(told), 0
    for row, line in zip(rows, told, strict=True):
        match = books.match(line, row.id)
        books.take(match, row.id)
        row.matched = match.key
        kind = Differs.ADDED if as_added else match.differs
        if kind is not None:
            differ += 1
            ours = match.ours
            number, amount = (ours.number, ours.amount) if ours else (None, None)
            db.session.add(_difference(settlement_id, kind, line.kind, number, amount, line_id=row.id))
    db.session.flush()
    return differ


def _take_away(settlement_id: int, kept: Sequence[SettlementLine], gone: Sequence[Line]) -> None:
    left = list(gone)
    for row in kept:
        if row.told in left:
            left.remove(row.told)
            is_ours = row.matched if row.matched and not row.matched.startswith("decision:") else None
            db.session.add(_difference(settlement_id, Differs.TAKEN_AWAY, row.kind, is_ours, None, line_id=row.id))
            row.taken_away_at, row.matched = clock.now(), None
    db.session.flush()


def _not_told(settlement_id: int, day: date) -> int:
    """Tell what must have been among the lines of this day or of one before, and is not. How many that is. What may be
    in a day that has not come is told once that is here."""
    sent_since, last = _whole_around(day)
    begin, end = ours_of(day)[0], ours_of(last)[1]
    found = 0
    for kind, model, has_moved in _MOVED:
        is_told = exists().where(SettlementLine.matched == model.number)
        is_noted = exists().where(SettlementDifference.number == model.number, SettlementDifference.line_id.is_(None))
        query = select(model.number, model.amount).where(
            has_moved,
            model.resolved_at >= begin,
            model.resolved_at < end,
            model.sent_at >= sent_since,
            ~is_told,
            ~is_noted,
        )
        for number, amount in db.session.execute(query.order_by(model.id)).all():
            found += 1
            db.session.add(_difference(settlement_id, Differs.NOT_IN_SETTLEMENT, kind, number, amount))
    db.session.flush()
    return found


def _whole_around(day: date) -> tuple[datetime, date]:
    """Since when nothing that was sent can stand in a missing day before this one, and the last day after it that is
    here with all between. Before the very first nobody asked for any."""
    first, last = func.min(Settlement.day), func.max(Settlement.day)
    missing = Settlement.received_at.is_(None)
    before = select(func.max(Settlement.day)).where(missing, Settlement.day < day).scalar_subquery()
    after = select(func.min(Settlement.day)).where(missing, Settlement.day > day).scalar_subquery()
    start, end, gap_before, gap_after = db.session.execute(select(first, last, before, after)).one()
    since = begins_at(gap_before + _DAY) + EDGE if gap_before else begins_at(start)
    return since, gap_after - _DAY if gap_after else end


def _look_again() -> None:
    """Close what agrees by now, and say what differs otherwise by now. What somebody proposed stays for two."""
    if not _changed():
        return
    with writing() as session:
        agreed = []
        for one, match in _changed():
            if one.line is not None:
                one.line.matched = match.key
            if match.ours is not None:
                one.number, one.our_amount = match.ours.number, match.ours.amount
            if match.differs is not None:
                one.kind = match.differs
                continue
            one.move_to(DifferenceState.AGREED)
            one.ended_at = clock.now()
            agreed.append(one.id)
        session.flush()
        if agreed:
            audit.record(SYSTEM, "settlement.agreed", "settlement", differences=agreed)


def _changed() -> list[tuple[SettlementDifference, Match]]:
    """What of the open differences is not as it was, and how it is now."""
    open_ones = _open()
    lines = {
        one.id: one for one in rows_by(SettlementLine, SettlementLine.id, {one.line_id for one in open_ones} - {None})
    }
    books = Books(one.told for one in lines.values())
    missed = {one.number for one in open_ones if one.line_id is None}
    told = {one.matched for one in rows_by(SettlementLine, SettlementLine.matched, missed)}
    changed: list[tuple[SettlementDifference, Match]] = []
    for one in open_ones:
        if one.line_id is None:
            if one.number in told:
                changed.append((one, Match(None, None, None)))
            continue
        match = books.match(lines[one.line_id].told, one.line_id)
        if match.differs not in (one.kind, Differs.TWICE):
            books.take(match, one.line_id)
            changed.append((one, match))
    return changed


def _open() -> Sequence[SettlementDifference]:
    proposed = exists().where(
        Decision.kind == DecisionKind.SETTLEMENT_DIFFERENCE,
        Decision.subject_id == SettlementDifference.id,
        Decision.decided_at.is_(None),
    )
    is_open = SettlementDifference.state == DifferenceState.OPEN
    of_kind = SettlementDifference.kind.in_((*OF_OUR_ROW, Differs.NOT_IN_SETTLEMENT))
    found = select(SettlementDifference).where(is_open, of_kind, ~proposed).order_by(SettlementDifference.id)
    return db.session.scalars(found).all()


def _row(settlement_id: int, line: Line) -> SettlementLine:
    return SettlementLine(
        settlement_id=settlement_id,
        kind=line.kind,
        bank_id=line.bank_id,
        reference=line.reference,
        amount=line.amount,
        processed_at=line.processed_at,
    )


def _difference(
    settlement_id: int,
    kind: Differs,
    movement: LineKind,
    number: str | None,
    our_amount: Decimal | None,
    *,
    line_id: int | None = None,
) -> SettlementDifference:
    return SettlementDifference(
        settlement_id=settlement_id,
        kind=kind,
        movement=movement,
        number=number,
        our_amount=our_amount,
        line_id=line_id,
    )
