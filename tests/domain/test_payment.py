"""What a refusal of the bank says to the customer."""

import re

import pytest

from portal.domain.payment import decline_advice, decline_reason
from portal.integrations.bank import ChargeOrder

CODES = (*ChargeOrder.decline_codes, "other")


@pytest.mark.parametrize("code", CODES)
def test_every_refusal_of_the_contract_says_what_happened_and_that_nothing_was_taken(code):
    words = decline_reason(code)
    assert words.startswith("Su banco no aprobó el pago")
    assert words.endswith("No se descontó nada.")
    assert code not in words
    assert "_" not in words
    assert decline_advice(code).endswith(".")
    assert not re.search(r"[a-z]+_[a-z]+", decline_advice(code))


def test_each_known_reason_has_words_and_advice_of_its_own():
    known = [code for code in CODES if code != "other"]
    assert len({decline_reason(code) for code in known}) == len(known)
    assert all(decline_advice(code) != decline_advice("other") for code in known)


@pytest.mark.parametrize("code", ["other", "do_not_honor", "", None])
def test_an_unknown_reason_gets_honest_words_and_never_its_code(code):
    assert decline_reason(code) == "Su banco no aprobó el pago y no dijo el motivo. No se descontó nada."
    assert "otra tarjeta" in decline_advice(code)
