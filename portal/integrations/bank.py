"""The portal's only view of the bank: its list, the validation of an account, money that moves, and what became of it.

Contract: sandbox/openapi.yaml. A sending ends in one of the outcomes of `bank_terms`; what the bank does never raises
there, because whoever moves money must always be able to write down how it ended.
"""

from __future__ import annotations

import os
import re
from datetime import date
from typing import Any

import httpx
import structlog

from portal.integrations import bank_answers as read
from portal.integrations.bank_orders import ChargeOrder, Order, PayoutOrder, RefundOrder
from portal.integrations.bank_terms import (
    AccountNotFound,
    Approved,
    BankEntity,
    BankError,
    BankUnavailable,
    CardExpired,
    CardOfPerson,
    Declined,
    InvalidCard,
    Movement,
    NeverReceived,
    NotSent,
    Outcome,
    TooManyAttempts,
    Unknown,
    ValidatedAccount,
)
from portal.integrations.bounded_http import Answer, Patience, client, exchange, never_sent, verification

__all__ = [
    "AccountNotFound",
    "Approved",
    "Bank",
    "BankEntity",
    "BankError",
    "BankUnavailable",
    "CardExpired",
    "CardOfPerson",
    "ChargeOrder",
    "Declined",
    "InvalidCard",
    "Movement",
    "NeverReceived",
    "NotSent",
    "Order",
    "Outcome",
    "Patience",
    "PayoutOrder",
    "RefundOrder",
    "TooManyAttempts",
    "Unknown",
    "ValidatedAccount",
]

log = structlog.get_logger(__name__)

_LONGEST_SETTLEMENT = 32 * 1024 * 1024  # bytes: some 200,000 movements
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REFUSALS_OF_A_CARD: dict[tuple[int, str], type[BankError]] = {
    (404, "account_not_found"): AccountNotFound,
    (422, "card_expired"): CardExpired,
    (422, "invalid_request"): InvalidCard,
    (429, "too_many_attempts"): TooManyAttempts,
}


