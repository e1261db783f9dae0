"""What a bank refuses moved nothing when it says so beyond doubt; in doubt it is asked, or the outcome is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from portal.integrations.bank import (
    Approved,
    Declined,
    NotSent,
    Unknown,
)
from tests.integrations.misbehaving_bank import (
    APPROVED,
    DECLINED,
    KEY,
    PROBLEM,
    Script,
    answer,
    charge,
)


@pytest.mark.parametrize("status", [400, 404, 405, 408, 413, 422, 451])
@pytest.mark.parametrize("body", [PROBLEM, b"<html>", APPROVED])
def test_any_4xx_but_402_and_409_means_that_nothing_moved(misbehaving: Any, status: int, body: Any) -> None:
    assert charge(misbehaving(Script(answer(status, body)))) == NotSent("rejected")


@pytest.mark.parametrize("body", [PROBLEM, b"<html>", APPROVED])
def test_too_many_at_once_says_nothing_of_the_order(misbehaving: Any, body: Any) -> None:
    assert charge(misbehaving(Script(answer(429, body)))) == NotSent("busy")


def test_a_token_past_its_time_is_told_apart(misbehaving: Any) -> None:
    assert charge(misbehaving(Script(answer(422, {"code": "token_expired"})))) == NotSent("token_expired")
    assert charge(misbehaving(Script(answer(400, {"code": "token_expired"})))) == NotSent("rejected")


def test_a_matching_402_is_a_refusal_and_nothing_more_is_asked(misbehaving: Any) -> None:
    bank = misbehaving(Script(answer(402, DECLINED)))
    assert charge(bank) == Declined("ch_1", "insufficient_funds", "Saldo insuficiente")
    assert len(bank.requests) == 1


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        ({"decline_code": "new_reason"}, "other", "Saldo insuficiente"),
        ({"decline_code": None}, "other", "Saldo insuficiente"),
        ({"decline_code": ["other"], "message": None}, "other", ""),
        ({"message": "a\x00b\n" + "c" * 300}, "insufficient_funds", "a b " + "c" * 196),
    ],
)
def test_a_refusal_of_a_kind_that_we_do_not_know_is_still_a_refusal(
    misbehaving: Any, said: dict[str, Any], code: str, message: str
) -> None:
    refusal = charge(misbehaving(Script(answer(402, DECLINED | said))))
    assert isinstance(refusal, Declined)
    assert (refusal.code, refusal.message) == (code, message)


DOUBTFUL_REFUSALS = {
    "a garbled 402": answer(402, b"<html>"),
    "a 402 that says approved": answer(402, APPROVED),
    "a 402 of another reference": answer(402, DECLINED | {"reference": "SP-2026-000002"}),
    "a 402 of another amount": answer(402, DECLINED | {"amount": "1.00"}),
    "a key used before": answer(409, {"code": "idempotency_mismatch"}),
}
WHAT_THE_BANK_SAYS_WHEN_ASKED = {
    "declined": (answer(200, DECLINED), Declined),
    "approved": (answer(200, APPROVED), Approved),
    "never received": (answer(404, PROBLEM), Unknown),
    "nothing useful": (answer(503, PROBLEM), Unknown),
    "another payment": (answer(200, APPROVED | {"reference": "other"}), Unknown),
}


@pytest.mark.parametrize("post", DOUBTFUL_REFUSALS.values(), ids=DOUBTFUL_REFUSALS)
@pytest.mark.parametrize("told", WHAT_THE_BANK_SAYS_WHEN_ASKED)
def test_a_doubtful_refusal_is_settled_by_asking_or_stays_unknown(misbehaving: Any, post: bytes, told: str) -> None:
    question, kind = WHAT_THE_BANK_SAYS_WHEN_ASKED[told]
    bank = misbehaving(Script(post, question))
    outcome = charge(bank)
    assert bank.requests[1:] == [f"GET /v1/charges?idempotency_key={KEY} HTTP/1.1"]
    assert isinstance(outcome, kind)
