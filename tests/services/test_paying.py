"""Money moves once: every answer of a bank over real HTTP, and what the portal makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.payment import PaymentState, decline_advice, decline_reason
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.integrations.bank import Approved, Bank, Patience
from portal.models import AuditEntry, Message, OutboxRow, OutboxState, Payment, Policy, Purchase, Quote
from portal.models.transaction import writing
from portal.services import beneficiaries, charging, outbox, paying, purchasing, settling
from sandbox.embedded import free_port
from tests.factories import Stage, beneficiary
from tests.services.at_once import at_once
from tests.services.odd_bank import NOT_FOUND, PROBLEM, approved, odd_bank
from workers import charges, upkeep

AMOUNT = Decimal("72.92")
REFUSALS = {
    "0001": "insufficient_funds",
    "0002": "account_blocked",
    "0003": "card_expired",
    "0004": "limit_exceeded",
    "0005": "suspected_fraud",
    "0006": "other",
}
IMPATIENT = Patience(connect=1.0, read=0.3, total=0.5)


@pytest.fixture
def press(call, juana):
    """ "Procesar Pago": the payment is in process, and its charge is owed."""

    def press(public_id: str, shown: Decimal | None = AMOUNT) -> None:
        call(paying.process, public_id, shown, juana.actor)

    return press


# --- approved --------------------------------------------------------------------------------------------------------


def test_an_approved_charge_issues_the_policy_in_the_same_commit(make, juana, press, charge, payment, rows, bank):
    press(make.purchase(juana, Stage.TERMS))
    assert payment().state is PaymentState.PROCESSING
    assert charge() == 1
    paid = payment()
    assert (paid.state, paid.amount) == (PaymentState.APPROVED, AMOUNT)
    (booked,) = bank.ledger.entries()["charges"]
    assert (booked["amount"], booked["currency"], booked["reference"]) == ("72.92", "PEN", paid.number)
    assert (booked["key"], booked["charge_id"]) == (paid.idempotency_key, paid.charge_id)
    assert booked["authorization_code"] == paid.authorization_code
    assert rows(select(Purchase.state)) == [PurchaseState.ISSUED]
    assert rows(select(Quote.state)) == [QuoteState.BOUGHT]
    assert len(rows(select(Policy))) == 1


def test_the_key_is_new_for_each_payment_and_unguessable(make, juana, press, payment):
    keys = set()
    for _ in range(2):
        press(make.purchase(juana, Stage.TERMS))
        keys.add(payment().idempotency_key)
    assert len(keys) == 2
    assert all(len(key) >= 32 for key in keys)


@pytest.mark.parametrize("shown", [None, "0", "72.91", "72.93", "-72.92", "NaN", "sNaN", "Infinity"])
def test_a_shown_amount_that_differs_is_refused_and_nothing_moves(
    make, juana, press, charge, payment, shown, charged, call
):
    public_id = make.purchase(juana, Stage.TERMS)
    with pytest.raises(DomainError, match="no es el que mostraba la página"):
        press(public_id, None if shown is None else Decimal(shown))
    assert payment().state is PaymentState.CREATED
    assert charge() == 0
    assert not charged()


def test_without_a_request_there_is_nothing_to_process(make, juana, press, rows):
    for stage in (Stage.STARTED, Stage.BENEFICIARIES, Stage.METHOD, Stage.VERIFICATION):
        with pytest.raises(NotAllowed):
            press(make.purchase(juana, stage))
    assert not rows(select(Payment))


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("card", "code"), REFUSALS.items())
def test_a_refusal_says_why_in_plain_words_and_opens_the_purchase_again(
    make, juana, press, charge, payment, rows, mails, charged, card, code
):
    press(make.purchase(juana, Stage.TERMS, last4=card))
    charge()
    refused = payment()
    assert (refused.state, refused.reason) == (PaymentState.DECLINED, code)
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]
    (mail,) = mails("payment_refused")
    for body in (mail.text_body, mail.html_body):
        words = " ".join(body.split())
        assert decline_reason(code) in words
        assert decline_advice(code) in words
        assert code == "other" or code not in words
    assert not charged()
    assert not rows(select(Policy))


def test_after_a_refusal_another_card_gives_one_policy_and_no_answer_is_asked_again(
    make, juana, press, charge, payment, rows, bank, call
):
    public_id = make.purchase(juana, Stage.TERMS, named=[beneficiary("Rosa")], last4="0001")
    press(public_id)
    charge()
    refused = payment()

    def answers() -> tuple[bool, bool, bool]:
        purchase = purchasing.get(public_id, juana.actor)
        return (
            purchase.beneficiaries_answered,
            purchasing.code_is_verified(purchase),
            purchasing.terms_are_accepted(purchase),
        )

    make.method(juana, public_id, "5555")
    assert call(answers) == (True, True, True)
    press(public_id)
    charge()
    paid = payment()
    assert paid.state is PaymentState.APPROVED
    assert paid.card_last4 == "5555"
    assert paid.idempotency_key != refused.idempotency_key
    assert paid.number != refused.number
    assert [entry["status"] for entry in bank.ledger.entries()["charges"]] == ["declined", "approved"]
    (policy,) = rows(select(Policy))
    assert [one.names for one in policy.endorsements[0].beneficiaries] == ["Rosa"]


def test_the_same_card_may_be_tried_again_with_a_new_number_and_key(make, juana, press, charge, rows, bank):
    public_id = make.purchase(juana, Stage.TERMS, last4="0001")
    for _ in range(3):
        press(public_id)
        charge()
    tries = rows(select(Payment).order_by(Payment.id))
    assert [one.state for one in tries] == [PaymentState.DECLINED] * 3
    assert len({one.idempotency_key for one in tries}) == len({one.number for one in tries}) == 3
    assert len(bank.ledger.entries()["charges"]) == 3


def test_an_edit_after_a_refusal_voids_code_and_terms_as_ever(make, juana, press, charge, call):
    public_id = make.purchase(juana, Stage.TERMS, last4="0001")
    press(public_id)
    charge()
    call(beneficiaries.put, public_id, None, beneficiary(), juana.actor)
    with pytest.raises(paying.ConfirmationExpired):
        press(public_id)


# --- not sent --------------------------------------------------------------------------------------------------------


def test_a_dead_token_charges_nothing_and_leads_back_to_forma_de_pago(
    make, juana, press, charge, payment, rows, mails, bank, call
):
    public_id = make.purchase(juana, Stage.TERMS, last4="0012")
    press(public_id)
    charge()
    assert (payment().state, payment().reason) == (PaymentState.NOT_SENT, "token_expired")
    (purchase,) = rows(select(Purchase))
    assert (purchase.state, purchase.account_token) == (PurchaseState.OPEN, None)
    assert not call(lambda: purchasing.account_is_validated(purchasing.get(public_id, juana.actor)))
    assert len(mails("payment_not_sent")) == 1
    assert not bank.ledger.entries()["charges"]
    with pytest.raises(paying.ConfirmationExpired):
        press(public_id)

    make.method(juana, public_id, "5555")
    call(paying.request_payment, public_id, juana.actor, accepts=True)
    press(public_id)
    charge()
    assert payment().state is PaymentState.APPROVED
    assert len(rows(select(Policy))) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((422, {"code": "token_expired"}), "token_expired"),
        ((422, {"code": "invalid_request"}), "rejected"),
        ((400, PROBLEM), "rejected"),
        ((401, PROBLEM), "unauthorized"),
        ((403, b"<html>"), "unauthorized"),
    ],
)
def test_what_the_bank_did_not_take_in_was_not_sent(
    make, juana, press, charge, payment, use_bank, rows, answer, reason
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(charge=answer) as odd:
        use_bank(odd.url)
        charge()
    assert (payment().state, payment().reason) == (PaymentState.NOT_SENT, reason)
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_an_unreachable_bank_is_tried_later_with_the_same_key(
    make, juana, press, charge, payment, rows, use_bank, clock, charged
):
    press(make.purchase(juana, Stage.TERMS))
    key = payment().idempotency_key
    use_bank(f"http://127.0.0.1:{free_port()}")
    charge()
    waiting = payment()
    assert (waiting.state, waiting.sent_at, waiting.idempotency_key) == (PaymentState.PROCESSING, None, key)
    (owed,) = rows(select(OutboxRow).where(OutboxRow.queue == "charges"))
    assert (owed.state, owed.attempts, owed.locked_until) == (OutboxState.PENDING, 0, None)
    assert charge() == 0, "it waits a while before it tries again"

    use_bank()
    clock(seconds=11)
    assert charge() == 1
    assert payment().state is PaymentState.APPROVED
    assert charged() == [key]


def test_an_unreachable_bank_is_given_up_when_the_token_dies(
    make, juana, press, charge, payment, use_bank, clock, mails
):
    press(make.purchase(juana, Stage.TERMS))
    use_bank(f"http://127.0.0.1:{free_port()}")
    charge()
    clock(minutes=31)
    charge()
    assert (payment().state, payment().reason) == (PaymentState.NOT_SENT, "token_expired")
    assert len(mails("payment_not_sent")) == 1


# --- unknown ---------------------------------------------------------------------------------------------------------


def assert_nobody_can_pay_or_edit(public_id: str, press, call, juana, rows) -> None:
    tries = len(rows(select(Payment)))
    press(public_id)
    assert len(rows(select(Payment))) == tries
    with pytest.raises(NotAllowed):
        call(beneficiaries.name_nobody, public_id, juana.actor)


def test_charged_and_answered_500_is_unknown_until_the_bank_is_asked(
    make, juana, press, charge, payment, rows, call, charged, mails
):
    public_id = make.purchase(juana, Stage.TERMS, last4="0022")
    press(public_id)
    charge()
    assert payment().state is PaymentState.UNKNOWN
    assert len(mails("payment_confirming")) == 1
    assert not mails("payment_refused")
    assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
    assert call(charging.overdue) == [payment().id]
    call(upkeep.reconcile)
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]
    assert len(rows(select(Policy))) == 1
    assert len(mails("policy")) == 1


def test_charged_and_never_answered_is_unknown_until_the_bank_is_asked(
    make, juana, press, charge, payment, rows, call, charged, use_bank
):
    public_id = make.purchase(juana, Stage.TERMS, last4="0021")
    press(public_id)
    use_bank(patience=IMPATIENT)
    charge()
    assert payment().state is PaymentState.UNKNOWN
    assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
    call(upkeep.reconcile)
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]


def test_answered_500_and_never_charged_is_sent_again_with_the_same_key_once_it_has_settled(
    make, juana, press, charge, payment, rows, call, clock, charged, mails
):
    press(make.purchase(juana, Stage.TERMS, last4="0023"))
    charge()
    key = payment().idempotency_key
    for later in ({"seconds": 1}, {"seconds": 285}):
        clock(**later)
        call(upkeep.reconcile)
        assert payment().state is PaymentState.UNKNOWN, "a 404 this young may be a charge on its way"
        assert not charged()
    clock(seconds=301)
    call(upkeep.reconcile)
    assert payment().state is PaymentState.APPROVED
    assert charged() == [key]
    assert len(mails("payment_confirming")) == 1
    assert len(rows(select(Policy))) == 1


def test_it_is_sent_once_more_and_the_settle_time_begins_anew(
    make, juana, press, payment, charge, use_bank, call, clock
):
    public_id = make.purchase(juana, Stage.TERMS)
    with odd_bank(question=NOT_FOUND) as odd:  # every charge is answered 500, every question 404
        use_bank(odd.url)
        press(public_id)
        charge()
        clock(seconds=1_700)  # the token still lives
        call(upkeep.reconcile)
        assert len(odd.keys) == 2
        clock(seconds=1_900)  # it is dead now, and the second sending is 200 s old
        call(upkeep.reconcile)
        assert payment().state is PaymentState.UNKNOWN, "the second sending may still be on its way"
        clock(seconds=2_010)
        call(upkeep.reconcile)
        assert payment().state is PaymentState.NOT_SENT
        assert len(odd.keys) == 2


def test_money_that_moves_for_a_payment_already_ended_raises_an_alarm_and_is_kept_on_record(
    make, juana, press, payment, charge, call, rows, capsys
):
    press(make.purchase(juana, Stage.TERMS, last4="0012"))
    charge()
    assert payment().state is PaymentState.NOT_SENT
    late = Approved("ch_late", "123456", portal_clock.now())
    call(settling.settle, payment().id, late, None)
    assert (payment().state, payment().charge_id) == (PaymentState.NOT_SENT, "ch_late")
    assert "approved_after_the_end" in capsys.readouterr().out
    assert rows(select(AuditEntry.action).order_by(AuditEntry.id))[-1] == "payment.approved_after_the_end"


def test_a_payment_that_no_worker_took_is_charged_by_the_reconciler(make, juana, press, payment, call, clock, charged):
    press(make.purchase(juana, Stage.TERMS))  # the worker of the queue is dead
    clock(seconds=61)
    call(upkeep.reconcile)
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]


def test_the_bank_s_token_is_forgotten_once_the_payment_has_ended(make, juana, press, payment, charge, rows):
    press(make.purchase(juana, Stage.TERMS))
    charge()
    assert payment().account_token is None
    assert rows(select(Purchase.account_token)) == [None]


def test_never_charged_and_the_token_dead_is_not_sent(make, juana, press, charge, payment, call, clock, charged, mails):
    press(make.purchase(juana, Stage.TERMS, last4="0023"))
    charge()
    clock(minutes=31)
    call(upkeep.reconcile)
    assert (payment().state, payment().reason) == (PaymentState.NOT_SENT, "token_expired")
    assert not charged()
    assert len(mails("payment_not_sent")) == 1


def test_it_is_sent_again_once_and_what_twice_did_not_arrive_was_not_made_once_the_token_is_dead(
    make, juana, press, charge, payment, use_bank, call, clock, rows
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        call(upkeep.reconcile)
        clock(seconds=590)
        call(upkeep.reconcile)
        assert payment().state is PaymentState.UNKNOWN, "the second sending has its own time to arrive"
        clock(seconds=1_790)
        call(upkeep.reconcile)
        assert payment().state is PaymentState.UNKNOWN, "the bank would still take the token: it may yet arrive"
        clock(seconds=1_861)
        call(upkeep.reconcile)
        assert len(odd.keys) == 2
    assert payment().state is PaymentState.NOT_SENT
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_a_token_that_died_is_not_even_sent_again(make, juana, press, charge, payment, use_bank, call, clock):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        odd.charge = lambda order: (201, approved(order))
        clock(minutes=31)
        call(upkeep.reconcile)
        assert len(odd.keys) == 1
    assert (payment().state, payment().reason) == (PaymentState.NOT_SENT, "token_expired")


ODD_ANSWERS = {
    "garbage": lambda order: (201, b"\x00\xffnot json"),
    "nothing": lambda order: (201, b""),
    "another amount": lambda order: (201, approved(order, amount="1.00")),
    "another reference": lambda order: (201, approved(order, reference="SP-0000-000000")),
    "created but declined": lambda order: (201, approved(order, status="declined")),
    "refused but approved": lambda order: (402, approved(order)),
    "a refusal in garbage": lambda order: (402, b"<html>"),
    "a redirection": lambda order: (302, b""),
    "accepted for later": lambda order: (202, approved(order)),
    "the key was used": lambda order: (409, PROBLEM),
    "a broken bank": lambda order: (500, approved(order)),
    "a broken way": lambda order: (503, b"Service Unavailable"),
}


@pytest.mark.parametrize("answer", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_an_answer_that_proves_nothing_is_unknown_and_never_a_second_charge(
    make, juana, press, charge, payment, rows, call, use_bank, mails, answer
):
    public_id = make.purchase(juana, Stage.TERMS)
    press(public_id)
    with odd_bank(charge=answer) as odd:
        use_bank(odd.url)
        charge()
        assert payment().state is PaymentState.UNKNOWN
        assert not mails("payment_refused")
        assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
        for _ in range(3):
            call(upkeep.reconcile)
        charge()
        assert odd.keys == [payment().idempotency_key]
        assert payment().state is PaymentState.UNKNOWN
        assert len(mails("payment_confirming")) == 1


def test_a_bank_that_says_in_the_end_what_happened_ends_the_doubt(
    make, juana, press, charge, payment, use_bank, call, rows
):
    press(make.purchase(juana, Stage.TERMS))
    orders: list[dict[str, str]] = []

    def garbage(order: dict[str, str]) -> tuple[int, bytes]:
        orders.append(order)
        return 201, b"garbage"

    with odd_bank(charge=garbage) as odd:
        use_bank(odd.url)
        charge()
        declined = approved(orders[0], status="declined", decline_code="limit_exceeded")
        odd.question = (200, declined)
        call(upkeep.reconcile)
    assert (payment().state, payment().reason) == (PaymentState.DECLINED, "limit_exceeded")
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_a_404_that_the_bank_did_not_say_is_no_proof_even_late(
    make, juana, press, charge, payment, use_bank, call, clock
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=(404, b"<html>nginx</html>")) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=400)
        call(upkeep.reconcile)
        assert len(odd.keys) == 1
    assert payment().state is PaymentState.UNKNOWN


def test_sent_again_it_is_the_same_key_and_only_while_the_bank_keeps_saying_it_has_nothing(
    make, juana, press, charge, payment, use_bank, call, clock
):
    press(make.purchase(juana, Stage.TERMS))
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        call(upkeep.reconcile)
        assert len(odd.keys) == 2
        assert set(odd.keys) == {payment().idempotency_key}
    assert payment().state is PaymentState.UNKNOWN


def test_what_is_not_known_after_a_day_lies_on_the_staffs_desk(
    make, juana, press, charge, payment, use_bank, call, clock, rows
):
    public_id = make.purchase(juana, Stage.TERMS)
    press(public_id)
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(hours=24, seconds=1)
        call(upkeep.reconcile)
        assert len(odd.keys) == 1, "the bank has forgotten the key: sent again, it would be a second charge"
    assert payment().state is PaymentState.IN_REVIEW
    assert_nobody_can_pay_or_edit(public_id, press, call, juana, rows)
    assert call(charging.overdue) == []
    assert rows(select(AuditEntry.action).order_by(AuditEntry.id.desc()))[0] == "payment.in_review"


def test_a_payment_in_process_for_a_day_goes_there_too(make, juana, press, payment, use_bank, call, clock, rows):
    press(make.purchase(juana, Stage.TERMS))
    call(_leave_as_a_killed_worker_does, payment().id)
    with odd_bank() as odd:
        use_bank(odd.url)
        clock(hours=25)
        call(upkeep.reconcile)
    assert payment().state is PaymentState.IN_REVIEW


# --- crashes ---------------------------------------------------------------------------------------------------------


def _leave_as_a_killed_worker_does(payment_id: int) -> None:
    """What a worker that died right after its first transaction leaves behind."""
    with writing() as session:
        session.get_one(Payment, payment_id).sent_at = portal_clock.now()


def test_a_worker_that_follows_one_killed_before_the_charge_asks_and_does_not_charge(
    make, juana, press, charge, payment, call, clock, charged
):
    press(make.purchase(juana, Stage.TERMS))
    call(_leave_as_a_killed_worker_does, payment().id)
    charge()
    assert payment().state is PaymentState.UNKNOWN
    assert not charged()
    clock(seconds=301)
    call(upkeep.reconcile)
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == 1


def test_a_worker_that_follows_one_killed_after_the_charge_finds_it(
    make, juana, press, charge, payment, call, charged, bank, rows
):
    press(make.purchase(juana, Stage.TERMS))
    sent = payment()
    call(_leave_as_a_killed_worker_does, sent.id)
    outcome = Bank(bank.url, bank.api_key).charge(
        str(sent.account_token), sent.amount, sent.number, str(sent.idempotency_key)
    )
    assert isinstance(outcome, Approved)
    charge()
    assert (payment().state, payment().charge_id) == (PaymentState.APPROVED, outcome.charge_id)
    assert charged() == [sent.idempotency_key]
    assert len(rows(select(Policy))) == 1


def test_the_reconciler_comes_to_a_payment_in_process_after_a_minute(make, juana, press, payment, call, clock):
    press(make.purchase(juana, Stage.TERMS))
    call(_leave_as_a_killed_worker_does, payment().id)
    clock(seconds=45)
    assert call(charging.overdue) == []
    clock(seconds=61)
    assert call(charging.overdue) == [payment().id]


def test_web_killed_between_the_two_transactions_leaves_a_charge_that_is_owed(
    make, juana, press, charge, payment, call, clock, charged, redis_server
):
    press(make.purchase(juana, Stage.TERMS))
    with redis_server.client as redis:
        redis.flushdb()  # and the bell was never heard
        clock(seconds=16)
        assert call(outbox.ring_due) >= 1
        assert redis.llen("rq:queue:charges") == 1
    charge()
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == 1


def test_a_charge_that_is_done_twice_charges_once(make, juana, press, charge, app, rows, charged):
    press(make.purchase(juana, Stage.TERMS))
    (owed,) = rows(select(OutboxRow.id).where(OutboxRow.queue == "charges"))
    for _ in range(2):
        with app.app_context():
            charges.charge(owed)
    assert len(charged()) == len(rows(select(Policy))) == 1


def test_when_issuing_fails_nothing_is_half_written_and_the_next_try_completes_it(
    make, juana, press, charge, payment, call, rows, charged, clock
):
    """The policy's number is taken: the whole last transaction rolls back, and the charge is not repeated."""
    earlier = make.policy(juana)
    year_and_number = earlier.rsplit("-", 1)
    taken = f"{year_and_number[0]}-{int(year_and_number[1]) + 1:06d}"

    def rename(old: str, new: str) -> None:
        with writing() as session:
            session.scalars(select(Policy).where(Policy.number == old)).one().number = new

    call(rename, earlier, taken)
    press(make.purchase(juana, Stage.TERMS))
    charge()
    assert payment().state is PaymentState.PROCESSING
    assert len(rows(select(Policy))) == 1
    assert len(charged()) == 2
    call(rename, taken, earlier)
    clock(seconds=6)
    charge()
    assert payment().state is PaymentState.APPROVED
    assert sorted(rows(select(Policy.number))) == [earlier, taken]
    assert len(charged()) == 2


