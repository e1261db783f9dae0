"""The demo's users in the database, where only this machine reaches the portal."""

from datetime import timedelta

import pyotp
from sqlalchemy import Select, select

from portal.demo_users import DEMO_USERS, DemoUser, check_only_this_machine
from portal.domain import clock
from portal.domain.identity import DocumentType
from portal.extensions import db
from portal.models import Account, Person, Role
from portal.models.transaction import end_reading, writing
from portal.services.authentication import passwords
from portal.services.platform.encryption import seal

_PLACE = "080601"  # Sicuani, Canchis, Cusco
_FIRST_LOGIN_LIFE = timedelta(days=3650)


def create_demo_users() -> tuple[DemoUser, ...]:
    """Create whoever of them is missing, and give staff of an older folder what they lack. Raises NotHere."""
    check_only_this_machine()
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


def _of_the_demo() -> Select[Account]:
    return select(Account).where(Account.username.in_(user.username for user in DEMO_USERS))


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
        role=Role(user.role),
        person=person,
        email=user.email,
        password_hash=password_hash,
        must_change_password=user.is_first_login,
        # Long-lived, unlike a real one: the example must still work next month.
        initial_password_until=clock.now() + _FIRST_LOGIN_LIFE if user.is_first_login else None,
    )
