"""What a refusal of the bank says to the customer, and what it leads to."""

import re

import pytest

from portal.domain.payment import FirstStep, decline_reason, refusal
from portal.integrations.bank import ChargeOrder

FIRST = {
    "insufficient_funds": FirstStep.CASH,
    "account_blocked": FirstStep.OTHER_CARD,
    "card_expired": FirstStep.OTHER_CARD,
    "limit_exceeded": FirstStep.OTHER_CARD,
    "suspected_fraud": FirstStep.OTHER_CARD,
    "other": FirstStep.OTHER_CARD,
}


def test_every_refusal_of_the_contract_has_its_row():
    assert set(FIRST) == {*ChargeOrder.decline_codes, "other"}


@pytest.mark.parametrize("code", FIRST)
def test_a_refusal_says_what_happened_to_which_card_and_leads_on(code):
    words = decline_reason(code, "Banco Andino del Perú", "4321")
    assert words.startswith("Su banco no aprobó el pago con la tarjeta terminada en 4321 (Banco Andino del Perú)")
    assert words.endswith("No se descontó nada.")
    assert code not in words
    assert not re.search(r"[a-z]+_[a-z]+", words + refusal(code).advice)
    assert refusal(code).advice.endswith(".")
    assert refusal(code).first is FIRST[code]
    lead = {FirstStep.CASH: "Pague en efectivo", FirstStep.OTHER_CARD: "Use otra tarjeta"}
    assert refusal(code).advice.startswith(lead[FIRST[code]])


def test_each_known_reason_has_words_of_its_own():
    assert len({decline_reason(code, "BCP", "4321") for code in FIRST}) == len(FIRST)


@pytest.mark.parametrize("code", ["other", "do_not_honor", "", None])
def test_an_unknown_reason_gets_honest_words_and_never_its_code(code):
    assert decline_reason(code, "Caja Sur", "4321") == (
        "Su banco no aprobó el pago con la tarjeta terminada en 4321 (Caja Sur) y no dijo el motivo. "
        "No se descontó nada."
    )
    assert refusal(code) == refusal("other")
