"""A purchase's answers: kept, editable until money moves, and every edit voids what was confirmed for others."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.models import AuditEntry, Code, Consent, Message, OutboxRow, Payment, Purchase
from portal.services import banking, beneficiaries, catalogue, codes, paying, purchasing, quoting
from portal.services.purchasing import QuoteExpired
from tests.factories import HOSPITAL, Stage, beneficiary
from tests.services.at_once import at_once

AMOUNT = Decimal("72.92")


@pytest.fixture
def seen(call):
    """What the walk asks of a purchase: (account validated, code verified, terms accepted)."""

    def seen(public_id: str, actor) -> tuple[bool, bool, bool]:
        def questions() -> tuple[bool, bool, bool]:
            purchase = purchasing.get(public_id, actor)
            return (
                purchasing.account_is_validated(purchase),
                purchasing.code_is_verified(purchase),
                purchasing.terms_are_accepted(purchase),
            )

        return call(questions)

    return seen


def test_without_accepting_the_conditions_nothing_begins(call, rows, make, juana):
    number = make.quote(juana)
    with pytest.raises(DomainError) as refused:
        call(purchasing.start, number, juana.actor, accepts=False)
    assert refused.value.field == "acepta"
    assert not rows(select(Purchase))


def test_beginning_records_the_words_that_were_accepted_and_from_where(call, rows, make, juana):
    public_id = call(purchasing.start, make.quote(juana), juana.actor, accepts=True).public_id
    (consent,) = rows(select(Consent))
    text = catalogue.texts()["cotizacion"]
    assert (consent.text_key, consent.text_version, consent.text_sha256) == (text.key, text.version, text.sha256)
    assert (consent.ip, consent.device, consent.granted) == (juana.actor.ip, juana.actor.device, True)
    (purchase,) = rows(select(Purchase))
    assert (purchase.public_id, purchase.state) == (public_id, PurchaseState.OPEN)
    assert (consent.purchase_id, consent.quote_id) == (purchase.id, purchase.quote_id)


def test_a_quote_leads_to_one_purchase_however_often_it_is_begun_at_once(app, rows, make, juana):
    number = make.quote(juana)
    given = at_once(app, 12, lambda _: purchasing.start(number, juana.actor, accepts=True).public_id)
    assert set(given) == set(rows(select(Purchase.public_id)))
    assert len(rows(select(Purchase))) == len(rows(select(Consent))) == 1


def test_what_belongs_to_another_is_not_found(call, make, juana):
    number, other = make.quote(juana), make.customer().actor
    public_id = make.purchase(juana, quote=number)
    with pytest.raises(NotFound):
        call(purchasing.start, number, other, accepts=True)
    for use_case, arguments in (
        (purchasing.get, ()),
        (purchasing.send_code, ()),
        (purchasing.verify_code, ("123456",)),
        (beneficiaries.name_nobody, ()),
        (beneficiaries.finish, ()),
        (beneficiaries.share_equally, ()),
        (paying.process, (AMOUNT,)),
    ):
        given = (public_id, *arguments) if arguments else (public_id,)
        with pytest.raises(NotFound):
            call(use_case, *given, other)
    with pytest.raises(NotFound):
        call(paying.request_payment, public_id, other, accepts=True)
    with pytest.raises(NotFound):
        call(beneficiaries.put, public_id, None, beneficiary(), other)
    with pytest.raises(NotFound):
        call(banking.validate_account, public_id, banking.Card("BAP", "4821", 12, 2030), other)


def test_a_purchase_of_a_quote_past_its_validity_does_not_begin(call, rows, make, juana, clock):
    number = make.quote(juana)
    clock(days=16)
    with pytest.raises(QuoteExpired, match=number):
        call(purchasing.start, number, juana.actor, accepts=True)
    assert not rows(select(Purchase))


def test_past_the_quotes_validity_no_answer_changes_and_nothing_is_paid(call, rows, make, juana, clock):
    public_id = make.purchase(juana, Stage.TERMS)
    clock(days=16)
    commands = (
        lambda: beneficiaries.name_nobody(public_id, juana.actor),
        lambda: beneficiaries.put(public_id, None, beneficiary(), juana.actor),
        lambda: banking.validate_account(public_id, banking.Card("BAP", "4821", 12, 2030), juana.actor),
        lambda: purchasing.send_code(public_id, juana.actor),
        lambda: paying.process(public_id, AMOUNT, juana.actor),
    )
    for command in commands:
        with pytest.raises(QuoteExpired):
            call(command)
    assert [payment.state for payment in rows(select(Payment))] == [PaymentState.CREATED]


# --- beneficiaries ---------------------------------------------------------------------------------------------------


def named(rows) -> list[tuple[str, Decimal]]:
    (purchase,) = rows(select(Purchase))
    return [(one.names, one.share) for one in purchase.beneficiaries]


def test_beneficiaries_are_added_changed_and_taken_off(call, rows, make, juana):
    public_id = make.purchase(juana)
    call(beneficiaries.put, public_id, None, beneficiary("Rosa", share="60"), juana.actor)
    call(beneficiaries.put, public_id, None, beneficiary("Pedro", share="30"), juana.actor)
    (purchase,) = rows(select(Purchase))
    rosa, pedro = purchase.beneficiaries
    call(beneficiaries.put, public_id, pedro.id, beneficiary("Pedro Luis", share="40"), juana.actor)
    assert named(rows) == [("Rosa", Decimal("60.00")), ("Pedro Luis", Decimal("40.00"))]
    call(beneficiaries.remove, public_id, rosa.id, juana.actor)
    call(beneficiaries.remove, public_id, rosa.id, juana.actor)  # the second click of a double one
    assert named(rows) == [("Pedro Luis", Decimal("40.00"))]
    with pytest.raises(NotFound):
        call(beneficiaries.put, public_id, rosa.id, beneficiary("Otra"), juana.actor)


def test_a_beneficiary_of_another_purchase_is_not_touched(call, rows, make, juana):
    make.purchase(juana, named=[beneficiary("Rosa")], stage=Stage.BENEFICIARIES)
    (theirs,) = rows(select(Purchase))
    maria = make.customer()
    mine = make.purchase(maria)
    with pytest.raises(NotFound):
        call(beneficiaries.put, mine, theirs.beneficiaries[0].id, beneficiary("Mala"), maria.actor)
    call(beneficiaries.remove, mine, theirs.beneficiaries[0].id, maria.actor)
    (still,) = rows(select(Purchase).where(Purchase.id == theirs.id))
    assert [one.names for one in still.beneficiaries] == ["Rosa"]


def test_the_step_is_answered_only_when_shares_total_one_hundred(call, rows, make, juana):
    public_id = make.purchase(juana)
    call(beneficiaries.put, public_id, None, beneficiary(share="99.99"), juana.actor)
    with pytest.raises(DomainError, match=r"Faltan 0\.01"):
        call(beneficiaries.finish, public_id, juana.actor)
    assert rows(select(Purchase.beneficiaries_answered)) == [False]
    call(beneficiaries.put, public_id, None, beneficiary(share="0.01"), juana.actor)
    call(beneficiaries.finish, public_id, juana.actor)
    assert rows(select(Purchase.beneficiaries_answered)) == [True]


def test_a_later_edit_asks_for_the_step_again(call, rows, make, juana):
    public_id = make.purchase(juana, Stage.BENEFICIARIES, named=[beneficiary()])
    (purchase,) = rows(select(Purchase))
    one = purchase.beneficiaries[0]
    for edit in (
        lambda: beneficiaries.put(public_id, one.id, beneficiary(share="50"), juana.actor),
        lambda: beneficiaries.share_equally(public_id, juana.actor),
        lambda: beneficiaries.remove(public_id, one.id, juana.actor),
    ):
        call(edit)
        assert rows(select(Purchase.beneficiaries_answered)) == [False]
        call(beneficiaries.share_equally, public_id, juana.actor)
        call(beneficiaries.finish, public_id, juana.actor)
        assert rows(select(Purchase.beneficiaries_answered)) == [True]


def test_equal_shares_are_given_to_each_kind_by_itself(call, rows, make, juana):
    public_id = make.purchase(juana)
    for names in ("Ana", "Eva", "Luz"):
        call(beneficiaries.put, public_id, None, beneficiary(names, share="1"), juana.actor)
    for names in ("Hugo", "Raúl"):
        contingent = beneficiary(names, share="1", kind=beneficiaries.BeneficiaryKind.CONTINGENT)
        call(beneficiaries.put, public_id, None, contingent, juana.actor)
    call(beneficiaries.share_equally, public_id, juana.actor)
    assert [str(share) for _, share in named(rows)] == ["33.34", "33.33", "33.33", "50.00", "50.00"]
    call(beneficiaries.finish, public_id, juana.actor)


def test_nobody_is_named_twice_by_document_nor_is_the_insured(call, rows, make, juana):
    public_id = make.purchase(juana)
    rosa = beneficiary("Rosa")
    call(beneficiaries.put, public_id, None, rosa, juana.actor)
    for refused in (beneficiary("Rosita", identity=rosa.identity), beneficiary("Juana", identity=juana.identity)):
        with pytest.raises(DomainError) as error:
            call(beneficiaries.put, public_id, None, refused, juana.actor)
        assert error.value.field == "numero_documento"
    call(beneficiaries.put, public_id, None, beneficiary("Sin documento", identity=None), juana.actor)
    call(beneficiaries.put, public_id, None, beneficiary("Tampoco", identity=None), juana.actor)
    assert [names for names, _ in named(rows)] == ["Rosa", "Sin documento", "Tampoco"]


@pytest.mark.parametrize("has_document", [True, False])
def test_pressed_twice_at_once_somebody_is_named_once(app, call, rows, make, juana, has_document):
    public_id = make.purchase(juana)
    rosa = beneficiary("Rosa") if has_document else beneficiary("Rosa", identity=None)
    answers = at_once(app, 2, lambda _: beneficiaries.put(public_id, None, rosa, juana.actor))
    assert all(answer is None or isinstance(answer, StaleDataError) for answer in answers)
    call(beneficiaries.put, public_id, None, rosa, juana.actor)
    assert named(rows) == [("Rosa", rosa.share)]


def test_at_most_ten_are_named_even_by_many_at_once(app, rows, make, juana):
    public_id = make.purchase(juana)
    answers = at_once(
        app, 14, lambda number: beneficiaries.put(public_id, None, beneficiary(f"N{'a' * number}"), juana.actor)
    )
    assert len(named(rows)) == answers.count(None) <= 10
    assert all(answer is None or isinstance(answer, DomainError | StaleDataError) for answer in answers)


# --- account, code, terms --------------------------------------------------------------------------------------------


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
        (("BAP", "4821", 1, 2020), "mes", "vencida"),
        (("NONE", "4821", 12, 2030), "banco", "Elija su banco"),
        (("BAP", "48a1", 12, 2030), "digitos", "no reconoce estos datos"),
    ],
)
def test_an_account_that_the_bank_refuses_says_why_at_its_field_and_keeps_nothing(
    call, rows, make, juana, card, field, words
):
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    with pytest.raises(DomainError, match=words) as refused:
        call(banking.validate_account, public_id, banking.Card(*card), juana.actor)
    assert refused.value.field == field
    (purchase,) = rows(select(Purchase))
    assert (purchase.account_token, purchase.card_last4, purchase.method) == (None, None, None)
    assert not rows(select(Code))


def test_a_refused_second_card_leaves_the_first_one_valid(call, make, juana, seen):
    public_id = make.purchase(juana, Stage.VERIFICATION)
    with pytest.raises(DomainError):
        call(banking.validate_account, public_id, banking.Card("BAP", "0010", 12, 2030), juana.actor)
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
    "a beneficiary added": lambda public_id, one, actor: beneficiaries.put(public_id, None, beneficiary(), actor),
    "a beneficiary changed": lambda public_id, one, actor: beneficiaries.put(
        public_id, one.id, beneficiary("Otra", identity=one.identity), actor
    ),
    "only a share changed": lambda public_id, one, actor: beneficiaries.put(
        public_id, one.id, beneficiary(one.names, share="99.99", identity=one.identity), actor
    ),
    "a beneficiary taken off": lambda public_id, one, actor: beneficiaries.remove(public_id, one.id, actor),
    "nobody named": lambda public_id, one, actor: beneficiaries.name_nobody(public_id, actor),
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


def test_naming_the_heirs_is_an_answer_of_its_own(call, make, juana):
    public_id = make.purchase(juana, Stage.STARTED)

    def fingerprint() -> str:
        return call(lambda: purchasing.fingerprint(purchasing.get(public_id, juana.actor)))

    unanswered = fingerprint()
    call(beneficiaries.name_nobody, public_id, juana.actor)
    assert fingerprint() != unanswered


def test_a_code_mailed_before_an_edit_does_not_pass_after_it(call, make, juana):
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    call(beneficiaries.put, public_id, None, beneficiary(), juana.actor)
    with pytest.raises(DomainError, match="ya no vale") as refused:
        call(purchasing.verify_code, public_id, code, juana.actor)
    assert refused.value.field == "codigo"


def test_another_card_keeps_the_code_and_asks_for_the_terms_again(make, juana, seen, rows):
    public_id = make.purchase(juana, Stage.TERMS)
    make.method(juana, public_id, "5555")
    assert seen(public_id, juana.actor) == (True, True, False)
    assert rows(select(Payment.state)) == [PaymentState.NOT_SENT]


def test_the_code_typed_twice_is_no_error(call, make, juana, seen):
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    call(purchasing.verify_code, public_id, code, juana.actor)
    call(purchasing.verify_code, public_id, code, juana.actor)
    assert seen(public_id, juana.actor) == (True, True, False)


def test_a_new_code_can_be_asked_for_after_a_minute(call, rows, make, juana, clock):
    public_id = make.purchase(juana, Stage.METHOD)
    with pytest.raises(DomainError, match="Puede pedir otro"):
        call(purchasing.send_code, public_id, juana.actor)
    clock(seconds=61)
    call(purchasing.send_code, public_id, juana.actor)
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
        call(beneficiaries.put, public_id, None, beneficiary(share=str(share)), juana.actor)
        make.method(juana, public_id)
    assert len(rows(select(Code))) == codes._HOURLY_LIMIT
    assert seen(public_id, juana.actor) == (True, False, False)


def test_an_answer_edited_while_the_code_is_checked_is_not_confirmed_by_it(app, call, make, juana, seen):
    """Another tab edits after the try was counted and before the code is used."""
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)

    def edit(_session: object) -> None:
        at_once(app, 1, lambda _: beneficiaries.put(public_id, None, beneficiary(), juana.actor))

    with app.app_context():
        event.listen(db.session(), "after_commit", edit, once=True)
        with pytest.raises(DomainError, match="Cambió un dato") as refused:
            purchasing.verify_code(public_id, code, juana.actor)
    assert refused.value.field == "codigo"
    assert seen(public_id, juana.actor) == (True, False, False)


# --- terms and the request -------------------------------------------------------------------------------------------


def test_the_request_records_the_terms_and_carries_the_amount_of_the_quote(call, rows, make, juana):
    public_id = make.purchase(juana, Stage.VERIFICATION)
    with pytest.raises(DomainError) as refused:
        call(paying.request_payment, public_id, juana.actor, accepts=False)
    assert refused.value.field == "acepta"
    payment = call(paying.request_payment, public_id, juana.actor, accepts=True)
    assert payment.number == f"SP-{portal_clock.today().year}-000001"
    assert payment.amount == AMOUNT
    (consent,) = rows(select(Consent).where(Consent.text_key == "compra"))
    assert consent.text_sha256 == catalogue.texts()["compra"].sha256
    assert (consent.ip, consent.device) == (juana.actor.ip, juana.actor.device)
    assert rows(select(Purchase.state)) == [PurchaseState.AWAITING_PAYMENT]


def test_the_request_asked_for_by_many_at_once_is_one(app, rows, make, juana):
    public_id = make.purchase(juana, Stage.VERIFICATION)
    answers = at_once(app, 10, lambda _: paying.request_payment(public_id, juana.actor, accepts=True).number)
    (payment,) = rows(select(Payment))
    assert payment.number in answers
    assert set(answers) - {payment.number} == set() or all(
        answer == payment.number or isinstance(answer, StaleDataError) for answer in answers
    )
    assert len(rows(select(Consent).where(Consent.text_key == "compra"))) == 1


def test_before_its_confirmations_nothing_is_requested(call, rows, make, juana):
    for stage in (Stage.BENEFICIARIES, Stage.METHOD):
        public_id = make.purchase(juana, stage)
        with pytest.raises(paying.ConfirmationExpired):
            call(paying.request_payment, public_id, juana.actor, accepts=True)
    assert not rows(select(Payment))


def test_once_money_is_moving_no_answer_changes(call, make, juana):
    public_id = make.purchase(juana, Stage.TERMS)
    call(paying.process, public_id, AMOUNT, juana.actor)
    for edit in (
        lambda: beneficiaries.put(public_id, None, beneficiary(), juana.actor),
        lambda: beneficiaries.name_nobody(public_id, juana.actor),
        lambda: banking.validate_account(public_id, banking.Card("BAP", "4821", 12, 2030), juana.actor),
        lambda: purchasing.send_code(public_id, juana.actor),
    ):
        with pytest.raises(NotAllowed, match="en proceso"):
            call(edit)


def test_nor_after_the_policy_is_issued(call, make, juana):
    public_id = make.purchase(juana, Stage.PAID)
    with pytest.raises(NotAllowed):
        call(beneficiaries.name_nobody, public_id, juana.actor)


def test_verificar_pressed_four_times_at_once_is_passed_for_all(app, make, juana):
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    answers = at_once(app, 4, lambda _number: purchasing.verify_code(public_id, code, juana.actor))
    assert answers == [None] * 4


# --- the limit of policies -------------------------------------------------------------------------------------------


@pytest.fixture
def one_each(call, tmp_path):
    """The hospital product published again, with one active policy an insured."""
    folder = tmp_path / "catalogue"
    shutil.copytree(catalogue.FOLDER, folder)
    file = folder / f"{HOSPITAL}.toml"
    file.write_text(re.sub(r"(active_policies_per_insured) = \d+", r"\1 = 1", file.read_text()))
    assert call(catalogue.publish_files, folder) == [HOSPITAL]


def test_an_insured_has_no_more_policies_than_the_product_allows(call, rows, make, juana, one_each):
    make.policy(juana, product=HOSPITAL)
    with pytest.raises(NotAllowed, match=r"ya tiene 1 póliza de este seguro, .*: es el máximo"):
        call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)
    assert len(rows(select(Purchase))) == 1
    call(purchasing.start, make.quote(juana), juana.actor, accepts=True)  # another product


def test_the_limit_is_that_of_the_insured_and_not_of_the_holder(call, make, juana, one_each):
    make.policy(juana, product=HOSPITAL)
    maria = make.customer()
    insured = quoting.OtherInsured(
        juana.identity, "Juana", "Mamani", "Quispe", portal_clock.today().replace(year=1990), agrees=True
    )
    with pytest.raises(NotAllowed, match="Juana"):
        call(purchasing.start, make.quote(maria, HOSPITAL, insured=insured), maria.actor, accepts=True)


def test_a_policy_that_ended_makes_room_for_another(call, make, juana, clock, one_each):
    make.policy(juana, product=HOSPITAL)
    clock(days=368)
    call(purchasing.start, make.quote(juana, HOSPITAL), juana.actor, accepts=True)


def test_two_purchases_begun_together_do_not_pass_the_limit_together(call, rows, make, juana, one_each):
    first, second = (make.purchase(juana, Stage.TERMS, product=HOSPITAL) for _ in range(2))
    make.pay(juana, first)
    (amount,) = set(rows(select(Payment.amount)))
    with pytest.raises(NotAllowed, match="es el máximo"):
        call(paying.process, second, amount, juana.actor)
    assert sorted(rows(select(Payment.state))) == [PaymentState.APPROVED, PaymentState.CREATED]


def test_nor_when_both_are_paid_at_once(app, rows, make, juana, one_each):
    purchases = [make.purchase(juana, Stage.TERMS, product=HOSPITAL) for _ in range(3)]
    (amount,) = set(rows(select(Payment.amount)))
    answers = at_once(app, 3, lambda number: paying.process(purchases[number], amount, juana.actor))
    assert answers.count(None) == 1
    assert rows(select(Payment.state)).count(PaymentState.PROCESSING) == 1


def test_a_refused_payment_makes_room_again(call, rows, make, juana, one_each):
    first, second = (make.purchase(juana, Stage.TERMS, product=HOSPITAL, last4="0001") for _ in range(2))
    make.pay(juana, first)
    (amount,) = set(rows(select(Payment.amount)))
    call(paying.process, second, amount, juana.actor)


def test_every_command_leaves_its_audit_row(rows, make, juana):
    make.purchase(juana, Stage.TERMS, named=[beneficiary()])
    assert [entry.action for entry in rows(select(AuditEntry).order_by(AuditEntry.id))] == [
        "quote.accept",
        "purchase.start",
        "purchase.beneficiary_put",
        "purchase.beneficiaries",
        "purchase.account_validated",
        "purchase.code_verified",
        "payment.request",
    ]
