"""People to try the portal with, where only this machine reaches it: everybody knows their passwords."""

# ruff: noqa: S106  known passwords are what this is for

from dataclasses import dataclass
from datetime import date, timedelta

from flask import current_app
from sqlalchemy import select

from portal.domain import clock
from portal.domain.identity import DocumentType
from portal.models import Account, Person, Role
from portal.models.transaction import writing
from portal.services import passwords
from portal.settings import Settings


class NotHere(Exception):
    """Known passwords were asked for where other people may be."""


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody to sign in as. `words` says in Spanish what for."""

    username: str
    password: str
    words: str
    role: Role
    document_number: str
    names: str
    paternal_surname: str
    maternal_surname: str
    birth_date: date
    is_first_login: bool = False

    @property
    def email(self) -> str:
        return f"{self.username}@correo.example"


DEMO_USERS = (
    DemoUser(
        username="rosa1994",
        password="puerto-canela-nube-27",
        words="cliente",
        role=Role.CUSTOMER,
        document_number="45678912",
        names="Rosa Elena",
        paternal_surname="Quispe",
        maternal_surname="Mamani",
        birth_date=date(1994, 8, 27),
    ),
    DemoUser(
        username="luis1988",
        password="primer-ingreso-31",
        words="cliente en su primer ingreso: el portal le pide cambiar la contraseña",
        role=Role.CUSTOMER,
        document_number="44123987",
        names="Luis Alberto",
        paternal_surname="Huamán",
        maternal_surname="Rojas",
        birth_date=date(1988, 2, 29),
        is_first_login=True,
    ),
    DemoUser(
        username="carmen.ventas",
        password="mesa-tambor-lluvia-8",
        words="colaboradora",
        role=Role.COLLABORATOR,
        document_number="41555203",
        names="Carmen",
        paternal_surname="Salas",
        maternal_surname="Díaz",
        birth_date=date(1985, 11, 3),
    ),
    DemoUser(
        username="jorge.jefe",
        password="faro-madera-trigo-5",
        words="supervisor",
        role=Role.SUPERVISOR,
        document_number="40987321",
        names="Jorge",
        paternal_surname="Ccori",
        maternal_surname="Paz",
        birth_date=date(1979, 6, 14),
    ),
)
_PLACE = "080601"  # Sicuani, Canchis, Cusco
_FIRST_LOGIN_LIFE = timedelta(days=3650)


def create_demo_users() -> tuple[DemoUser, ...]:
    """Create whoever of them is missing. Raises NotHere."""
    settings: Settings = current_app.config["PORTAL"]
    if not settings.is_local:
        raise NotHere("demo users are for a portal that only this machine reaches: their passwords are known")
    hashes = {user.username: passwords.hash_password(user.password) for user in DEMO_USERS}
    with writing() as session:
        existing = set(session.scalars(select(Account.username)))
        session.add_all(_account(user, hashes[user.username]) for user in DEMO_USERS if user.username not in existing)
    return DEMO_USERS


def _account(user: DemoUser, password_hash: str) -> Account:
    person = Person(
        document_type=DocumentType.DNI,
        document_number=user.document_number,
        names=user.names,
        paternal_surname=user.paternal_surname,
        maternal_surname=user.maternal_surname,
        birth_date=user.birth_date,
        phone="987654321",
        email=user.email,
        address="Jr. Tacna 245",
        ubigeo=_PLACE,
    )
    return Account(
        username=user.username,
        country="PE",
        document_type=person.document_type,
        document_number=person.document_number,
        is_staff=user.role is not Role.CUSTOMER,
        role=user.role,
        person=person,
        email=user.email,
        password_hash=password_hash,
        must_change_password=user.is_first_login,
        # Long-lived, unlike a real one: the example must still work next month.
        initial_password_until=clock.now() + _FIRST_LOGIN_LIFE if user.is_first_login else None,
    )
