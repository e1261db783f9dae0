"""A purchase begins once, from a quote that is valid and its owner's, and stays editable until money moves."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.models import AuditEntry, Consent, Payment, Purchase
from portal.services.catalogue import offers
from portal.services.sale import account_validation, beneficiaries, confirming, paying, purchasing
from portal.services.sale.purchasing import QuoteExpired
from tests.factories import AMOUNT, Stage, beneficiary
from tests.services.at_once import at_once


def test_without_accepting_the_conditions_nothing_begins(call, rows, make, juana):
    number = make.quote(juana)
    with pytest.raises(DomainError) as refused:
        call(purchasing.start, number, juana.actor, accepts=False)
    assert refused.value.field == "acepta"
    assert not rows(select(Purchase))


def test_beginning_records_the_words_that_were_accepted_and_from_where(call, rows, make, juana):
    public_id = call(purchasing.start, make.quote(juana), juana.actor, accepts=True).public_id
    (consent,) = rows(select(Consent))
    text = offers.texts()["cotizacion"]
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
        (confirming.CODE.send, ()),
        (confirming.CODE.verify, ("123456",)),
        (beneficiaries.NAMING.name_nobody, ()),
        (beneficiaries.NAMING.finish, ()),
        (beneficiaries.NAMING.share_equally, ()),
        (paying.process, (AMOUNT,)),
    ):
        given = (public_id, *arguments) if arguments else (public_id,)
        with pytest.raises(NotFound):
            call(use_case, *given, other)
    with pytest.raises(NotFound):
        call(paying.request_payment, public_id, other, accepts=True)
    with pytest.raises(NotFound):
        call(beneficiaries.NAMING.put, public_id, None, beneficiary(), other)
    with pytest.raises(NotFound):
        call(account_validation.validate, public_id, account_validation.Card("BAP", "4821", 12, 2030), other)


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
        lambda: beneficiaries.NAMING.name_nobody(public_id, juana.actor),
        lambda: beneficiaries.NAMING.put(public_id, None, beneficiary(), juana.actor),
        lambda: account_validation.validate(public_id, account_validation.Card("BAP", "4821", 12, 2030), juana.actor),
        lambda: confirming.CODE.send(public_id, juana.actor),
        lambda: paying.process(public_id, AMOUNT, juana.actor),
    )
    for command in commands:
        with pytest.raises(QuoteExpired):
            call(command)
    assert [payment.state for payment in rows(select(Payment))] == [PaymentState.CREATED]


def test_once_money_is_moving_no_answer_changes(call, make, juana):
    public_id = make.purchase(juana, Stage.TERMS)
    call(paying.process, public_id, AMOUNT, juana.actor)
    for edit in (
        lambda: beneficiaries.NAMING.put(public_id, None, beneficiary(), juana.actor),
        lambda: beneficiaries.NAMING.name_nobody(public_id, juana.actor),
        lambda: account_validation.validate(public_id, account_validation.Card("BAP", "4821", 12, 2030), juana.actor),
        lambda: confirming.CODE.send(public_id, juana.actor),
    ):
        with pytest.raises(NotAllowed, match="en proceso"):
            call(edit)


def test_nor_after_the_policy_is_issued(call, make, juana):
    public_id = make.purchase(juana, Stage.PAID)
    with pytest.raises(NotAllowed):
        call(beneficiaries.NAMING.name_nobody, public_id, juana.actor)


def test_every_command_leaves_its_audit_row(rows, make, juana):
    make.purchase(juana, Stage.TERMS, named=[beneficiary()])
    assert [entry.action for entry in rows(select(AuditEntry).order_by(AuditEntry.id))] == [
        "quote.accept",
        "purchase.start",
        "purchase.beneficiary_put",
        "purchase.beneficiaries",
        "purchase.account_validated",
        "purchase.code_sent",
        "purchase.code_verified",
        "payment.request",
    ]