# --- at once ---------------------------------------------------------------------------------------------------------


def test_pressed_twenty_times_at_once_it_is_one_charge_one_policy_and_one_mail(
    app, make, juana, payment, rows, charged, drain, mailbox
):
    public_id = make.purchase(juana, Stage.TERMS)
    answers = at_once(app, 20, lambda _: paying.process(public_id, AMOUNT, juana.actor))
    assert answers == [None] * 20
    (owed,) = rows(select(OutboxRow.id).where(OutboxRow.queue == "charges"))
    assert [one.state for one in rows(select(Payment))] == [PaymentState.PROCESSING]
    assert at_once(app, 5, lambda _: charges.charge(owed)) == [None] * 5
    drain()
    assert charged() == [payment().idempotency_key]
    assert len(rows(select(Policy))) == 1
    assert [mail.header("Subject") for mail in mailbox.store.mails()].count(
        rows(select(Message.subject).where(Message.kind == "policy"))[0]
    ) == 1


def test_pressed_again_at_once_after_a_refusal_it_is_one_new_try(app, make, juana, press, charge, rows, charged):
    public_id = make.purchase(juana, Stage.TERMS, last4="0001")
    press(public_id)
    charge()
    make.method(juana, public_id, "5555")
    answers = at_once(app, 12, lambda _: paying.process(public_id, AMOUNT, juana.actor))
    assert answers == [None] * 12
    assert sorted(rows(select(Payment.state))) == [PaymentState.DECLINED, PaymentState.PROCESSING]
    charge()
    assert len(charged()) == len(rows(select(Policy))) == 1


