"""Account, code and terms confirm the answers they were given for: an edit voids them, and so does half an hour."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, select

from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.extensions import db
from portal.models import Code, Message, OutboxRow, Payment, Purchase, PurchaseBeneficiary, Quote
from portal.services.authentication import one_time_codes
from portal.services.sale import account_validation, beneficiaries, confirming, paying, purchasing
from tests.factories import AMOUNT, Stage, beneficiary
from tests.services.at_once import at_once


@pytest.fixture
def seen(call):
    """What the walk asks of a purchase: (account validated, code verified, terms accepted)."""

    def seen(public_id: str, actor) -> tuple[bool, bool, bool]:
        def questions() -> tuple[bool, bool, bool]:
            purchase = purchasing.get(public_id, actor)
            return (
                purchasing.account_is_validated(purchase),
                confirming.CODE.is_passed(purchase),
                confirming.terms_are_accepted(purchase),
            )

        return call(questions)

    return seen


def test_a_validated_account_is_kept_and_its_code_mailed(rows, make, juana, seen):
    public_id = make.purchase(juana, Stage.METHOD)
    (purchase,) = rows(select(Purchase))
    assert (purchase.bank_name, purchase.card_last4) == ("Banco Andino del Perú", "4821")
    assert purchase.masked_account == "****4821"
    assert seen(public_id, juana.actor) == (True, False, False)
    assert [message.kind for message in rows(select(Message))] == ["purchase_code"]


@pytest.mark.parametrize(
    ("card", "field", "words"),
    [
        (("BAP", "0010", 12, 2030), "digitos", "no encontró una cuenta a su nombre"),
        (("BAP", "0011", 12, 2030), "digitos", "pide esperar"),
        (("BAP", "4821", 1, 2020), "vence", "vencida"),
        (("NONE", "4821", 12, 2030), "banco", "Elija su banco"),
        (("BAP", "48a1", 12, 2030), "digitos", "no reconoce estos datos"),
    ],
)
def test_an_account_that_the_bank_refuses_says_why_at_its_field_and_keeps_nothing(
    call, rows, make, juana, card, field, words
):
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    with pytest.raises(DomainError, match=words) as refused:
        call(account_validation.validate, public_id, account_validation.Card(*card), juana.actor)
    assert refused.value.field == field
    (purchase,) = rows(select(Purchase))
    assert (purchase.account_token, purchase.card_last4, purchase.method) == (None, None, None)
    assert not rows(select(Code))


def test_a_refused_second_card_leaves_the_first_one_valid(call, make, juana, seen):
    public_id = make.purchase(juana, Stage.VERIFICATION)
    with pytest.raises(DomainError):
        call(account_validation.validate, public_id, account_validation.Card("BAP", "0010", 12, 2030), juana.actor)
    assert seen(public_id, juana.actor) == (True, True, False)


def test_confirmations_last_thirty_minutes(call, rows, make, juana, seen, clock):
    public_id = make.purchase(juana, Stage.TERMS)
    clock(minutes=29, seconds=30)
    assert seen(public_id, juana.actor) == (True, True, True)
    clock(minutes=30, seconds=1)
    assert seen(public_id, juana.actor) == (False, False, True)
    with pytest.raises(paying.ConfirmationExpired, match="30 minutos"):
        call(paying.process, public_id, AMOUNT, juana.actor)
    assert not rows(select(OutboxRow).where(OutboxRow.queue == "charges"))
    assert [payment.state for payment in rows(select(Payment))] == [PaymentState.CREATED]


def test_a_code_that_ran_out_stops_the_payment_though_the_account_is_valid(call, make, juana, seen, clock):
    public_id = make.purchase(juana, Stage.TERMS)
    clock(minutes=31)
    make.method(juana, public_id)
    assert seen(public_id, juana.actor) == (True, False, False)
    with pytest.raises(paying.ConfirmationExpired, match="código nuevo"):
        call(paying.request_payment, public_id, juana.actor, accepts=True)


EDITS = {
    "a beneficiary added": lambda public_id, one, actor: beneficiaries.NAMING.put(
        public_id, None, beneficiary(), actor
    ),
    "a beneficiary changed": lambda public_id, one, actor: beneficiaries.NAMING.put(
        public_id, one.id, beneficiary("Otra", identity=one.identity), actor
    ),
    "only a share changed": lambda public_id, one, actor: beneficiaries.NAMING.put(
        public_id, one.id, beneficiary(one.names, share="99.99", identity=one.identity), actor
    ),
    "a beneficiary taken off": lambda public_id, one, actor: beneficiaries.NAMING.remove(public_id, one.id, actor),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_answer_voids_code_and_terms_and_withdraws_the_request(call, rows, make, juana, seen, edit):
    public_id = make.purchase(juana, Stage.TERMS, named=[beneficiary("Rosa")])
    assert seen(public_id, juana.actor) == (True, True, True)
    (purchase,) = rows(select(Purchase))
    call(edit, public_id, purchase.beneficiaries[0], juana.actor)
    assert seen(public_id, juana.actor) == (True, False, False)
    (payment,) = rows(select(Payment))
    assert (payment.state, payment.reason) == (PaymentState.NOT_SENT, purchasing.ANSWERS_EDITED)
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]
    with pytest.raises(paying.ConfirmationExpired):
        call(paying.process, public_id, AMOUNT, juana.actor)
    assert not rows(select(OutboxRow).where(OutboxRow.queue == "charges"))


def test_what_was_confirmed_before_an_update_of_the_portal_still_is():
    """What a slip's terms were accepted for is compared as long as it lives: the same answers have the same print."""
    quote = Quote(number="COT-2026-000001", product_version_id=3, plan_code="plan-2", holder_id=7, insured_id=8)
    quote.premium_total, quote.chosen_start = AMOUNT, date(2026, 12, 1)
    named = PurchaseBeneficiary()
    named.take(beneficiary(birth_date=date(2001, 3, 9), identity=None))
    answers = {"method": PaymentMethod.ACCOUNT, "beneficiaries": [named], "beneficiaries_answered": True}
    purchase = Purchase(public_id="a1b2c3d4e5f6", quote=quote, **answers)
    assert purchase.fingerprint == "da4c351a7caac9c62bba2b5f81309b22425144e8ba058818c328c568f39b0242"


