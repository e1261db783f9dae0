"""Somebody begins to work here: who they are, their account, and the initial password that is mailed to them.

The first ones are added by whoever operates the portal. A password is made here, travels by mail, and is seen by nobody
else; the second step begins at the first sign-in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError

from portal.domain import clock, identity
from portal.domain.actor import SYSTEM
from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import Identity
from portal.domain.staff import ROLE_NAMES, parse_username
from portal.extensions import db
from portal.models import Account, Person, Role
from portal.models.people import names_person
from portal.models.transaction import writing
from portal.services.authentication import password_attempts, passwords, second_step
from portal.services.authentication.signing_in import INITIAL_PASSWORD_LIFE, mail_credentials
from portal.services.catalogue import agencies
from portal.services.platform import audit

_TAKEN = "Ese usuario ya existe. Elija otro."
_KNOWN = "Esa persona ya tiene un usuario del personal: {}."


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is to work here, as a valid form or command gives them. `identity` is who they are: nobody of the
    staff decides about their own insurance."""

    username: str
    role: Role
    email: str
    identity: Identity
    names: str
    paternal_surname: str
    maternal_surname: str
    birth_date: date
    agency_code: str | None = None


def newcomer(
    *,
    username: str,
    role: str,
    email: str,
    document_type: str,
    document_number: str,
    names: str,
    paternal_surname: str,
    maternal_surname: str,
    birth_date: date,
    country: str = "",
    agency_code: str | None = None,
) -> Newcomer:
    """Somebody from what was typed. Raises DomainError at its field."""
    identity.check_birth_date(birth_date, clock.today())
    identity.check_adult(birth_date, clock.today())
    return Newcomer(
        username=parse_username(username),
        role=Role(role),
        email=identity.parse_email(email),
        identity=identity.parse_identity(document_type, document_number, country),
        names=identity.clean_name(names, field="nombres"),
        paternal_surname=identity.clean_name(paternal_surname, field="apellido_paterno"),
        maternal_surname=identity.clean_name(maternal_surname, field="apellido_materno", required=False),
        birth_date=birth_date,
        agency_code=_agency(agency_code) if agency_code else None,
    )


class Enrolled(StrEnum):
    """What adding somebody came to."""

    ADDED = "added"
    MAILED_AGAIN = "mailed again"
    WAS_THERE = "was there"


def enrol(who: Newcomer) -> Enrolled:
    """Add somebody, by whoever operates the portal. Done again it changes nothing, but mails another initial password
    when that of somebody who never came in is no longer good. Raises DomainError for who has the user name or the
    document already, in another way."""
    password, password_hash = initial_password()
    with unique(), writing() as session:
        account = session.scalars(_same(who).with_for_update(key_share=True)).first()
        outcome = Enrolled.ADDED
        if account is None:
            account = _account(who)
            session.add(account)
        else:
            _check_same(account, who)
            until = account.initial_password_until
            if not account.must_change_password or until is None or clock.now() < until:
                return Enrolled.WAS_THERE
            outcome = Enrolled.MAILED_AGAIN
        begin(account, password, password_hash)
        action = "staff.add" if outcome is Enrolled.ADDED else "password.initial"
        audit.record(SYSTEM, action, who.username, role=account.role.value, by="operator")
    return outcome


def reserve(who: Newcomer) -> Account:
    """The account of somebody new, in the present transaction, by which nobody comes in yet. Raises DomainError on
    `usuario` or `numero_documento` for who is there already."""
    known = db.session.scalars(_same(who)).first()
    if known is not None and known.is_staff and known.person.identity == who.identity:
        raise DomainError(_KNOWN.format(known.username), "numero_documento")
    if known is not None:
        raise DomainError(_TAKEN, "usuario")
    account = _account(who)
    account.disabled_at = clock.now()
    db.session.add(account)
    db.session.flush()
    return account


def _account(who: Newcomer) -> Account:
    """Nobody comes in by it yet."""
    document = {
        "country": who.identity.country,
        "document_type": who.identity.document_type,
        "document_number": who.identity.number,
    }
    person = Person(
        **document,
        names=who.names,
        paternal_surname=who.paternal_surname,
        maternal_surname=who.maternal_surname,
        birth_date=who.birth_date,
        email=who.email,
    )
    return Account(
        **document,
        username=who.username,
        is_staff=True,
        role=who.role,
        person=person,
        email=who.email,
        password_hash=passwords.nobodys_hash(),
        agency_code=who.agency_code,
    )


def initial_password() -> tuple[str, str]:
    """Made before the transaction: a hash is slow."""
    password = passwords.initial_password()
    return password, passwords.hash_password(password)


def begin(account: Account, password: str, password_hash: str) -> None:
    """Let somebody begin, or begin anew, by an initial password that is mailed to them, in the present transaction."""
    account.password_hash, account.must_change_password = password_hash, True
    account.initial_password_until = clock.now() + INITIAL_PASSWORD_LIFE
    password_attempts.forget_all(account)
    second_step.erase(account)
    db.session.flush()
    mail_credentials(account, password)


def _agency(code: str) -> str:
    try:
        return agencies.by_code(code).code
    except NotFound as error:
        raise DomainError("Esa agencia no existe.", "agencia") from error


def _same(who: Newcomer) -> Select[Account]:
    is_known = Account.is_staff & names_person(Account, who.identity)
    return select(Account).where(or_(Account.username == who.username, is_known)).order_by(Account.id)


def _check_same(account: Account, who: Newcomer) -> None:
    """That an account is the very one that is asked for."""
    if not account.is_staff or account.username != who.username:
        raise DomainError(_KNOWN.format(account.username) if account.username != who.username else _TAKEN, "usuario")
    if account.person.identity != who.identity:
        raise DomainError("Ese usuario es de otra persona: su documento no es el mismo.", "numero_documento")
    if account.disabled_at is not None:
        raise DomainError("Ese usuario está suspendido: dos supervisores lo reincorporan en Personal.", "usuario")
    if account.role is not who.role:
        raise DomainError(f"Ya está, como {ROLE_NAMES[account.role]}: dos supervisores cambian su función.", "funcion")
    if account.email != who.email:
        raise DomainError("Ya está, con otro correo: lo cambia esa persona en Mi Perfil.", "correo")


@contextmanager
def unique() -> Iterator[None]:
    """Of two who take a user name at the same moment, the second reads so."""
    try:
        yield
    except IntegrityError as error:
        raise DomainError(_TAKEN, "usuario") from error  # somebody came first at the same moment