def test_without_the_queue_the_sale_goes_on_in_the_web_process_and_charges_once(
    app, make, juana, payment, rows, charged, redis_server
):
    public_id = make.purchase(juana, Stage.TERMS)
    redis_server.stop()
    try:
        answers = at_once(app, 8, lambda _: paying.process(public_id, AMOUNT, juana.actor))
    finally:
        redis_server.start()
    assert answers == [None] * 8
    assert payment().state is PaymentState.APPROVED
    assert charged() == [payment().idempotency_key]
    assert len(rows(select(Policy))) == 1


def test_an_unknown_payment_asked_for_by_many_at_once_becomes_one_policy(
    app, make, juana, press, charge, payment, rows, charged
):
    press(make.purchase(juana, Stage.TERMS, last4="0022"))
    charge()
    answers = at_once(app, 6, lambda _: charging.reconcile(payment().id))
    assert all(answer is None or isinstance(answer, StaleDataError) for answer in answers)
    assert payment().state is PaymentState.APPROVED
    assert len(charged()) == len(rows(select(Policy))) == 1


def test_one_payment_that_cannot_be_reconciled_does_not_hold_up_the_others(make, juana, press, charge, rows, call):
    for _ in range(2):
        press(make.purchase(juana, Stage.TERMS, last4="0022"))
    charge()
    first, second = rows(select(Payment).order_by(Payment.id))

    def break_the_first() -> None:
        with writing() as session:
            session.get_one(Payment, first.id).idempotency_key = "not a key"

    call(break_the_first)
    call(upkeep.reconcile)
    states = {one.id: one.state for one in rows(select(Payment))}
    assert states == {first.id: PaymentState.UNKNOWN, second.id: PaymentState.APPROVED}


