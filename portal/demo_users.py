"""Who the portal can be tried as, where only this machine reaches it: everybody knows their passwords.

Neither the models nor the application are imported here: the code of a phone is asked for while somebody waits for it.
"""

# ruff: noqa: S106  known passwords are what this is for

from dataclasses import dataclass
from datetime import date

import pyotp
from sqlalchemy import Connection, text

from portal.domain import clock
from portal.services.platform.encryption import unseal
from portal.settings import current_settings

_EARLIER = 1  # steps: a code passes from one before its own to one after it
_SECRET = text("SELECT totp_secret, totp_counter FROM accounts WHERE username = :username")


class NotHere(Exception):
    """What everybody knows was asked for where other people may be, or somebody who is no demo user."""


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody to sign in as. `words` says in Spanish what for; `agency` is where a collaborator works."""

    username: str
    password: str
    words: str
    role: str
    document_number: str
    names: str
    paternal_surname: str
    maternal_surname: str
    birth_date: date
    is_first_login: bool = False
    agency: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role != "customer"

    @property
    def email(self) -> str:
        return f"{self.username}@correo.example"


DEMO_USERS = (
    DemoUser(
        username="rosa1994",
        password="puerto-canela-nube-27",
        words="cliente",
        role="customer",
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
        role="customer",
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
        role="collaborator",
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
        role="collaborator",
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
        role="collaborator",
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
        role="supervisor",
        document_number="40987321",
        names="Jorge",
        paternal_surname="Ccori",
        maternal_surname="Paz",
        birth_date=date(1979, 6, 14),
    ),
)


@dataclass(frozen=True, slots=True)
class AppCode:
    """What a phone shows: the code, after how many seconds it passes, and how many it does so."""

    digits: str
    wait: int
    lasts: int

    @property
    def words(self) -> str:
        if self.wait:
            return f"{self.digits} (dentro de {self.wait} segundos: los de ahora ya se usaron)"
        return f"{self.digits} (sirve {self.lasts} segundos)"


def app_code(username: str, connection: Connection) -> AppCode:
    """The code that passes the second step of somebody of the staff, now or, where those of now are used, soon. Raises
    NotHere."""
    check_only_this_machine()
    is_staff = any(user.username == username and user.is_staff for user in DEMO_USERS)
    row = connection.execute(_SECRET, {"username": username}).one_or_none() if is_staff else None
    if row is None or row.totp_secret is None:
        raise NotHere(f"{username} is nobody of the demo's staff")
    totp = pyotp.TOTP(unseal(row.totp_secret))
    step = max(totp.timecode(clock.now()), (row.totp_counter or 0) + 1)
    present = int(clock.now().timestamp())
    wait = max(0, (step - _EARLIER) * totp.interval - present)
    return AppCode(totp.generate_otp(step), wait, (step + 1 + _EARLIER) * totp.interval - present - wait)


def check_only_this_machine() -> None:
    """Raises NotHere where others reach the portal."""
    settings = current_settings()
    if not settings.is_local:
        raise NotHere(
            "Los usuarios del demo son para un portal al que solo llega esta máquina: todos conocen sus contraseñas. "
            "Al personal de verdad se le agrega con: flask --app wsgi staff add USUARIO --role supervisor"
        )
