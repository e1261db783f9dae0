"""What the bank can be asked to move, and how each order is written, asked for and answered.

Contract: sandbox/openapi.yaml. All three obey the same rules of the key; they differ in address, body, and in what the
bank must say back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal, Protocol
from urllib.parse import quote

_LONGEST_REFERENCE = 40
_LONGEST_NAME = 120


class Order(Protocol):
    """An order to the bank. Making one raises `ValueError` when it breaks the contract."""

    kind: ClassVar[str]
    id_name: ClassVar[str]
    decline_codes: ClassVar[Collection[str]]
    nothing_moved: ClassVar[Collection[str]]  # codes of a 4xx that say more than that it was rejected
    question: ClassVar[str]  # the address that is asked by key

    @property
    def address(self) -> str:
        """Where it is sent."""

    @property
    def body(self) -> dict[str, Any]:
        """What is sent."""

    @property
    def said_back(self) -> Mapping[str, str]:
        """What of the order its answer must repeat."""

    @property
    def reference(self) -> str:
        """How a log names it."""


@dataclass(frozen=True)
class ChargeOrder:
    """Charge `amount` soles to the account that `token` stands for."""

    kind: ClassVar[str] = "charge"
    id_name: ClassVar[str] = "charge_id"
    decline_codes: ClassVar[Collection[str]] = (
        "insufficient_funds",
        "account_blocked",
        "card_expired",
        "limit_exceeded",
        "suspected_fraud",
    )
    nothing_moved: ClassVar[Collection[str]] = ("token_expired",)
    question: ClassVar[str] = "/v1/charges"

    token: str = field(repr=False)
    amount: Decimal
    reference: str

    def __post_init__(self) -> None:
        _check(self.amount, self.reference)

    @property
    def address(self) -> str:
        return self.question

    @property
    def body(self) -> dict[str, Any]:
        return {"account_token": self.token, **self.said_back}

    @property
    def said_back(self) -> dict[str, str]:
        return {"amount": _soles(self.amount), "currency": "PEN", "reference": self.reference}


@dataclass(frozen=True)
class RefundOrder:
    """Give `amount` soles of a charge back. `reference` is ours alone: the bank knows the refund by its charge."""

    kind: ClassVar[str] = "refund"
    id_name: ClassVar[str] = "refund_id"
    decline_codes: ClassVar[Collection[str]] = ()
    nothing_moved: ClassVar[Collection[str]] = ()
    question: ClassVar[str] = "/v1/refunds"

    charge_id: str
    amount: Decimal
    reference: str

    def __post_init__(self) -> None:
        _check(self.amount, self.reference)
        if not self.charge_id:
            raise ValueError("a refund is of a charge")

    @property
    def address(self) -> str:
        return f"/v1/charges/{quote(self.charge_id, safe='')}/refunds"

    @property
    def body(self) -> dict[str, Any]:
        return {"amount": _soles(self.amount)}

    @property
    def said_back(self) -> dict[str, str]:
        return {"amount": _soles(self.amount), "charge_id": self.charge_id}


@dataclass(frozen=True)
class PayoutOrder:
    """Pay `amount` soles to a person: to the account of `cci`, or without one in cash at the bank's counters."""

    kind: ClassVar[str] = "payout"
    id_name: ClassVar[str] = "payout_id"
    decline_codes: ClassVar[Collection[str]] = ("account_closed", "name_mismatch", "limit_exceeded")
    nothing_moved: ClassVar[Collection[str]] = ("account_not_found",)
    question: ClassVar[str] = "/v1/payouts"

    amount: Decimal
    reference: str
    name: str = field(repr=False)
    document_type: Literal["DNI", "CE", "PASAPORTE"]
    document_number: str = field(repr=False)
    cci: str | None = field(repr=False, default=None)

    def __post_init__(self) -> None:
        _check(self.amount, self.reference)
        if not 0 < len(self.name) <= _LONGEST_NAME:
            raise ValueError("a payee's name has 1 to 120 characters")

    @property
    def address(self) -> str:
        return self.question

    @property
    def body(self) -> dict[str, Any]:
        payee = {"name": self.name, "document_type": self.document_type, "document_number": self.document_number}
        return {**self.said_back, "to": payee | ({"cci": self.cci} if self.cci else {})}

    @property
    def said_back(self) -> dict[str, str]:
        return {"amount": _soles(self.amount), "currency": "PEN", "reference": self.reference}


def _check(amount: Decimal, reference: str) -> None:
    _soles(amount)
    if not 0 < len(reference) <= _LONGEST_REFERENCE:
        raise ValueError("a reference has 1 to 40 characters")


def _soles(amount: Decimal) -> str:
    """`72.92`, as the contract writes money. Raises `ValueError` unless it is positive and of whole céntimos."""
    if not Decimal(0) < amount < Decimal(10**9) or amount != amount.quantize(Decimal("0.01")):
        raise ValueError("not an amount that can be moved")
    return f"{amount:.2f}"
