"""The settlement of a day against our books, over HTTP: what agrees, each way to differ, and running it again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import NotAllowed
from portal.domain.payment import PaymentState
from portal.domain.settlement import DifferenceState, Differs
from portal.integrations.bank import Approved
from portal.models import (
    AuditEntry,
    Decision,
    Payment,
    Payout,
    Refund,
    Settlement,
    SettlementDifference,
    SettlementLine,
)
from portal.models.transaction import writing
from portal.services.payments import (
    bank_refunds,
    charging,
    late_charges,
    movements,
    payouts,
    settlement_days,
    settlement_differences,
    settling,
)
from portal.services.payments.payouts import Payee
from tests.factories import CCI, Stage
from tests.services.at_once import at_once
from tests.services.odd_bank import NOT_FOUND, odd_bank
from tests.services.payments.moving import ROSA

DAY = portal_clock.lima(datetime.now(UTC)).date() + timedelta(days=2)
NEXT = DAY + timedelta(days=1)
D = Differs


def at(day, hour, minute=0, second=0):
    return datetime.combine(day, time(hour, minute, second), portal_clock.LIMA)


@pytest.fixture(autouse=True)
def begin(clock_at):
    clock_at(at(DAY, 10))


@pytest.fixture
def morning(clock_at, call):
    """The schedule's round on the morning after a day."""

    def morning(day=DAY, hour=7):
        clock_at(at(day + timedelta(days=1), hour))
        call(settlement_days.keep_up)

    return morning


@pytest.fixture
def pay_out(call, drain, cashier):
    """A payout that the bank made: its number."""

    def pay_out():
        def work():
            with writing():
                return payouts.open_for(Payee("Rosa Quispe", ROSA, CCI), Decimal("20.00"), cashier.actor).number

        number = call(work)
        drain()
        return number

    return pay_out


@pytest.fixture
def moved(make, call, drain, cashier, rows, pay_out):
    """A charge, a refund of part of it and a payout, all made by the bank: their numbers."""
    make.purchase(make.customer(), Stage.PAID)

    def give_back():
        with writing() as session:
            payment = session.scalars(select(Payment)).one()
            bank_refunds.open_for(payment, Decimal("5.00"), cashier.actor)

    call(give_back)
    pay_out()
    return {
        "charge": rows(select(Payment.number))[0],
        "refund": rows(select(Refund.number))[0],
        "payout": rows(select(Payout.number))[0],
    }


@pytest.fixture
def ledger(bank):
    """Change what the bank will tell: `ledger("DELETE FROM movements WHERE kind = ?", "payout")`."""

    def ledger(statement, *values):
        with bank.ledger._writing() as books:
            books.execute(statement, values)

    return ledger


@pytest.fixture
def cost(bank, ledger):
    """The bank moved another amount."""

    def cost(kind, amount):
        told = next(one for one in bank.ledger.entries()[f"{kind}s"] if one["status"] == "approved")
        told.pop("key")
        ledger("UPDATE movements SET shown = ? WHERE kind = ?", json.dumps(told | {"amount": amount}), kind)

    return cost


@pytest.fixture
def strange(bank):
    """The bank pays something that is none of ours."""

    def strange(reference="PG-1999-000009", key="strange"):
        to = {"name": "Otra", "document_type": "DNI", "document_number": "45678912"}
        said = {"amount": "9.00", "currency": "PEN", "reference": reference, "to": to}
        headers = {"Authorization": f"Bearer {bank.api_key}", "Idempotency-Key": key}
        assert httpx.post(f"{bank.url}/v1/payouts", json=said, headers=headers).status_code == 201

    return strange


@pytest.fixture
def differ(rows):
    """How they differ and how that stands, the oldest first."""

    def differ():
        return [(one.kind, one.state) for one in rows(select(SettlementDifference))]

    return differ


def opened(*kinds):
    return [(kind, DifferenceState.OPEN) for kind in kinds]


