"""One engine moves charges, refunds and payouts: whatever the bank does, each is moved once and none is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock as portal_clock
from portal.domain.errors import NotAllowed
from portal.extensions import db
from portal.integrations.bank import Approved
from portal.models import AuditEntry, Decision, OutboxRow, Payment, Refund
from portal.models.transaction import writing
from portal.services.payments import bank_refunds, payouts, review, sending, settling
from portal.services.platform import outbox
from tests.services.at_once import at_once
from tests.services.odd_bank import NOT_FOUND, PROBLEM, odd_bank
from tests.services.payments.moving import (
    AMOUNT,
    APPROVED,
    BREAKS_AFTER,
    BREAKS_BEFORE,
    HANGS,
    IMPATIENT,
    KINDS,
    REFUSED,
    ROSA,
    WORK,
    Moving,
    begin,
    owed,
)

OUTGOING = ("refund", "payout", "transfer")  # a charge's own tests say the rest of it
OTHER = {"reference": "PG-1"}
each = pytest.mark.parametrize("name", KINDS)
each_outgoing = pytest.mark.parametrize("name", OUTGOING)


@pytest.fixture
def moving(make, juana, press, charge, rows, call, bank) -> Callable[..., Moving]:
    """Money meant to be moved: `moving("refund", HANGS)`."""

    def moving(name: str, scenario: str = APPROVED) -> Moving:
        row_id = begin(name, scenario, make=make, juana=juana, press=press, charge=charge, rows=rows, call=call)
        kind = KINDS[name]
        return Moving(name, kind, row_id, owed(call, kind, row_id), call, bank)

    return moving


@each
def test_approved_it_is_done_with_the_banks_number_and_its_row_of_the_audit(moving, name):
    one = moving(name)
    one.work()
    row = one.row
    assert (row.state, row.reason) == (one.kind.done, None)
    assert row.bank_id
    assert row.resolved_at
    assert one.moved == [row.idempotency_key]


@each
def test_refused_it_ends_with_its_reason_and_nothing_moved(moving, name):
    one = moving(name, REFUSED)
    one.work()
    assert one.state is one.kind.refused
    assert one.row.reason
    assert one.moved == []
    one.reconcile()
    assert one.state is one.kind.refused


@each
@pytest.mark.parametrize("scenario", [HANGS, BREAKS_AFTER])
def test_moved_and_not_told_is_unknown_until_the_bank_is_asked(moving, use_bank, name, scenario):
    one = moving(name, scenario)
    use_bank(patience=IMPATIENT)
    one.work()
    assert one.state is one.kind.states.UNKNOWN
    one.reconcile()
    assert one.state is one.kind.done
    assert one.moved == [one.row.idempotency_key]


@each
def test_not_moved_and_not_told_is_sent_once_more_with_the_same_key(moving, clock, name):
    one = moving(name, BREAKS_BEFORE)
    one.work()
    one.reconcile()
    assert one.state is one.kind.states.UNKNOWN, "it may still be on its way"
    clock(seconds=301)
    one.reconcile()
    assert one.state is one.kind.done
    assert one.moved == [one.row.idempotency_key]


ODD_ANSWERS = {
    "garbage": lambda one: (201, b"\x00\xffnot json"),
    "nothing": lambda one: (201, b""),
    "another amount": lambda one: (201, one.answer(amount="1.00")),
    "created but declined": lambda one: (201, one.answer(status="declined")),
    "refused but approved": lambda one: (402, one.answer()),
    "a refusal in garbage": lambda one: (402, b"<html>"),
    "a redirection": lambda one: (302, b""),
    "accepted for later": lambda one: (202, one.answer()),
    "the key was used": lambda one: (409, PROBLEM),
    "a broken bank": lambda one: (500, one.answer()),
    "a broken way": lambda one: (503, b"Service Unavailable"),
}


@each_outgoing
@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_an_answer_that_proves_nothing_is_unknown_and_never_a_second_sending(moving, use_bank, name, answer):
    one = moving(name)
    with odd_bank(charge=answer(one)) as odd:
        use_bank(odd.url)
        one.work()
        assert one.state is one.kind.states.UNKNOWN
        for _ in range(3):
            one.reconcile()
        one.work()
        assert odd.keys == [one.row.idempotency_key]
        odd.question = (200, one.answer())
        one.reconcile()
    assert (one.state, one.row.bank_id) == (one.kind.done, "mv_odd")


@each_outgoing
def test_an_answer_about_something_else_is_no_answer(moving, use_bank, name):
    one = moving(name)
    with odd_bank(
        charge=(201, one.answer(**{"refund": {"charge_id": "ch_x"}, "payout": OTHER, "transfer": OTHER}[name]))
    ) as odd:
        use_bank(odd.url)
        one.work()
    assert one.state is one.kind.states.UNKNOWN


@each_outgoing
@pytest.mark.parametrize("status", [400, 404, 422])
def test_turned_away_for_the_order_itself_nothing_moved_and_it_ends_refused(moving, use_bank, name, status):
    one = moving(name)
    with odd_bank(charge=(status, PROBLEM)) as odd:
        use_bank(odd.url)
        one.work()
        assert len(odd.keys) == 1
        assert odd.questions == 0
    assert (one.state, one.row.reason) == (one.kind.refused, "rejected")


def test_an_account_that_does_not_exist_says_so(moving, use_bank):
    one = moving("payout")
    with odd_bank(charge=(422, {"code": "account_not_found"})) as odd:
        use_bank(odd.url)
        one.work()
    assert (one.state, one.row.reason) == (one.kind.refused, "account_not_found")


@each_outgoing
@pytest.mark.parametrize("status", [401, 403, 429])
def test_turned_away_for_what_is_not_of_the_order_it_waits_and_goes_with_the_same_key(moving, use_bank, name, status):
    """Nobody is paid late because a setting was wrong, or the bank was busy: a person would have nothing to do."""
    one = moving(name)
    with odd_bank(charge=(status, PROBLEM)) as odd:
        use_bank(odd.url)
        with pytest.raises(outbox.RetryLater):
            one.work()
        refused = odd.keys
    assert one.state is one.kind.states.PROCESSING
    use_bank()
    one.work()
    assert one.state is one.kind.done
    assert one.moved == refused == [one.row.idempotency_key]


@each
def test_a_bank_that_cannot_be_reached_is_tried_again_with_the_same_key(moving, use_bank, name):
    one = moving(name)
    use_bank("http://127.0.0.1:1")
    with pytest.raises(outbox.RetryLater):
        one.work()
    assert (one.state, one.row.sent_at) == (one.kind.states.PROCESSING, None)
    use_bank()
    one.work()
    assert one.moved == [one.row.idempotency_key]


@each_outgoing
def test_begun_twenty_times_at_once_it_moves_once(app, moving, rows, name):
    one = moving(name)
    answers = at_once(app, 20, lambda _: WORK[name](one.row_id, one.outbox_id))
    assert all(answer is None or isinstance(answer, StaleDataError) for answer in answers), answers
    one.reconcile()
    assert one.state is one.kind.done
    assert one.moved == [one.row.idempotency_key]
    done = [action for action in rows(select(AuditEntry.action)) if action == f"{one.kind.name}.done"]
    assert len(done) == 1


@each_outgoing
def test_asked_for_twenty_times_at_once_it_is_settled_once(app, moving, rows, name):
    one = moving(name, BREAKS_AFTER)
    one.work()
    at_once(app, 20, lambda _: sending.reconcile(one.kind, one.row_id))
    assert one.state is one.kind.done
    assert rows(select(AuditEntry.action)).count(f"{one.kind.name}.done") == 1


@each_outgoing
def test_a_worker_that_follows_one_killed_before_the_sending_asks_and_does_not_send(moving, change, clock, name):
    one = moving(name)
    change(one.kind.model, sent_at=portal_clock.now())
    one.work()
    assert one.state is one.kind.states.UNKNOWN
    assert one.moved == []
    clock(seconds=301)
    one.reconcile()
    assert one.moved == [one.row.idempotency_key]


@each_outgoing
def test_one_that_no_worker_took_is_sent_by_the_reconciler(moving, clock, name):
    one = moving(name)
    clock(seconds=61)
    one.reconcile()
    assert one.state is one.kind.done


@each_outgoing
def test_what_the_bank_left_open_for_a_day_ends_by_the_word_of_two(moving, make, use_bank, rows, call, clock, name):
    one = moving(name)
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        one.work()
        clock(hours=24, seconds=1)
        one.reconcile()
        assert len(odd.keys) == 1, "the bank has forgotten the key: sent again, it would move twice"
    assert one.state is one.kind.states.IN_REVIEW
    carla, jorge, number = make.collaborator(), make.supervisor(), one.row.number
    said = {"reference": "mv_41", "note": "Mesa de comercios, sra. Paredes", "actor": carla.actor}
    call(review.propose, number, was_moved=True, **said)
    (proposal,) = rows(select(Decision))
    with pytest.raises(NotAllowed):
        call(review.decide, number, carla.actor, shown=proposal.id, accepted=True)
    call(review.decide, number, jorge.actor, shown=proposal.id, accepted=True)
    assert (one.state, one.row.bank_id) == (one.kind.done, "mv_41")
    actions = rows(select(AuditEntry.action).order_by(AuditEntry.id))
    assert actions[-2:] == [f"{one.kind.name}.done", f"{one.kind.name}_review.accept"]


@each_outgoing
def test_money_that_moves_for_one_already_ended_raises_an_alarm_and_is_kept_on_record(moving, call, capsys, name):
    one = moving(name, REFUSED)
    one.work()
    call(settling.settle, one.kind, one.row_id, Approved("mv_late", "", portal_clock.now()), None)
    # What nothing else gives back is done by it; a payout's end is judged by what it pays.
    end = one.kind.refused if name == "payout" else one.kind.done
    assert (one.state, one.row.bank_id) == (end, "mv_late")
    assert "approved_after_the_end" in capsys.readouterr().out


@each_outgoing
def test_an_approval_that_cannot_be_followed_up_is_kept_and_then_left_to_people(moving, monkeypatch, clock, name):
    one = moving(name)

    def defect(*_args: object, **_details: object) -> None:
        raise ValueError("a defect of ours")

    with monkeypatch.context() as broken:
        broken.setattr(type(one.kind), "on_approved", defect)
        with pytest.raises(ValueError, match="defect"):
            one.work()
        assert (one.state, one.row.reason) == (one.kind.states.PROCESSING, "not_concluded")
        clock(minutes=11)
        one.reconcile()
    assert one.state is one.kind.states.IN_REVIEW
    assert one.moved == [one.row.idempotency_key]


def test_refunds_of_a_charge_never_exceed_it_however_many_ask_at_once(app, moving, rows, juana, call):
    one = moving("charge")
    one.work()
    payment = one.row

    def give_back(_turn: int) -> None:
        with writing() as session:
            bank_refunds.open_for(session.get_one(Payment, payment.id), AMOUNT, juana.actor)

    answers = at_once(app, 20, give_back)
    assert sum(answer is None for answer in answers) == payment.amount // AMOUNT
    assert all(answer is None or isinstance(answer, NotAllowed) for answer in answers), answers
    assert sum(rows(select(Refund.amount))) <= payment.amount
    assert call(bank_refunds.left_of, payment) == payment.amount % AMOUNT


def test_a_payee_whom_the_bank_does_not_allow_is_refused_before_anything_is_meant(call, rows, juana):
    def pay() -> None:
        with writing():
            payouts.open_for(payouts.Payee("x" * 121, ROSA), AMOUNT, juana.actor)

    with pytest.raises(ValueError, match="name"):
        call(pay)
    assert rows(select(OutboxRow)) == []


@each_outgoing
def test_one_that_waits_for_the_bank_is_not_sent_by_the_reconciler_before_its_time(moving, use_bank, rows, clock, name):
    one = moving(name)
    with odd_bank(charge=(401, PROBLEM)) as odd:
        use_bank(odd.url)
        clock(seconds=61)
        one.reconcile()
        for seconds in (80, 100, 120):
            clock(seconds=seconds)
            one.reconcile()
        assert len(odd.keys) == 1
        clock(seconds=61 + 301)
        one.reconcile()
        assert odd.keys == [one.row.idempotency_key] * 2


def test_a_refund_that_moved_after_its_end_counts_against_what_is_left(moving, call):
    one = moving("refund", REFUSED)
    one.work()
    payment = call(lambda: db.session.get_one(Payment, one.row.payment_id))
    assert call(bank_refunds.left_of, payment) == payment.amount
    call(settling.settle, one.kind, one.row_id, Approved("mv_late", "", portal_clock.now()), None)
    assert call(bank_refunds.left_of, payment) == payment.amount - AMOUNT


def test_what_the_bank_refused_to_give_back_can_be_given_back_anew(moving, call, juana):
    one = moving("refund", REFUSED)
    one.work()
    payment = call(lambda: one.row.payment_id)

    def again() -> None:
        with writing() as session:
            charge = session.get_one(Payment, payment)
            bank_refunds.open_for(charge, charge.amount, juana.actor)

    call(again)


@pytest.mark.parametrize("state", ["not charged", "in cash"])
def test_only_a_charge_is_given_back_by_the_bank(make, juana, call, rows, moving, state):
    if state == "in cash":
        make.slip(juana)
    else:
        moving("charge", REFUSED).work()
    (payment,) = rows(select(Payment))

    def give_back() -> None:
        with writing() as session:
            bank_refunds.open_for(session.get_one(Payment, payment.id), AMOUNT, juana.actor)

    with pytest.raises(NotAllowed):
        call(give_back)


def test_numbers_of_refunds_and_payouts_have_no_gaps(moving, rows):
    made = [moving(name).row.number for name in ("refund", "payout", "refund", "payout")]
    assert [number.rpartition("-")[2] for number in made] == ["000001", "000001", "000002", "000002"]