def test_naming_the_heirs_is_an_answer_of_its_own(call, make, juana):
    public_id = make.purchase(juana, Stage.STARTED)

    def fingerprint() -> str:
        return call(lambda: purchasing.get(public_id, juana.actor).fingerprint)

    unanswered = fingerprint()
    call(beneficiaries.NAMING.name_nobody, public_id, juana.actor)
    assert fingerprint() != unanswered


def test_a_code_mailed_before_an_edit_does_not_pass_after_it(call, make, juana):
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    call(beneficiaries.NAMING.put, public_id, None, beneficiary(), juana.actor)
    with pytest.raises(DomainError, match="ya no vale") as refused:
        call(confirming.CODE.verify, public_id, code, juana.actor)
    assert refused.value.field == "codigo"


def test_another_card_keeps_the_code_and_asks_for_the_terms_again(make, juana, seen, rows):
    public_id = make.purchase(juana, Stage.TERMS)
    make.method(juana, public_id, "5555")
    assert seen(public_id, juana.actor) == (True, True, False)
    assert rows(select(Payment.state)) == [PaymentState.NOT_SENT]


def test_the_code_typed_twice_is_no_error(call, make, juana, seen):
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    call(confirming.CODE.verify, public_id, code, juana.actor)
    call(confirming.CODE.verify, public_id, code, juana.actor)
    assert seen(public_id, juana.actor) == (True, True, False)


def test_a_new_code_can_be_asked_for_after_a_minute(call, rows, make, juana, clock):
    public_id = make.purchase(juana, Stage.METHOD)
    with pytest.raises(DomainError, match="Puede pedir otro"):
        call(confirming.CODE.send, public_id, juana.actor)
    clock(seconds=61)
    call(confirming.CODE.send, public_id, juana.actor)
    assert len(rows(select(Code))) == len(rows(select(Message))) == 2


def test_an_account_validated_again_mails_no_second_code(call, rows, make, juana):
    public_id = make.purchase(juana, Stage.METHOD)
    make.method(juana, public_id, "5555")
    make.verification(juana, public_id)
    make.method(juana, public_id, "4821")
    assert len(rows(select(Code))) == 1


def test_the_account_is_valid_even_when_no_more_codes_may_be_sent(rows, make, juana, seen, call):
    public_id = make.purchase(juana, Stage.METHOD)
    for share in range(1, 8):
        call(beneficiaries.NAMING.put, public_id, None, beneficiary(share=str(share)), juana.actor)
        make.method(juana, public_id)
    assert len(rows(select(Code))) == one_time_codes._HOURLY_LIMIT
    assert seen(public_id, juana.actor) == (True, False, False)


def test_an_answer_edited_while_the_code_is_checked_is_not_confirmed_by_it(app, call, make, juana, seen):
    """Another tab edits after the try was counted and before the code is used."""
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)

    def edit(_session: object) -> None:
        at_once(app, 1, lambda _: beneficiaries.NAMING.put(public_id, None, beneficiary(), juana.actor))

    with app.app_context():
        event.listen(db.session(), "after_commit", edit, once=True)
        with pytest.raises(DomainError, match="Cambió un dato") as refused:
            confirming.CODE.verify(public_id, code, juana.actor)
    assert refused.value.field == "codigo"
    assert seen(public_id, juana.actor) == (True, False, False)


def test_verificar_pressed_four_times_at_once_is_passed_for_all(app, make, juana):
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    answers = at_once(app, 4, lambda _number: confirming.CODE.verify(public_id, code, juana.actor))
    assert answers == [None] * 4