def test_what_agrees_is_matched_line_by_line_and_again_changes_nothing(moved, morning, rows, differ):
    morning()
    lines = {one.kind.value: one.matched for one in rows(select(SettlementLine))}
    assert lines == moved
    assert differ() == []
    before = rows(select(AuditEntry.id)), [one.received_at for one in rows(select(Settlement))]
    for hour in (7, 8, 13):
        morning(hour=hour)
    assert (rows(select(AuditEntry.id)), [one.received_at for one in rows(select(Settlement))]) == before
    assert len(rows(select(SettlementLine))) == 3


@pytest.mark.parametrize("kind", ["charge", "refund", "payout"])
def test_what_the_bank_does_not_tell_is_missed(moved, ledger, morning, rows, differ, kind):
    ledger("DELETE FROM movements WHERE kind = ?", kind)
    morning()
    assert differ() == opened(D.NOT_IN_SETTLEMENT)
    assert rows(select(SettlementDifference.number)) == [moved[kind]]


@pytest.mark.parametrize(("kind", "found"), [("charge", D.AMOUNT), ("refund", D.AMOUNT), ("payout", D.AMOUNT)])
def test_another_amount_is_told(moved, cost, morning, differ, kind, found):
    cost(kind, "1.00")
    morning()
    assert differ() == opened(found)


@pytest.mark.parametrize("kind", ["charge", "payout"])
def test_another_number_of_the_bank_is_told(moved, ledger, morning, differ, kind):
    ledger("UPDATE movements SET id = 'other' WHERE kind = ?", kind)
    morning()
    assert differ() == opened(D.NUMBER)


def test_what_only_the_bank_knows_is_told(moved, strange, morning, differ):
    strange()
    morning()
    assert differ() == opened(D.NOT_OURS)


def test_one_of_ours_that_the_bank_moved_twice_is_told(moved, strange, morning, differ):
    strange(reference=moved["payout"])
    morning()
    assert differ() == opened(D.TWICE)


def test_what_ended_here_without_money_and_the_bank_moved_is_told(make, bank, ledger, morning, differ, payment):
    make.purchase(make.customer(), Stage.PAID, last4="0001")
    assert payment().state is PaymentState.DECLINED
    ledger("UPDATE movements SET approved = 1")
    morning()
    assert differ() == opened(D.STATE)
    assert payment().state is PaymentState.DECLINED


def test_what_waits_for_the_bank_is_ended_by_its_review_alone(make, call, morning, differ, payment, cashier, rows):
    number = make.payment_in_review(make.customer())
    morning()
    assert differ() == opened(D.UNCONFIRMED)
    assert payment().state is PaymentState.IN_REVIEW
    found = rows(select(SettlementDifference.id))[0]
    with pytest.raises(NotAllowed, match="se cierra sola"):
        call(settlement_differences.propose, found, reference="x", note="x", actor=cashier.actor)

    def concluded():
        with writing() as session:
            row = session.scalars(select(Payment).where(Payment.number == number)).one()
            line = session.scalars(select(SettlementLine)).one()
            settling.conclude(charging.CHARGE, row, Approved(line.bank_id, "1", portal_clock.now()), cashier.actor)

    call(concluded)
    morning(hour=8)
    assert differ() == [(D.UNCONFIRMED, DifferenceState.AGREED)]


def test_an_unknown_payment_agrees_once_the_bank_answers_by_key(make, call, morning, differ, payment):
    make.purchase(make.customer(), Stage.PAID, last4="0022")
    assert payment().state is PaymentState.UNKNOWN
    morning()
    assert differ() == opened(D.UNCONFIRMED)
    call(movements.reconcile_overdue)
    morning(hour=8)
    assert differ() == [(D.UNCONFIRMED, DifferenceState.AGREED)]
    assert payment().state is PaymentState.APPROVED


