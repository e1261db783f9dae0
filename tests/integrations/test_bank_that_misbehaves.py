"""Whatever a bank answers to a charge, the outcome never says more than the answer proves."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from portal.integrations.bank import (
    Approved,
    Bank,
    BankUnavailable,
    ChargeOrder,
    NeverReceived,
    NotSent,
    Unknown,
)
from tests.integrations.misbehaving_bank import (
    AMOUNT,
    API_KEY,
    APPROVED,
    BAP,
    CARD,
    DECLINED,
    DIGITS,
    DOCUMENT,
    KEY,
    PATIENT,
    PROBLEM,
    REFERENCE,
    TOKEN,
    Script,
    answer,
    charge,
    find,
)
from tests.integrations.useless_charges import CHARGES_OF_SOMETHING_ELSE, UNREADABLE_CHARGES, USELESS_CHARGES


@pytest.mark.parametrize("body", UNREADABLE_CHARGES.values(), ids=UNREADABLE_CHARGES)
def test_an_approval_that_cannot_be_read_is_unknown(misbehaving: Any, body: Any) -> None:
    assert charge(misbehaving(Script(answer(201, body)))) == Unknown("unreadable")


@pytest.mark.parametrize("body", CHARGES_OF_SOMETHING_ELSE.values(), ids=CHARGES_OF_SOMETHING_ELSE)
def test_an_approval_of_something_else_is_unknown(misbehaving: Any, body: Any) -> None:
    assert charge(misbehaving(Script(answer(201, body)))) == Unknown("mismatch")


def test_an_approval_with_an_empty_authorization_is_one(misbehaving: Any) -> None:
    assert isinstance(charge(misbehaving(Script(answer(201, APPROVED | {"authorization_code": ""})))), Approved)


def test_a_201_that_says_declined_is_unknown(misbehaving: Any) -> None:
    assert charge(misbehaving(Script(answer(201, DECLINED)))) == Unknown("mismatch")


@pytest.mark.parametrize("status", [200, 202, 204, 301, 302, 307, 308, 500, 502, 503, 504])
def test_any_other_answer_than_a_4xx_is_unknown_and_not_followed_nor_repeated(misbehaving: Any, status: int) -> None:
    body = b"" if status == 204 else APPROVED
    bank = misbehaving(Script(answer(status, body, head="Location: /v1/elsewhere\r\n")))
    assert charge(bank) == Unknown("unexpected_status")
    assert bank.requests == ["POST /v1/charges HTTP/1.1"]


@pytest.mark.parametrize("body", [b"<html>not found</html>", b"", [], {"message": "no"}, {"code": 404}])
def test_a_404_that_the_bank_did_not_say_is_no_proof_that_it_never_received_the_charge(
    misbehaving: Any, body: Any
) -> None:
    assert find(misbehaving(Script(question=answer(404, body)))) == Unknown("unexpected_status")
    assert find(misbehaving(Script(question=answer(404, PROBLEM)))) == NeverReceived()


@pytest.mark.parametrize("body", USELESS_CHARGES.values(), ids=USELESS_CHARGES)
def test_what_cannot_be_read_when_asked_stays_unknown(misbehaving: Any, body: Any) -> None:
    assert isinstance(find(misbehaving(Script(question=answer(200, body)))), Unknown)


@pytest.mark.parametrize("status", [401, 403])
def test_a_bank_that_refuses_our_key_raises_the_alarm(misbehaving: Any, status: int) -> None:
    bank = misbehaving(Script(answer(status, PROBLEM), answer(status, PROBLEM)))
    with structlog.testing.capture_logs() as logs:
        assert charge(bank) == NotSent("unauthorized")
        assert find(bank) == Unknown("unauthorized")
        with pytest.raises(BankUnavailable):
            Bank(bank.url, API_KEY, PATIENT).validate_account(CARD)
    assert [line["log_level"] for line in logs if line.get("alarm")] == ["critical"] * 3


VALIDATIONS = {
    "5xx": answer(500, PROBLEM),
    "garbage": answer(200, b"<html>"),
    "no token": answer(200, {"masked_account": "****4821", "bank_name": "Banco"}),
    "endless token": answer(200, {"account_token": "x" * 501, "masked_account": "1", "bank_name": "Banco"}),
    "a 404 of something else": answer(404, b"<html>"),
    "a 429 of something on the way": answer(429, b""),
    "a 422 without a reason": answer(422, {}),
    "a redirect": answer(302, b"", head="Location: /\r\n"),
    "closed": b"",
}


@pytest.mark.parametrize("post", VALIDATIONS.values(), ids=VALIDATIONS)
def test_a_validation_without_a_usable_answer_says_nothing_about_the_account(misbehaving: Any, post: bytes) -> None:
    with pytest.raises(BankUnavailable):
        Bank(misbehaving(Script(post)).url, API_KEY, PATIENT).validate_account(CARD)


@pytest.mark.parametrize(
    "body", [b"<html>", {}, [], [BAP] * 201, [{}], [{"code": "BAP"}], [{"code": "BAP", "name": 1}], ["BAP"]]
)
def test_a_list_of_entities_that_cannot_be_read_is_unavailable(misbehaving: Any, body: Any) -> None:
    with pytest.raises(BankUnavailable):
        Bank(misbehaving(Script(question=answer(200, body))).url, API_KEY, PATIENT).banks()


def test_an_entity_that_comes_twice_is_listed_once(misbehaving: Any) -> None:
    listed = [BAP, {"code": "BAP", "name": "Another"}, {"code": "B<b>", "name": "<script>alert(1)</script>"}]
    entities = Bank(misbehaving(Script(question=answer(200, listed))).url, API_KEY, PATIENT).banks()
    assert [(one.code, one.name) for one in entities] == [("BAP", "Banco"), ("B<b>", "<script>alert(1)</script>")]


def test_nothing_secret_reaches_a_log_or_a_printed_value(misbehaving: Any) -> None:
    scripts = [
        Script(answer(201, APPROVED)),
        Script(answer(422, PROBLEM)),
        Script(answer(401, PROBLEM)),
        Script(answer(409, PROBLEM)),
        Script(),
    ]
    with structlog.testing.capture_logs() as logs:
        for script in scripts:
            bank = Bank(misbehaving(script).url, API_KEY, PATIENT)
            bank.send(ChargeOrder(TOKEN, AMOUNT, REFERENCE), KEY)
            with pytest.raises(BankUnavailable):
                bank.validate_account(CARD)
    written = repr(logs) + repr(CARD)
    assert len(logs) >= 2 * len(scripts)
    assert not [secret for secret in (TOKEN, DOCUMENT, DIGITS, API_KEY) if secret in written]
