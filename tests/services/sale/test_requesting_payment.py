"""The payment request: made once, after the terms are accepted, for the amount of the quote."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError
from portal.domain.purchase import PurchaseState
from portal.models import Consent, Payment, Purchase
from portal.services.catalogue import offers
from portal.services.sale import paying
from tests.factories import AMOUNT, Stage
from tests.services.at_once import at_once


def test_the_request_records_the_terms_and_carries_the_amount_of_the_quote(call, rows, make, juana):
    public_id = make.purchase(juana, Stage.VERIFICATION)
    with pytest.raises(DomainError) as refused:
        call(paying.request_payment, public_id, juana.actor, accepts=False)
    assert refused.value.field == "acepta"
    payment = call(paying.request_payment, public_id, juana.actor, accepts=True)
    assert payment.number == f"SP-{portal_clock.today().year}-000001"
    assert payment.amount == AMOUNT
    (consent,) = rows(select(Consent).where(Consent.text_key == "compra"))
    assert consent.text_sha256 == offers.texts()["compra"].sha256
    assert (consent.ip, consent.device) == (juana.actor.ip, juana.actor.device)
    assert rows(select(Purchase.state)) == [PurchaseState.AWAITING_PAYMENT]


def test_the_request_asked_for_by_many_at_once_is_one(app, rows, make, juana):
    public_id = make.purchase(juana, Stage.VERIFICATION)
    answers = at_once(app, 10, lambda _: paying.request_payment(public_id, juana.actor, accepts=True).number)
    (payment,) = rows(select(Payment))
    assert answers == [payment.number] * 10
    assert len(rows(select(Consent).where(Consent.text_key == "compra"))) == 1


def test_before_its_confirmations_nothing_is_requested(call, rows, make, juana):
    for stage in (Stage.BENEFICIARIES, Stage.METHOD):
        public_id = make.purchase(juana, stage)
        with pytest.raises(paying.ConfirmationExpired):
            call(paying.request_payment, public_id, juana.actor, accepts=True)
    assert not rows(select(Payment))