def test_a_return_that_two_wrote_down_is_not_matched_by_hand_again(
    make, call, bank, ledger, morning, differ, payment, rows
):
    """The charge came too late, the bank gave it back by its own channel: two said so, by its number."""
    make.purchase(make.customer(), Stage.PAID)
    made = payment()
    address = f"{bank.url}/v1/charges/{made.charge_id}/refunds"
    headers = {"Authorization": f"Bearer {bank.api_key}", "Idempotency-Key": "by-channel"}
    returned = httpx.post(address, json={"amount": f"{made.amount:.2f}"}, headers=headers).json()["refund_id"]
    morning()
    assert differ() == opened(D.NOT_OURS)
    jorge, carla = make.supervisor(), make.collaborator()

    def noted():
        with writing() as session:
            proposal = {"outcome": "returned", "reference": returned, "charge": made.charge_id}
            one = Decision(kind=late_charges._KIND, subject_id=made.id, proposal=proposal, note="")
            one.proposed_by_id, one.decided_by_id = carla.account_id, jorge.account_id
            one.decided_at, one.accepted = portal_clock.now(), True
            session.add(one)

    call(noted)
    morning(hour=8)
    assert differ() == [(D.NOT_OURS, DifferenceState.AGREED)]
    assert f"decision:{rows(select(Decision.id))[0]}" in rows(select(SettlementLine.matched))


def test_what_ended_shortly_before_midnight_may_stand_in_the_next_day(pay_out, clock_at, ledger, morning, differ):
    clock_at(at(DAY, 23, 50))
    pay_out()
    ledger("UPDATE movements SET at = ?", at(NEXT, 0, 0, 1).timestamp())
    morning()
    assert differ() == []
    morning(NEXT)
    assert differ() == []


def test_what_the_bank_moved_before_midnight_and_we_heard_of_after_is_no_alarm(
    pay_out, clock_at, ledger, morning, differ
):
    clock_at(at(NEXT, 0, 0, 2))
    pay_out()
    ledger("UPDATE movements SET at = ?", at(DAY, 23, 59, 59).timestamp())
    morning()
    morning(NEXT)
    assert differ() == []


def test_what_stands_in_no_day_is_missed_once_the_next_has_come(pay_out, clock_at, ledger, morning, differ):
    clock_at(at(DAY, 23, 50))
    pay_out()
    ledger("DELETE FROM movements")
    morning()
    assert differ() == []
    morning(NEXT)
    assert differ() == opened(D.NOT_IN_SETTLEMENT)


def test_a_day_that_does_not_come_is_missing_at_noon_and_matched_when_it_comes(
    moved, call, clock_at, use_bank, morning, rows, differ
):
    use_bank("http://127.0.0.1:9")
    morning(hour=7)
    assert call(settlement_days.missing) == 0
    morning(hour=12)
    assert call(settlement_days.missing) == 1
    assert call(settlement_differences.missing_days) == [DAY]
    use_bank()
    morning(hour=13)
    assert call(settlement_days.missing) == 0
    assert (len(rows(select(SettlementLine))), differ()) == (3, [])


@pytest.mark.parametrize("moment", [at(DAY, 23, 50), at(NEXT, 0, 5)], ids=["before midnight", "after it"])
@pytest.mark.parametrize("is_told", [True, False])
def test_what_may_stand_in_a_day_that_has_not_come_is_missed_once_it_is_here(
    pay_out, ledger, clock_at, use_bank, morning, differ, moment, is_told
):
    clock_at(moment)
    pay_out()
    if is_told:
        ledger("UPDATE movements SET at = ?", at(DAY, 23, 59).timestamp())
    else:
        ledger("DELETE FROM movements")
    with odd_bank(question=lambda path: NOT_FOUND if DAY.isoformat() in path else (200, [])) as odd:
        use_bank(odd.url)
        morning(hour=7)
        morning(NEXT)
    assert differ() == [], "the day of which nobody told may tell of it"
    use_bank()
    morning(NEXT, hour=8)
    assert differ() == ([] if is_told else opened(D.NOT_IN_SETTLEMENT))


def test_a_day_is_missing_too_when_no_schedule_awaits_it(call, morning, clock_at):
    assert call(settlement_days.missing) == 1
    morning()
    assert call(settlement_days.missing) == 0
    clock_at(at(DAY + timedelta(days=3), 13))
    assert call(settlement_days.missing) == 2


