"""The portal's client and the sandbox bank, over real HTTP: what each test card means to the portal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from werkzeug.serving import make_server

from portal.integrations.bank import (
    AccountNotFound,
    Approved,
    Bank,
    BankEntity,
    BankError,
    BankUnavailable,
    CardExpired,
    CardOfPerson,
    ChargeOrder,
    Declined,
    InvalidCard,
    NeverReceived,
    NotSent,
    Outcome,
    Patience,
    TooManyAttempts,
    Unknown,
)
from sandbox.bank import create_app
from sandbox.harness import RunningBank, in_thread, running_bank
from sandbox.ledger import Ledger
from sandbox.scenarios import TEST_CARDS
from tests.processes import PATIENCE, until

REFERENCE, AMOUNT = "SP-2026-000001", Decimal("72.92")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningBank]:
    with running_bank(tmp_path / "bank.sqlite") as bank:
        yield bank


@pytest.fixture
def bank(running: RunningBank) -> Bank:
    return Bank(running.url, running.api_key, Patience(connect=PATIENCE, read=PATIENCE, total=PATIENCE))


def card(last4: str = "4821", **changes: Any) -> CardOfPerson:
    fields: dict[str, Any] = {
        "bank_code": "BAP",
        "document_type": "DNI",
        "document_number": "45678912",
        "card_last4": last4,
        "expiry_month": 8,
        "expiry_year": 2099,
    }
    return CardOfPerson(**(fields | changes))


def charged(bank: Bank, last4: str, key: str = "k1") -> Outcome:
    return bank.send(ChargeOrder(bank.validate_account(card(last4)).token, AMOUNT, REFERENCE), key)


def test_the_entities_come_in_the_banks_order(bank: Bank) -> None:
    assert bank.banks()[0] == BankEntity("BAP", "Banco Andino del Perú")


def test_an_approved_charge_carries_its_proof_and_is_found_again(bank: Bank, running: RunningBank) -> None:
    account = bank.validate_account(card())
    assert (account.masked_account, account.bank_name) == ("****4821", "Banco Andino del Perú")
    outcome = bank.send(ChargeOrder(account.token, AMOUNT, REFERENCE), "k1")
    assert isinstance(outcome, Approved)
    assert len(outcome.authorization_code) == 6
    assert abs((datetime.now(UTC) - outcome.processed_at).total_seconds()) < 60
    assert bank.find(ChargeOrder("token", AMOUNT, REFERENCE), "k1") == outcome
    assert bank.send(ChargeOrder(account.token, AMOUNT, REFERENCE), "k1") == outcome
    (booked,) = running.ledger.entries()["charges"]
    assert (booked["charge_id"], booked["amount"], booked["key"]) == (outcome.bank_id, "72.92", "k1")


@pytest.mark.parametrize("digits", [c.digits for c in TEST_CARDS.values() if c.decline_code])
def test_each_refusal_reaches_the_portal_with_its_code(bank: Bank, digits: str) -> None:
    outcome = charged(bank, digits)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.message) == (TEST_CARDS[digits].decline_code, TEST_CARDS[digits].message)
    assert bank.find(ChargeOrder("token", AMOUNT, REFERENCE), "k1") == outcome


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (card("0010"), AccountNotFound),
        (card("0011"), TooManyAttempts),
        (card(expiry_year=2020), CardExpired),
        (card("48x1"), InvalidCard),
    ],
)
def test_each_refusal_of_a_card_is_told_apart(bank: Bank, sent: CardOfPerson, refusal: type[BankError]) -> None:
    with pytest.raises(refusal):
        bank.validate_account(sent)


def test_a_dead_token_means_that_nothing_was_sent(bank: Bank) -> None:
    assert charged(bank, "0012") == NotSent("token_expired")
    assert bank.find(ChargeOrder("token", AMOUNT, REFERENCE), "k1") == NeverReceived()


def test_a_bank_that_breaks_after_charging_is_unknown_until_asked(bank: Bank) -> None:
    assert charged(bank, "0022") == Unknown("unexpected_status")
    assert isinstance(bank.find(ChargeOrder("token", AMOUNT, REFERENCE), "k1"), Approved)


def test_a_bank_that_breaks_before_charging_is_unknown_and_may_be_charged_with_the_same_key(bank: Bank) -> None:
    token = bank.validate_account(card("0023")).token
    assert bank.send(ChargeOrder(token, AMOUNT, REFERENCE), "k1") == Unknown("unexpected_status")
    assert bank.find(ChargeOrder("token", AMOUNT, REFERENCE), "k1") == NeverReceived()
    assert isinstance(bank.send(ChargeOrder(token, AMOUNT, REFERENCE), "k1"), Approved)


def test_a_bank_that_hangs_after_charging_is_unknown_until_asked(bank: Bank, running: RunningBank) -> None:
    token = bank.validate_account(card("0021")).token
    impatient = Bank(running.url, running.api_key, Patience(connect=PATIENCE, read=0.3, total=PATIENCE))
    assert impatient.send(ChargeOrder(token, AMOUNT, REFERENCE), "k1") == Unknown("timeout")
    until(lambda: running.ledger.entries()["charges"], "the money has moved")
    assert isinstance(bank.find(ChargeOrder("token", AMOUNT, REFERENCE), "k1"), Approved)


def test_a_key_used_for_another_amount_never_passes_for_this_payment(bank: Bank, running: RunningBank) -> None:
    token = bank.validate_account(card()).token
    bank.send(ChargeOrder(token, Decimal("1.00"), REFERENCE), "k1")
    assert bank.send(ChargeOrder(token, AMOUNT, REFERENCE), "k1") == Unknown("mismatch")
    assert [entry["amount"] for entry in running.ledger.entries()["charges"]] == ["1.00"]


def test_a_wrong_api_key_is_not_sent(running: RunningBank) -> None:
    stranger = Bank(running.url, "wrong")
    assert stranger.send(ChargeOrder("tok", AMOUNT, REFERENCE), "k1") == NotSent("unauthorized")
    with pytest.raises(BankUnavailable):
        stranger.banks()


@pytest.mark.parametrize("amount", ["0", "-1", "1.001", "1000000000"])
def test_an_amount_that_is_no_price_is_never_sent(bank: Bank, amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        bank.send(ChargeOrder("tok", Decimal(amount), REFERENCE), "k1")


@pytest.mark.parametrize("key", ["", "x" * 65, "a b", "k1\n"])
def test_a_key_outside_the_contract_is_never_sent(bank: Bank, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        bank.send(ChargeOrder("tok", AMOUNT, REFERENCE), key)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_bank_over_tls_has_to_prove_itself(
    tmp_path: Path, certificate: Any, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    app = create_app(Ledger(tmp_path / "bank.sqlite"), "key", "instance", Event())
    web = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=certificate.of_server())
    with in_thread(web):
        outcome = Bank(f"https://127.0.0.1:{web.server_port}", "key").send(ChargeOrder("dead", AMOUNT, REFERENCE), "k1")
    assert outcome == NotSent("token_expired" if trusted else "unreachable")


def test_a_proxy_of_the_environment_is_not_used(running: RunningBank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert Bank(running.url, running.api_key).banks()


def test_a_forked_process_opens_its_own_client(bank: Bank) -> None:
    before = bank._http()
    child = os.fork()
    if child == 0:
        os._exit(0 if bank._http() is not before and bank.banks() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert bank._http() is before