def test_no_transaction_is_open_while_the_bank_thinks(app, make, juana, press, charge, payment, use_bank, call, clock):
    press(make.purchase(juana, Stage.TERMS))
    with app.app_context():
        pool = db.engine.pool
    held: list[int] = []

    def look(answer: tuple[int, dict[str, str]]) -> Callable[[object], tuple[int, dict[str, str]]]:
        def answering(_asked: object) -> tuple[int, dict[str, str]]:
            held.append(pool.checkedout())
            return answer

        return answering

    with odd_bank(charge=look((500, PROBLEM)), question=look(NOT_FOUND)) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        call(upkeep.reconcile)
        assert (len(odd.keys), odd.questions) == (2, 1)
    assert held == [0, 0, 0]


def test_every_step_of_a_payment_leaves_its_audit_row_without_personal_data(make, juana, press, charge, rows):
    press(make.purchase(juana, Stage.TERMS, last4="0022"))
    charge()
    entries = rows(select(AuditEntry).order_by(AuditEntry.id))
    assert [entry.action for entry in entries[-3:]] == ["payment.request", "payment.process", "payment.unknown"]
    said = " ".join(str(entry.details) for entry in entries)
    assert juana.identity.number not in said
    assert juana.email not in said
    assert timedelta(0) <= portal_clock.now() - entries[-1].at < timedelta(minutes=1)
