"""Reading what the bank answered, strictly: what the contract does not allow is unreadable, never half understood."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, get_args

from portal.integrations.bank_terms import (
    Approved,
    BankEntity,
    DeclineCode,
    Declined,
    Unknown,
    ValidatedAccount,
)

#: RFC 3339, as the contract's date-time: with its zone, since a time without one is a guess.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
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


def charge(
    body: bytes, amount: str, reference: str, expected: type[Approved] | type[Declined] | None = None
) -> Approved | Declined | Unknown:
    """The outcome in a Charge of exactly this amount and reference and, if one is expected, of that kind."""
    said = _json(body)
    charge_id, processed_at = _text(said, "charge_id", _MAX_ID), _moment(said)
    if charge_id is None or processed_at is None:
        return Unknown("unreadable")
    if (said.get("amount"), said.get("currency"), said.get("reference")) != (amount, "PEN", reference):
        return Unknown("mismatch")
    outcome: Approved | Declined
    if said.get("status") == "approved":
        says_one = said.get("authorization_code", "") != ""
        code = _text(said, "authorization_code", _MAX_ID) if says_one else ""
        if code is None:
            return Unknown("unreadable")
        outcome = Approved(charge_id, code, processed_at)
    elif said.get("status") == "declined":
        outcome = Declined(charge_id, _decline_code(said), _message(said))
    else:
        return Unknown("unreadable")
    return outcome if expected is None or isinstance(outcome, expected) else Unknown("mismatch")


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


def _decline_code(said: dict[str, Any]) -> DeclineCode:
    code = said.get("decline_code")
    return next((known for known in get_args(DeclineCode) if known == code), "other")


def _message(said: dict[str, Any]) -> str:
    message = said.get("message")
    if not isinstance(message, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in message)[:_MAX_MESSAGE].strip()
