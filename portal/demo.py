"""People to try the portal with, where only this machine reaches it: everybody knows their passwords."""

# ruff: noqa: S106  known passwords are what this is for

from dataclasses import dataclass
from datetime import date, timedelta

import pyotp
from sqlalchemy import Select, select

from portal.domain import clock
from portal.domain.identity import DocumentType
from portal.extensions import db
from portal.models import Account, Person, Role
from portal.models.transaction import end_reading, writing
from portal.services.authentication import passwords
from portal.services.platform.encryption import seal, unseal
from portal.settings import current_settings


class NotHere(Exception):
    """What everybody knows was asked for where other people may be, or somebody who is no demo user."""


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody to sign in as. `words` says in Spanish what for; `agency` is where a collaborator works."""

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
    agency: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role is not Role.CUSTOMER

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
        words="colaboradora de la Agencia Cusco Centro",
        role=Role.COLLABORATOR,
        document_number="41555203",
        names="Carmen",
        paternal_surname="Salas",
        maternal_surname="Díaz",
        birth_date=date(1985, 11, 3),
        agency="CUS-1",
    ),
    DemoUser(
        username="pedro.caja",
        password="cometa-arroz-ventana-6",
        words="colaborador de la misma agencia",
        role=Role.COLLABORATOR,
        document_number="42318876",
        names="Pedro Pablo",
        paternal_surname="Yupanqui",
        maternal_surname="Soto",
        birth_date=date(1991, 1, 22),
        agency="CUS-1",
    ),
    DemoUser(
        username="lucia.caja",
        password="piedra-jarra-bosque-4",
        words="colaboradora de la Agencia Arequipa Centro",
        role=Role.COLLABORATOR,
        document_number="43770914",
        names="Lucía",
        paternal_surname="Valdivia",
        maternal_surname="Zegarra",
        birth_date=date(1993, 4, 9),
        agency="AQP-1",
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
    """Create whoever of them is missing, and give staff of an older folder what they lack. Raises NotHere."""
    _check_only_this_machine()
    known = {account.username for account in db.session.scalars(_of_the_demo())}
    end_reading()
    hashes = {
        user.username: passwords.hash_password(user.password) for user in DEMO_USERS if user.username not in known
    }
    with writing() as session:
        existing = {account.username: account for account in session.scalars(_of_the_demo())}
        for user in DEMO_USERS:
            account = existing.get(user.username)
            if account is None:
                account = _account(user, hashes[user.username])
                session.add(account)
            if user.is_staff and account.totp_enrolled_at is None:
                account.totp_secret, account.totp_enrolled_at = seal(pyotp.random_base32()), clock.now()
            if user.agency and account.agency_code is None:
                account.agency_code = user.agency
    return DEMO_USERS


def app_code(username: str) -> tuple[str, int]:
    """The code that passes the second step of somebody of the staff, and after how many seconds: none, unless the
    codes of now are used. Raises NotHere."""
    _check_only_this_machine()
    account = db.session.scalars(_of_the_demo().where(Account.username == username)).one_or_none()
    if account is None or account.totp_secret is None:
        raise NotHere(f"{username} is nobody of the demo's staff")
    totp = pyotp.TOTP(unseal(account.totp_secret))
    present = totp.timecode(clock.now())
    step = max(present, (account.totp_counter or 0) + 1)
    # A code passes from one step before its own.
    wait = max(0, (step - 1) * totp.interval - int(clock.now().timestamp()))
    return totp.generate_otp(step), wait


def _of_the_demo() -> Select[Account]:
    return select(Account).where(Account.username.in_(user.username for user in DEMO_USERS))


def _check_only_this_machine() -> None:
    settings = current_settings()
    if not settings.is_local:
        raise NotHere(
            "Los usuarios del demo son para un portal al que solo llega esta máquina: todos conocen sus contraseñas. "
            "Al personal de verdad se le agrega con: flask --app wsgi staff add USUARIO --role supervisor"
        )


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
        is_staff=user.is_staff,
        role=user.role,
        person=person,
        email=user.email,
        password_hash=password_hash,
        must_change_password=user.is_first_login,
        # Long-lived, unlike a real one: the example must still work next month.
        initial_password_until=clock.now() + _FIRST_LOGIN_LIFE if user.is_first_login else None,
    )
