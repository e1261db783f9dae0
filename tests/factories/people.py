"""Accounts of customers and of the staff, and how they come in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any

import pyotp
from flask import Flask

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.identity import DocumentType, Identity
from portal.extensions import db
from portal.models import Account, Person, Role
from portal.models.transaction import writing
from portal.services.accounts import signup
from portal.services.accounts.signup_answers import Answers
from portal.services.authentication import passwords, sessions
from portal.services.platform import encryption

PASSWORD = "montaña cuaderno lluvia tranvía"
AGENCY = "CUS-1"

numbers = itertools.count(1)  # of whatever must not be the same twice


@dataclass(frozen=True)
class Someone:
    """An account: what its owner knows, and the actor that services take."""

    account_id: int
    username: str
    email: str
    identity: Identity
    role: str
    names: str = "Juana"
    surname: str = "Mamani"
    password: str = PASSWORD
    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "actor", Actor(self.account_id, self.role, "127.0.0.1", "tests"))


class People:
    def __init__(self, app: Flask) -> None:
        self._app = app

    def customer(self, **person: Any) -> Someone:
        """A customer who has changed the first password. `person` are columns of Person, and `email`."""
        return self._account(Role.CUSTOMER, **person)

    def newcomer(self, **person: Any) -> Someone:
        """A customer whose first password is still to be changed."""
        return self._account(Role.CUSTOMER, must_change_password=True, **person)

    def collaborator(self, *, agency: str | None = AGENCY, **person: Any) -> Someone:
        """Somebody of the staff at an agency, or at none. `person` as for a customer."""
        return self._account(Role.COLLABORATOR, agency_code=agency, **person)

    def supervisor(self, **person: Any) -> Someone:
        return self._account(Role.SUPERVISOR, **person)

    def recruit(self) -> Someone:
        """A collaborator whose second step is still to be turned on."""
        return self._account(Role.COLLABORATOR, is_enrolled=False)

    def signup(self, **answers: Any) -> str:
        """The token of a sign-up whose terms are accepted and whose code is in the mail."""
        number = next(numbers)
        typed = Answers(
            tipo_documento=DocumentType.DNI.value,
            numero_documento=f"{50_000_000 + number}",
            nombres="Rosa",
            apellido_paterno="Huamán",
            apellido_materno="Ccori",
            fecha_nacimiento=date(1988, 2, 29),
            celular="987654321",
            correo=f"nuevo{number}@example.com",
            direccion="Jr. Los Álamos 345",
            distrito="150131",
        )
        with self._app.app_context():
            token = signup.begin(replace(typed, **answers), Actor())
            signup.accept(token, Actor(), accepts=True, accepts_marketing=False)
        return token

    def session(self, someone: Someone, *, second_step: bool = True) -> str:
        """The token of a new session; `second_step` says whether somebody of the staff has passed it."""
        with self._app.app_context(), writing() as session:
            account = session.get_one(Account, someone.account_id)
            passed_at = clock.now() if account.is_staff and second_step else None
            return sessions.open(account, someone.actor, second_step_at=passed_at).token

    def app_code(self, someone: Someone) -> str:
        """What the application on their phone shows now, or next where that one was used."""
        with self._app.app_context():
            account = db.session.get_one(Account, someone.account_id)
            assert account.totp_secret is not None, "their second step was never begun"
            totp = pyotp.TOTP(encryption.unseal(account.totp_secret))
            return totp.generate_otp(max(totp.timecode(clock.now()), (account.totp_counter or 0) + 1))

    def _account(
        self,
        role: Role,
        *,
        must_change_password: bool = False,
        agency_code: str | None = None,
        is_enrolled: bool = True,
        **person: Any,
    ) -> Someone:
        number = next(numbers)
        identity = Identity(DocumentType.DNI, f"{40_000_000 + number}")
        email = person.pop("email", f"persona{number}@example.com")
        values = {
            "country": identity.country,
            "document_type": identity.document_type,
            "document_number": identity.number,
            "names": "Juana",
            "paternal_surname": "Mamani",
            "maternal_surname": "Quispe",
            "birth_date": date(1990, 5, 17),
            "phone": "987654321",
            "email": email,
            "address": "Av. Arequipa 1234",
            "ubigeo": "150131",
        } | person
        with self._app.app_context(), writing() as session:
            account = Account(
                username=f"persona{number}",
                country=values["country"],
                document_type=values["document_type"],
                document_number=values["document_number"],
                is_staff=role is not Role.CUSTOMER,
                role=role,
                person=Person(**values),
                email=email,
                password_hash=_password_hash(),
                must_change_password=must_change_password,
                agency_code=agency_code,
            )
            if account.is_staff and is_enrolled:
                account.totp_secret, account.totp_enrolled_at = encryption.seal(pyotp.random_base32()), clock.now()
            session.add(account)
            session.flush()
            return Someone(
                account.id,
                account.username,
                email,
                account.person.identity,
                role.value,
                values["names"],
                values["paternal_surname"],
            )


@cache
def _password_hash() -> str:
    return passwords.hash_password(PASSWORD)
