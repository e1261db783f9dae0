"""What the bank refuses or does not take in moves nothing, says why, and the purchase goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.payment import PaymentState, decline_reason, refusal
from portal.domain.purchase import PurchaseState
from portal.models import OutboxRow, OutboxState, Payment, Policy, Purchase
from portal.services.sale import beneficiaries, confirming, paying, purchasing
from sandbox.embedded import free_port
from tests.factories import Stage, beneficiary
from tests.services.odd_bank import PROBLEM, odd_bank

REFUSALS = {
    "0001": "insufficient_funds",
    "0002": "account_blocked",
    "0003": "card_expired",
    "0004": "limit_exceeded",
    "0005": "suspected_fraud",
    "0006": "other",
}


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
        assert decline_reason(code, refused.bank_name, card) in words
        assert refusal(code).advice in words
        assert refusal(code).first.method is None or f"?forma={refusal(code).first.method}" in words
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
            confirming.CODE.is_passed(purchase),
            confirming.terms_are_accepted(purchase),
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
    call(beneficiaries.NAMING.put, public_id, None, beneficiary(), juana.actor)
    with pytest.raises(paying.ConfirmationExpired):
        press(public_id)


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
