"""The bank of this installation, and its list of entities whose accounts can be charged (S16)."""

from flask import current_app
from sqlalchemy import delete, select

from portal.extensions import db
from portal.integrations.bank import (
    Bank,
    BankEntity,
    BankUnavailable,
)
from portal.models import KnownBank
from portal.models.transaction import end_reading, writing
from portal.settings import current_settings

_KNOWN = select(KnownBank.code, KnownBank.name).order_by(KnownBank.position)


def bank() -> Bank:
    """The bank of this installation."""
    found: Bank | None = current_app.extensions.get("bank")
    if found is None:
        settings = current_settings()
        found = current_app.extensions["bank"] = Bank(settings.bank_url, settings.bank_api_key)
    return found


def banks() -> list[BankEntity]:
    """The entities whose accounts can be charged, as last heard: no page waits for the bank to say them again.

    Only before the first time, the bank itself is asked.
    """
    known = [BankEntity(*row) for row in db.session.execute(_KNOWN)]
    if known:
        return known
    end_reading()
    try:
        return bank().banks()
    except BankUnavailable:
        return []


def remember_banks() -> None:
    """Keep the bank's list for when it cannot be had; the last known one stays when there is none."""
    end_reading()
    try:
        heard = bank().banks()
    except BankUnavailable:
        return
    with writing() as session:
        session.execute(delete(KnownBank))
        session.add_all(KnownBank(code=one.code, name=one.name, position=i) for i, one in enumerate(heard))
