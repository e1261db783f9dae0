"""The bank's list of entities: asked for, remembered, and there when the bank is not."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from cryptography.fernet import InvalidToken
from sqlalchemy import select

from portal.domain.errors import DomainError
from portal.integrations.bank import Bank
from portal.models import KnownBank, Payment, Purchase
from portal.services.payments import bank, charging
from portal.services.platform.encryption import unseal
from portal.services.sale import account_validation
from sandbox.embedded import free_port
from tests.factories import Stage
from tests.services.at_once import together
from tests.services.odd_bank import odd_bank


@pytest.fixture
def away(app):
    """The bank cannot be reached."""

    def away() -> None:
        app.extensions["bank"] = Bank(f"http://127.0.0.1:{free_port()}", "key")

    return away


def names(call) -> list[str]:
    return [one.name for one in call(bank.banks)]


def test_the_list_is_the_banks_own_and_in_its_order(call):
    assert names(call)[:2] == ["Banco Andino del Perú", "Banco del Litoral"]


def test_when_the_bank_is_away_the_last_known_list_is_used(call, away):
    call(bank.remember_banks)
    heard = names(call)
    away()
    assert names(call) == heard


def test_a_list_that_cannot_be_had_leaves_the_known_one(call, away, rows):
    call(bank.remember_banks)
    known = rows(select(KnownBank.code).order_by(KnownBank.position))
    away()
    call(bank.remember_banks)
    assert rows(select(KnownBank.code).order_by(KnownBank.position)) == known


def test_a_bank_that_is_no_longer_listed_is_forgotten(call, app, rows):
    call(bank.remember_banks)
    with odd_bank(question=(200, [{"code": "NEW", "name": "Banco Nuevo"}])) as other:
        app.extensions["bank"] = Bank(other.url, "key")
        call(bank.remember_banks)
    assert rows(select(KnownBank.code)) == ["NEW"]


def test_no_page_asks_the_bank_for_what_is_known(call, app):
    with odd_bank(question=(200, [{"code": "ONE", "name": "Banco Uno"}])) as other:
        app.extensions["bank"] = Bank(other.url, "key")
        call(bank.remember_banks)
        for _ in range(5):
            assert names(call) == ["Banco Uno"]
        assert other.questions == 1


def test_an_account_that_cannot_be_validated_now_says_so_and_keeps_every_answer(call, make, away, rows):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.VERIFICATION)
    call(bank.remember_banks)
    away()
    with pytest.raises(DomainError, match=r"No pudimos comunicarnos con su banco\. No se cobró nada") as refused:
        call(account_validation.validate, public_id, account_validation.Card("BAP", "5555", 12, 2030), juana.actor)
    assert refused.value.field is None
    (purchase,) = rows(select(Purchase))
    assert (purchase.card_last4, purchase.account_token is None) == ("4821", False)


CARD = account_validation.Card("BAP", "5555", 12, 2030)
ANSWERS = {
    "refused": (404, {"code": "account_not_found", "message": ""}),
    "known": (200, {"account_token": "tok", "masked_account": "****5555", "bank_name": "Banco Andino del Perú"}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_of_presses_at_once_one_asks_the_bank_and_all_hear_its_answer(app, call, make, rows, answer):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    call(bank.remember_banks)
    press = partial(account_validation.validate, public_id, CARD, juana.actor, shown=0)
    with odd_bank(charge=ANSWERS[answer]) as odd:
        app.extensions["bank"] = Bank(odd.url, "key")
        heard = together(app, *[press] * 6)
        heard += together(app, press)  # and one that comes late
        assert len(odd.orders) == 1
    if answer == "known":
        assert heard == [None] * 7
        assert rows(select(Purchase.card_last4)) == ["5555"]
    else:
        assert {(type(one), one.field) for one in heard} == {(DomainError, "digitos")}


def test_another_card_and_another_page_ask_anew(app, call, make):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    call(bank.remember_banks)
    with odd_bank(charge=ANSWERS["refused"]) as odd:
        app.extensions["bank"] = Bank(odd.url, "key")
        for card, shown in ((CARD, 0), (replace(CARD, last4="5556"), 0), (CARD, 2)):
            with pytest.raises(DomainError, match="no encontró una cuenta"):
                call(account_validation.validate, public_id, card, juana.actor, shown=shown)
        assert len(odd.orders) == 3


def test_the_banks_token_is_kept_sealed_and_opens_for_the_charge(make, rows, app, bank_server):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.TERMS)
    kept = [*rows(select(Purchase.account_token)), *rows(select(Payment.account_token))]
    with app.app_context():
        tokens = {unseal(one.encode()) for one in kept if one}
    (token,) = tokens
    assert token.startswith("tok_")
    assert not any(token in one for one in kept if one)
    make.pay(juana, public_id)


@pytest.mark.parametrize("stage", [Stage.METHOD, Stage.VERIFICATION, Stage.TERMS])
def test_after_its_thirty_minutes_a_token_is_gone_and_the_purchase_goes_on_by_validating_again(
    make, rows, call, clock, stage
):
    juana = make.customer()
    public_id = make.purchase(juana, stage)
    clock(minutes=29)
    call(charging.forget_tokens)
    assert rows(select(Purchase.account_token)) != [None]
    clock(minutes=32)
    call(charging.forget_tokens)
    assert rows(select(Purchase.account_token)) == [None]
    assert set(rows(select(Payment.account_token))) <= {None}
    make.method(juana, public_id)
    assert rows(select(Purchase.account_token)) != [None]


def test_a_token_that_can_not_be_opened_charges_nothing_and_leads_back(make, rows, app, bank, call, monkeypatch, drain):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.TERMS)
    monkeypatch.setattr(charging, "unseal", unseal_with_another_key)
    make.pay(juana, public_id)
    drain()
    (payment,) = rows(select(Payment))
    assert payment.state.value == "not_sent"
    assert bank.ledger.entries()["charges"] == []


def unseal_with_another_key(_sealed: bytes) -> str:
    raise InvalidToken
