"""What the portal and its bank tell each other, in the portal's terms.

Nothing here is printed with its secrets: tokens, documents and card digits stay out of every `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
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
    """No usable answer: says nothing about the account."""


DeclineCode = Literal[
    "insufficient_funds", "account_blocked", "card_expired", "limit_exceeded", "suspected_fraud", "other"
]


@dataclass(frozen=True)
class Approved:
    """The money moved. `processed_at` is aware, in UTC; `authorization_code` is empty when the bank gives none."""

    charge_id: str
    authorization_code: str
    processed_at: datetime


@dataclass(frozen=True)
class Declined:
    """The bank refused and nothing moved. `message` holds the bank's own words and may be empty. `not_charged`: it told
    people so, a day after it had not answered us."""

    charge_id: str
    code: DeclineCode | Literal["not_charged"]
    message: str


@dataclass(frozen=True)
class NotSent:
    """Nothing moved and the key is unused. `unreachable`: no connection, so the same key may be sent again."""

    reason: Literal["token_expired", "rejected", "unauthorized", "unreachable"]


@dataclass(frozen=True)
class Unknown:
    """The money may have moved: ask by key, never charge again under another one."""

    reason: Literal[
        "timeout", "connection_lost", "unreachable", "unauthorized", "unexpected_status", "unreadable", "mismatch"
    ]


@dataclass(frozen=True)
class NeverReceived:
    """The bank knows no charge with this key."""


Outcome = Approved | Declined | NotSent | Unknown | NeverReceived
