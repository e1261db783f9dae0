"""Requests as sandbox/openapi.yaml writes them; whatever it does not allow is `Malformed`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from typing import Any

#: The contract's days: UTC-5 all year.
LIMA = timezone(timedelta(hours=-5))

ENTITIES = {
    "BAP": "Banco Andino del Perú",
    "BDL": "Banco del Litoral",
    "CSA": "Caja Sur Altiplano",
    "CMV": "Caja Municipal del Valle",
    "FPA": "Financiera Pacífico Azul",
}
DOCUMENT_TYPES = ("DNI", "CE", "PASAPORTE")

_AMOUNT = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Malformed(Exception):
    """The request breaks the contract; the text says where."""


@dataclass(frozen=True)
class CardOfPerson:
    bank_code: str
    document_type: str
    document_number: str
    card_last4: str
    expiry_month: int
    expiry_year: int

    def expired_on(self, day: date) -> bool:
        """A card is good until the last day of its month."""
        return (self.expiry_year, self.expiry_month) < (day.year, day.month)


@dataclass(frozen=True)
class ChargeOrder:
    account_token: str
    amount: str
    currency: str
    reference: str


@dataclass(frozen=True)
class RefundOrder:
    charge_id: str
    amount: str


@dataclass(frozen=True)
class Payee:
    """Who is paid: into the account of the CCI, or without one in cash at a counter."""

    name: str
    document_type: str
    document_number: str
    cci: str | None


@dataclass(frozen=True)
class PayoutOrder:
    amount: str
    currency: str
    reference: str
    to: Payee


def card_of_person(body: Any) -> CardOfPerson:
    card = CardOfPerson(
        bank_code=_text(body, "bank_code", 40),
        document_type=_document_type(body),
        document_number=_text(body, "document_number", 20),
        card_last4=_text(body, "card_last4", 4),
        expiry_month=_number(body, "expiry_month", 1, 12),
        expiry_year=_number(body, "expiry_year", 2000, 2099),
    )
    if card.bank_code not in ENTITIES:
        raise Malformed("bank_code: unknown entity")
    if not re.fullmatch(r"[0-9]{4}", card.card_last4):
        raise Malformed("card_last4: four digits")
    return card


def charge_order(body: Any) -> ChargeOrder:
    return ChargeOrder(
        account_token=_text(body, "account_token", 200),
        amount=_amount(body),
        currency=_currency(body),
        reference=_text(body, "reference", 40),
    )


def refund_order(charge_id: str, body: Any) -> RefundOrder:
    return RefundOrder(charge_id, _amount(body))


def payout_order(body: Any) -> PayoutOrder:
    return PayoutOrder(
        amount=_amount(body),
        currency=_currency(body),
        reference=_text(body, "reference", 40),
        to=_payee(_object(body).get("to")),
    )


def _payee(body: Any) -> Payee:
    payee = Payee(
        name=_text(body, "name", 120),
        document_type=_document_type(body),
        document_number=_text(body, "document_number", 20),
        cci=_text(body, "cci", 20) if "cci" in _object(body) else None,
    )
    if payee.cci is not None and not re.fullmatch(r"[0-9]{20}", payee.cci):
        raise Malformed("cci: twenty digits")
    return payee


def day(written: str) -> date:
    """`2026-05-19`."""
    try:
        read = date.fromisoformat(written)
    except ValueError:
        read = None
    if read is None or read.isoformat() != written:  # ISO writes a day in other ways too
        raise Malformed("day: YYYY-MM-DD")
    return read


def _amount(body: Any) -> str:
    """A positive amount in soles with two decimals."""
    written = _text(body, "amount", 12)
    if not _AMOUNT.fullmatch(written) or not centimos(written):
        raise Malformed("amount: a positive amount with two decimals")
    return written


def centimos(written: str) -> int:
    """`72.92` as 7292."""
    return int(written.replace(".", ""))


def idempotency_key(written: str | None) -> str:
    if written is None or not _KEY.fullmatch(written):
        raise Malformed("Idempotency-Key: 1 to 64 of A-Z a-z 0-9 _ -")
    return written


def _currency(body: Any) -> str:
    if _text(body, "currency", 3) != "PEN":
        raise Malformed("currency: PEN")
    return "PEN"


def _document_type(body: Any) -> str:
    written = _text(body, "document_type", 20)
    if written not in DOCUMENT_TYPES:
        raise Malformed("document_type: not one of DNI, CE, PASAPORTE")
    return written


def _text(body: Any, name: str, longest: int) -> str:
    value = _object(body).get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise Malformed(f"{name}: a text of 1 to {longest} characters")
    return value


def _number(body: Any, name: str, lowest: int, highest: int) -> int:
    value = _object(body).get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise Malformed(f"{name}: a whole number from {lowest} to {highest}")
    return value


def _object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Malformed("the body is not a JSON object")
    return body
