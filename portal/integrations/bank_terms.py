"""What the portal and its bank tell each other, in the portal's terms.

Nothing here is printed with its secrets: tokens, documents and card digits stay out of every `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True)
class BankEntity:
    """An entity whose accounts can be charged."""

    code: str
    name: str


@dataclass(frozen=True)
class CardOfPerson:
    """Whose account, and by which card: the last four digits, month 1 to 12, year with four digits."""

    bank_code: str
    document_type: Literal["DNI", "CE", "PASAPORTE"]
    document_number: str = field(repr=False)
    card_last4: str = field(repr=False)
    expiry_month: int = field(repr=False)
    expiry_year: int = field(repr=False)


@dataclass(frozen=True)
class ValidatedAccount:
    """An account that the bank knows. The token stands for it in a charge, for 30 minutes."""

    token: str = field(repr=False)
    masked_account: str = field(repr=False)
    bank_name: str


class BankError(Exception):
    """The bank did not validate the account."""


class AccountNotFound(BankError):
    """This person has no account with this card."""


class CardExpired(BankError):
    """The card is past its date."""


class InvalidCard(BankError):
    """The bank refuses the data as malformed."""


class TooManyAttempts(BankError):
    """The bank wants this person to wait."""


class BankUnavailable(BankError):
    """No usable answer: says nothing about the account. `status`: of HTTP, None when nothing was answered."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__()
        self.status = status


@dataclass(frozen=True)
class Approved:
    """The money moved. `bank_id`: the bank's number of the movement; `processed_at` is aware, in UTC;
    `authorization_code` is empty when the bank gives none, as it does for all but charges."""

    bank_id: str
    authorization_code: str
    processed_at: datetime


@dataclass(frozen=True)
class Declined:
    """The bank refused and nothing moved. `code` is one that the contract has for this kind of movement, or `other`;
    `message` holds the bank's own words and may be empty. `not_charged`: it told people so, a day after it had not
    answered us."""

    bank_id: str
    code: str
    message: str


@dataclass(frozen=True)
class NotSent:
    """Nothing moved and the key is unused. `reason`: `unreachable` (no connection) or `busy` (too many at once), after
    which the same key may be sent again; `unauthorized`, `rejected`, or what the bank said of the order:
    `token_expired`, `account_not_found`."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """The money may have moved: ask by key, never charge again under another one."""

    reason: Literal[
        "timeout", "connection_lost", "unreachable", "unauthorized", "unexpected_status", "unreadable", "mismatch"
    ]


@dataclass(frozen=True)
class NeverReceived:
    """The bank knows no movement with this key."""


Outcome = Approved | Declined | NotSent | Unknown | NeverReceived


MovementKind = Literal["charge", "refund", "payout"]


@dataclass(frozen=True)
class Movement:
    """A line of the bank's settlement: what it moved on a day. `amount` in soles; `processed_at` is aware, in UTC."""

    kind: MovementKind
    bank_id: str
    reference: str
    amount: Decimal
    processed_at: datetime
