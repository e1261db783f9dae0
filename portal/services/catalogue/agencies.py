"""The agencies where cash is paid, read once from their file. Those that are gone have a code and a name; nobody is
offered them."""

from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select

from portal.domain import ubigeo
from portal.domain.actor import Actor
from portal.domain.agencies import Agency, parse_agencies
from portal.domain.catalogue.files import read_toml
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.staff import a_supervisor
from portal.domain.ubigeo import Place
from portal.extensions import db
from portal.models import Account, CashReceipt, ClaimParty, Payment, Payout, Purchase, Refund, Role

_FILE = Path(__file__).parents[2] / "agencies.toml"


@cache
def all_agencies() -> tuple[Agency, ...]:
    """Every agency, by department and name, with those that are gone. Raises CatalogueError where the file breaks a
    rule."""
    return parse_agencies(read_toml(_FILE))


def offered() -> tuple[Agency, ...]:
    """Those that somebody may choose."""
    return tuple(one for one in all_agencies() if not one.is_gone)


def by_code(code: str | None) -> Agency:
    """The agency of that code. Raises NotFound."""
    agency = _by_code().get(code or "")
    if agency is None:
        raise NotFound("No encontramos esa agencia.")
    return agency


def of_member(actor: Actor) -> Agency:
    """The agency where somebody of the staff works. Raises NotAllowed for whoever has none."""
    agency = find_of_member(actor)
    if agency is None:
        raise NotAllowed(f"Su cuenta no tiene una agencia. Pida a {a_supervisor(actor.role)} que le asigne la suya.")
    return agency


def find_of_member(actor: Actor) -> Agency | None:
    """The agency where somebody of the staff works, if they have one."""
    code = db.session.scalar(select(Account.agency_code).where(Account.id == actor.account_id, Account.is_staff))
    return _by_code().get(code or "")


def may_read(actor: Actor, code: str, works_at: Agency | None) -> bool:
    """Whether somebody of the staff reads what was done at the agency `code`: who works there, and every supervisor."""
    return actor.role == Role.SUPERVISOR or (works_at is not None and works_at.code == code)


def in_department(department: str) -> tuple[Agency, ...]:
    """The agencies of a department (INEI code), by name; none for an unknown one."""
    return tuple(agency for agency in all_agencies() if agency.department == department and not agency.is_gone)


def with_deadlines(department: str, now: datetime, quote_valid_until: datetime) -> list[tuple[Agency, datetime | None]]:
    """A department's agencies, each with the deadline that a slip made now would have there; None: closed till then."""
    return [(agency, agency.pay_by(now, quote_valid_until)) for agency in in_department(department)]


@cache
def departments() -> tuple[Place, ...]:
    """(code, name) of each department that has an agency, by name."""
    present = {agency.department for agency in all_agencies() if not agency.is_gone}
    return tuple(place for place in ubigeo.departments() if place[0] in present)


def missing() -> list[str]:
    """Codes that slips, purchases, receipts, money to be collected, claims or the staff name and the file no longer
    has: their pages would not be found."""
    columns = (
        Payment.agency_code,
        Purchase.cash_agency_code,
        CashReceipt.agency_code,
        Refund.agency_code,
        Payout.agency_code,
        ClaimParty.agency_code,
        Account.agency_code,
    )
    named = {code for column in columns for code in db.session.scalars(select(column).distinct()) if code}
    return sorted(named - _by_code().keys())


@cache
def _by_code() -> dict[str, Agency]:
    return {agency.code: agency for agency in all_agencies()}