class Bank:
    """A bank at `base_url` that knows us by `api_key`. May be shared by threads and survive a fork."""

    def __init__(self, base_url: str, api_key: str, patience: Patience | None = None) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._patience = patience or Patience()
        self._verification = verification(base_url)
        self._opened = self._open()  # now, so that an address or key that cannot work is noticed at the start

    def banks(self) -> list[BankEntity]:
        """Entities whose accounts can be charged. Raises `BankUnavailable`."""
        answer = self._ask("GET", "/v1/banks")
        entities = read.entities(answer.body) if answer.status == 200 else None
        if entities is None:
            raise self._unavailable("banks", answer)
        return entities

    def validate_account(self, card: CardOfPerson) -> ValidatedAccount:
        """The account behind the card; moves no money.

        Raises `AccountNotFound`, `CardExpired`, `InvalidCard`, `TooManyAttempts`; `BankUnavailable` for all else.
        """
        answer = self._ask(
            "POST",
            "/v1/accounts/validate",
            json={
                "bank_code": card.bank_code,
                "document_type": card.document_type,
                "document_number": card.document_number,
                "card_last4": card.card_last4,
                "expiry_month": card.expiry_month,
                "expiry_year": card.expiry_year,
            },
        )
        account = read.account(answer.body) if answer.status == 200 else None
        if account is not None:
            return account
        refusal = _REFUSALS_OF_A_CARD.get((answer.status, read.problem_code(answer.body) or ""))
        if refusal is not None:
            raise refusal
        raise self._unavailable("validate_account", answer)

    def send(self, order: Order, key: str) -> Outcome:
        """Move the money of `order` once under `key`. Raises only `ValueError`, for a key that breaks the contract."""
        headers = {"Idempotency-Key": _checked_key(key)}
        try:
            answer = exchange(self._http(), "POST", order.address, json=order.body, headers=headers)
        except httpx.HTTPError as error:
            outcome: Outcome = NotSent("unreachable") if never_sent(error) else Unknown(_lost(error))
        else:
            outcome = self._outcome_of_sending(order, answer, key)
        _tell("bank_send", order, outcome)
        return outcome

    def find(self, order: Order, key: str) -> Outcome:
        """What became of `order` under `key`: `Approved`, `Declined`, `NeverReceived`, or `Unknown`."""
        try:
            answer = exchange(self._http(), "GET", order.question, params={"idempotency_key": _checked_key(key)})
        except httpx.HTTPError as error:
            outcome: Outcome = Unknown("unreachable" if never_sent(error) else _lost(error))
        else:
            outcome = self._outcome_of_question(order, answer)
        _tell("bank_find", order, outcome)
        return outcome

    def settlement(self, day: date) -> list[Movement] | None:
        """What the bank moved on a day (Lima), in its order; None while it does not know the whole day, before 06:00
        of the next. Raises `BankUnavailable`."""
        answer = self._ask("GET", f"/v1/settlements/{day.isoformat()}", longest=_LONGEST_SETTLEMENT)
        if answer.status == 404 and read.problem_code(answer.body) is not None:
            return None
        movements = read.movements(answer.body) if answer.status == 200 else None
        if movements is None:
            raise self._unavailable("settlement", answer)
        return movements

    def _outcome_of_sending(self, order: Order, answer: Answer, key: str) -> Outcome:
        status = answer.status
        if status == 201:
            return _read(order, answer, Approved)
        if status == 402:
            refusal = _read(order, answer, Declined)
            if isinstance(refusal, Declined):
                return refusal
        if status in (402, 409):
            # A refusal that we cannot read, or one of another movement, is no proof that nothing moved; a key already
            # used says that something did happen. The bank's record tells; its silence about the key does not.
            found = self.find(order, key)
            return Unknown("mismatch") if isinstance(found, NeverReceived) else found
        if status in (401, 403):
            self._alarm(order.kind, status)
            return NotSent("unauthorized")
        if status == 429:
            return NotSent("busy")
        if 400 <= status < 500:
            code = read.problem_code(answer.body) if status == 422 else None
            return NotSent(code if code is not None and code in order.nothing_moved else "rejected")
        return Unknown("unexpected_status")

    def _outcome_of_question(self, order: Order, answer: Answer) -> Outcome:
        if answer.status == 200:
            return _read(order, answer)
        if answer.status == 404 and read.problem_code(answer.body) is not None:
            return NeverReceived()  # said by the bank; a 404 in other words may come from anything on the way
        if answer.status in (401, 403):
            self._alarm(f"find_{order.kind}", answer.status)
            return Unknown("unauthorized")
        return Unknown("unexpected_status")

    def _ask(self, method: str, path: str, **request: Any) -> Answer:
        try:
            return exchange(self._http(), method, path, **request)
        except httpx.HTTPError as error:
            log.warning("bank_unavailable", path=path, error=type(error).__name__)
            raise BankUnavailable from error

    def _unavailable(self, call: str, answer: Answer) -> BankUnavailable:
        if answer.status in (401, 403):
            self._alarm(call, answer.status)
        log.warning("bank_unavailable", call=call, status=answer.status)
        return BankUnavailable(answer.status)

    def _alarm(self, call: str, status: int) -> None:
        """Our own key is refused: no sale can be paid until somebody looks."""
        log.critical("bank_refuses_our_key", call=call, status=status, alarm=True)

    def _http(self) -> httpx.Client:
        """This process's client: one made before a fork may hold locks of threads that the child does not have."""
        if self._opened[0] != os.getpid():
            self._opened = self._open()
        return self._opened[1]

    def _open(self) -> tuple[int, httpx.Client]:
        return os.getpid(), client(self._base_url, self._headers, self._patience, self._verification)


def _read(
    order: Order, answer: Answer, expected: type[Approved] | type[Declined] | None = None
) -> Approved | Declined | Unknown:
    return read.movement(answer.body, order.said_back, order.id_name, order.decline_codes, expected)


def _checked_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("an idempotency key has 1 to 64 of A-Z a-z 0-9 _ -")
    return key


def _lost(error: httpx.HTTPError) -> Any:
    return "timeout" if isinstance(error, httpx.TimeoutException) else "connection_lost"


def _tell(event: str, order: Order, outcome: Outcome) -> None:
    """One line: which order, and what came of it."""
    told: dict[str, str] = {}
    if isinstance(outcome, NotSent | Unknown):
        told = {"reason": outcome.reason}
    elif isinstance(outcome, Declined):
        told = {"code": outcome.code}
    log.info(event, kind=order.kind, reference=order.reference, outcome=type(outcome).__name__, **told)
