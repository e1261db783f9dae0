"""Reading what the bank answered, strictly: what the contract does not allow is unreadable, never half understood."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, get_args

from portal.integrations.bank_terms import (
    Approved,
    BankEntity,
    Declined,
    Movement,
    MovementKind,
    Unknown,
    ValidatedAccount,
)

#: RFC 3339, as the contract's date-time: with its zone, since a time without one is a guess.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_AMOUNT = re.compile(r"\d{1,9}\.\d{2}")
_MAX_ID = 100
_MAX_TOKEN = 500
_MAX_MESSAGE = 200
_MOST_ENTITIES = 200


def entities(body: bytes) -> list[BankEntity] | None:
    """The list of entities, each code once, or None when it cannot be read. A list of none, or of more than a person
    can choose from, is as useless as no list: whoever has an older one keeps it."""
    listed = _json(body)
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_ENTITIES:
        return None
    found: dict[str, BankEntity] = {}
    for item in listed:
        code, name = _text(item, "code", _MAX_ID), _text(item, "name", _MAX_ID)
        if code is None or name is None:
            return None
        found.setdefault(code, BankEntity(code, name))
    return list(found.values())


def account(body: bytes) -> ValidatedAccount | None:
    """The validated account, or None when it cannot be read."""
    said = _json(body)
    token = _text(said, "account_token", _MAX_TOKEN)
    masked, bank_name = _text(said, "masked_account", _MAX_ID), _text(said, "bank_name", _MAX_ID)
    if token is None or masked is None or bank_name is None:
        return None
    return ValidatedAccount(token, masked, bank_name)


def problem_code(body: bytes) -> str | None:
    """The code of a Problem, or None when the body is not one."""
    return _text(_json(body), "code", _MAX_ID)


def movement(
    body: bytes,
    said_back: Mapping[str, str],
    id_name: str,
    decline_codes: Collection[str],
    expected: type[Approved] | type[Declined] | None = None,
) -> Approved | Declined | Unknown:
    """The outcome in an answer about one movement, and of the kind that is expected, if one is.

    `said_back`: what of the order the bank must repeat, to the letter; `id_name`: how the contract calls its number.
    """
    said = _json(body)
    bank_id, processed_at = _text(said, id_name, _MAX_ID), _moment(said)
    if bank_id is None or processed_at is None:
        return Unknown("unreadable")
    if any(said.get(name) != value for name, value in said_back.items()):
        return Unknown("mismatch")
    outcome: Approved | Declined
    if said.get("status") == "approved":
        says_one = said.get("authorization_code", "") != ""
        code = _text(said, "authorization_code", _MAX_ID) if says_one else ""
        if code is None:
            return Unknown("unreadable")
        outcome = Approved(bank_id, code, processed_at)
    elif said.get("status") == "declined":
        told = said.get("decline_code")
        outcome = Declined(bank_id, told if told in decline_codes else "other", _message(said))
    else:
        return Unknown("unreadable")
    return outcome if expected is None or isinstance(outcome, expected) else Unknown("mismatch")


def movements(body: bytes) -> list[Movement] | None:
    """The lines of a settlement in the bank's order, or None when any of them cannot be read: half a day's movements
    would be matched as if they were all."""
    listed = _json(body)
    if not isinstance(listed, list):
        return None
    found = [_movement(line) for line in listed]
    return None if None in found else [one for one in found if one is not None]


def _movement(said: Any) -> Movement | None:
    kind = _text(said, "kind", _MAX_ID)
    bank_id, reference = _text(said, "id", _MAX_ID), _text(said, "reference", _MAX_ID)
    amount, processed_at = _text(said, "amount", _MAX_ID), _moment(said)
    if bank_id is None or reference is None or amount is None or processed_at is None or not _AMOUNT.fullmatch(amount):
        return None
    for known in get_args(MovementKind):
        if kind == known:
            return Movement(known, bank_id, reference, Decimal(amount), processed_at)
    return None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that says each thing once: of two, nobody knows which is meant."""
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("a name comes twice")
    return said


def _text(said: Any, name: str, longest: int) -> str | None:
    """A text fit to be stored and shown: not empty, not endless, without control characters or half characters."""
    value = said.get(name) if isinstance(said, dict) else None
    fits = isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()
    return value if fits else None


def _moment(said: Any) -> datetime | None:
    written = _text(said, "processed_at", _MAX_ID)
    if written is None or not _MOMENT.fullmatch(written):
        return None
    try:
        return datetime.fromisoformat(written.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _message(said: dict[str, Any]) -> str:
    message = said.get("message")
    if not isinstance(message, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in message)[:_MAX_MESSAGE].strip()