def test_before_six_nothing_is_asked_for(call, clock_at, rows):
    clock_at(at(NEXT, 5, 59))
    call(settlement_days.keep_up)
    assert DAY not in rows(select(Settlement.day))


def test_days_that_were_slept_through_are_all_fetched(moved, morning, rows):
    morning(DAY - timedelta(days=1))
    morning(DAY + timedelta(days=3))
    assert rows(select(Settlement.day)) == [DAY + timedelta(days=n) for n in range(-1, 4)]
    assert None not in rows(select(Settlement.received_at))


def test_begun_at_the_same_moment_a_day_is_matched_once(app, moved, strange, clock_at, rows, differ):
    strange()
    clock_at(at(NEXT, 7))
    raised = [one for one in at_once(app, 4, lambda _: settlement_days.keep_up()) if one is not None]
    assert raised == []
    assert len(rows(select(SettlementLine))) == 4
    assert differ() == opened(D.NOT_OURS)
    assert len(rows(select(AuditEntry).where(AuditEntry.action == "settlement.received"))) == 1


def test_a_file_that_is_corrected_later_is_told_and_replaces_nothing(
    moved, ledger, strange, clock_at, morning, rows, differ
):
    morning()
    clock_at(at(DAY, 11))
    strange()
    ledger("DELETE FROM movements WHERE kind = 'payout' AND reference = ?", moved["payout"])
    for _ in range(2):
        morning(NEXT)
    assert differ() == opened(D.TAKEN_AWAY, D.ADDED)
    lines = rows(select(SettlementLine))
    assert len(lines) == 4
    assert [one.taken_away_at is not None for one in lines] == [one.reference == moved["payout"] for one in lines]


def test_a_line_that_comes_later_closes_what_was_missed(moved, bank, ledger, morning, differ):
    ledger("UPDATE movements SET approved = 0 WHERE kind = 'payout'")
    morning()
    assert differ() == opened(D.NOT_IN_SETTLEMENT)
    ledger("UPDATE movements SET approved = 1")
    morning(NEXT)
    assert differ() == [(D.NOT_IN_SETTLEMENT, DifferenceState.AGREED), (D.ADDED, DifferenceState.OPEN)]


def test_two_end_a_difference_and_neither_has_a_part_in_it(make, call, rows):
    juana = make.customer()
    me = make.supervisor(document_number=juana.identity.number)
    carla, jorge = make.collaborator(), make.supervisor()
    found = make.difference(make.payment_in_review(juana), Differs.AMOUNT)
    said = {"reference": "CASO-1", "note": "Mesa de comercios"}
    with pytest.raises(NotAllowed, match="debe atenderla otra persona"):
        call(settlement_differences.propose, found, **said, actor=me.actor)
    call(settlement_differences.propose, found, **said, actor=carla.actor)
    shown = rows(select(Decision.id))[0]
    for member in (carla, me):
        with pytest.raises(NotAllowed):
            call(settlement_differences.decide, found, member.actor, shown=shown, accepted=True)
    call(settlement_differences.decide, found, jorge.actor, shown=shown, accepted=True)
    assert rows(select(SettlementDifference.state)) == [DifferenceState.RESOLVED]
    actions = rows(select(AuditEntry.action).where(AuditEntry.subject == f"difference:{found}"))
    assert actions == ["settlement_difference.propose", "settlement_difference.accept"]
    with pytest.raises(NotAllowed, match="ya terminó"):
        call(settlement_differences.propose, found, **said, actor=carla.actor)


def test_what_somebody_proposed_is_not_closed_under_their_hands(moved, ledger, morning, call, differ, cashier, rows):
    ledger("UPDATE movements SET approved = 0 WHERE kind = 'payout'")
    morning()
    found = rows(select(SettlementDifference.id))[0]
    call(settlement_differences.propose, found, reference="CASO-1", note="Mesa", actor=cashier.actor)
    ledger("UPDATE movements SET approved = 1")
    morning(NEXT)
    assert differ() == opened(D.NOT_IN_SETTLEMENT, D.ADDED)
