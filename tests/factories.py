"""People and what they bought, made through the portal's own services: `make.customer()`, `make.policy(customer)`.

What is returned are plain values, good inside and outside of an application context.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from functools import cache
from typing import Any

import pyotp
from flask import Flask
from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.beneficiaries import Beneficiary, BeneficiaryKind, Relation
from portal.domain.identity import DocumentType, Identity
from portal.extensions import db
from portal.models import Account, Message, OutboxRow, Payment, Person, Policy, Purchase, Role
from portal.models.transaction import writing
from portal.services import (
    banking,
    beneficiaries,
    passwords,
    paying,
    purchasing,
    quoting,
    sealing,
    sessions,
    settling,
    signup,
)
from portal.services.signup_answers import Answers
from workers import charges

PASSWORD = "montaña cuaderno lluvia tranvía"
ACCIDENT, HOSPITAL = "muerte-accidental", "renta-hospitalaria"
FUNERAL, CANCER = "sepelio", "oncologico"
AGENCY = "CUS-1"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Slip:
    """A slip that waits to be paid: `code` is what is said at the counter, `number` the payment's."""

    public_id: str
    number: str
    code: str
    amount: Decimal
    agency: str
    due_at: datetime


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


class Stage(IntEnum):
    """How far a purchase has come: every step up to and with that one is answered."""

    STARTED = 0
    BENEFICIARIES = 1
    METHOD = 2
    VERIFICATION = 3
    TERMS = 4  # the payment request is made
    PAID = 5  # charged and, unless the card refuses, issued


class Factories:
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

    def signup(self) -> str:
        """The token of a sign-up whose terms are accepted and whose code is in the mail."""
        number = next(_numbers)
        answers = Answers(
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
            token = signup.begin(answers, Actor())
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
            totp = pyotp.TOTP(sealing.unseal(account.totp_secret))
            return totp.generate_otp(max(totp.timecode(clock.now()), (account.totp_counter or 0) + 1))

    def quote(
        self,
        someone: Someone,
        product: str = ACCIDENT,
        plan: str = "plan-2",
        *,
        insured: quoting.OtherInsured | None = None,
        start: date | None = None,
    ) -> str:
        """The number of an accepted quote."""
        with self._app.app_context():
            token = f"form-{next(_numbers)}"
            request = quoting.QuoteRequest(token, product, plan, insured=insured, chosen_start=start)
            return quoting.accept(request, someone.actor).number

    def insured(self) -> quoting.OtherInsured:
        """Somebody of the family, to be insured by a quote."""
        identity = Identity(DocumentType.DNI, f"{30_000_000 + next(_numbers)}")
        return quoting.OtherInsured(identity, "Luis", "Mamani", "Ccori", date(1992, 8, 27), agrees=True)

    def purchase(
        self,
        someone: Someone,
        stage: Stage = Stage.STARTED,
        *,
        quote: str | None = None,
        product: str = ACCIDENT,
        named: Sequence[Beneficiary] = (),
        last4: str = "4821",
        agency: str | None = None,
    ) -> str:
        """The public id of a purchase that has come to `stage`. Without `named` the legal heirs are paid.

        With an `agency` it is paid in cash there: at TERMS the slip is made; the counter takes it on from there.
        """
        quote = quote or self.quote(someone, product)
        with self._app.app_context():
            public_id = purchasing.start(quote, someone.actor, accepts=True).public_id
        if stage >= Stage.BENEFICIARIES and product == ACCIDENT:
            self.beneficiaries(someone, public_id, named)
        if stage >= Stage.METHOD:
            if agency:
                self.cash(someone, public_id, agency)
            else:
                self.method(someone, public_id, last4)
        if stage >= Stage.VERIFICATION:
            self.verification(someone, public_id)
        if stage >= Stage.TERMS:
            with self._app.app_context():
                paying.request_payment(public_id, someone.actor, accepts=True)
        if stage >= Stage.PAID:
            self.pay(someone, public_id)
        return public_id

    def slip(self, someone: Someone, *, agency: str = "CUS-1", **choices: Any) -> Slip:
        """A slip that can be paid at `agency`; its document and its mail are still owed. `choices` as for purchase."""
        public_id = self.purchase(someone, Stage.TERMS, agency=agency, **choices)
        with self._app.app_context():
            made = purchasing.living_slip(purchasing.get(public_id, someone.actor))
            return Slip(public_id, made.number, made.slip_code, made.amount, made.agency_code, made.due_at)

    def policy(self, someone: Someone, **choices: Any) -> str:
        """The number of an issued policy; its document and its mail are still owed. `choices` are those of purchase."""
        public_id = self.purchase(someone, Stage.PAID, **choices)
        with self._app.app_context():
            return db.session.scalars(select(Policy.number).join(Purchase).where(Purchase.public_id == public_id)).one()

    def payment_in_review(self, someone: Someone, **choices: Any) -> str:
        """The number of a payment that the bank left open for a day; in truth it was charged."""
        public_id = self.purchase(someone, Stage.PAID, last4="0022", **choices)
        with self._app.app_context():
            payment = db.session.scalars(select(Payment).join(Purchase).where(Purchase.public_id == public_id)).one()
            settling.review(payment.id)
            return payment.number

    def beneficiaries(self, someone: Someone, public_id: str, named: Sequence[Beneficiary] = ()) -> None:
        """Answer the step."""
        with self._app.app_context():
            for one in named:
                beneficiaries.put(public_id, None, one, someone.actor)
            if named:
                beneficiaries.finish(public_id, someone.actor)
            else:
                beneficiaries.name_nobody(public_id, someone.actor)

    def method(self, someone: Someone, public_id: str, last4: str = "4821") -> None:
        """Validate an account with the sandbox bank; its test cards are in sandbox/README.md."""
        with self._app.app_context():
            card = banking.Card(banking.banks()[0].code, last4, 12, clock.today().year + 2)
            banking.validate_account(public_id, card, someone.actor)

    def cash(self, someone: Someone, public_id: str, agency: str = "CUS-1") -> None:
        """Choose to pay in cash at an agency."""
        with self._app.app_context():
            paying.choose_agency(public_id, agency, someone.actor)

    def verification(self, someone: Someone, public_id: str) -> None:
        """Pass the code that was mailed."""
        code = self.code(public_id)
        with self._app.app_context():
            purchasing.verify_code(public_id, code, someone.actor)

    def code(self, public_id: str) -> str:
        """The six digits mailed last for a purchase, as long as that mail has not left."""
        with self._app.app_context():
            sealed = db.session.scalars(
                select(Message.secret)
                .join(Purchase, Message.purchase_id == Purchase.id)
                .where(Purchase.public_id == public_id, Message.kind == "purchase_code")
                .order_by(Message.id.desc())
                .limit(1)
            ).one()
            assert sealed is not None, "the mail has left: read the code there"
            return sealing.unseal(sealed)

    def pay(self, someone: Someone, public_id: str) -> None:
        """ "Procesar Pago", and the worker that charges."""
        with self._app.app_context():
            amount = purchasing.get(public_id, someone.actor).amount
            paying.process(public_id, amount, someone.actor)
            owed = db.session.scalars(
                select(OutboxRow.id).where(OutboxRow.queue == "charges").order_by(OutboxRow.id.desc()).limit(1)
            ).one()
        with self._app.app_context():
            charges.charge(owed)

    def _account(
        self,
        role: Role,
        *,
        must_change_password: bool = False,
        agency_code: str | None = None,
        is_enrolled: bool = True,
        **person: Any,
    ) -> Someone:
        number = next(_numbers)
        identity = Identity(DocumentType.DNI, f"{40_000_000 + number}")
        email = person.pop("email", f"persona{number}@example.com")
        values = {
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
                country="PE",
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
                account.totp_secret, account.totp_enrolled_at = sealing.seal(pyotp.random_base32()), clock.now()
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


def beneficiary(names: str = "Rosa", *, share: str = "100", **values: Any) -> Beneficiary:
    """An adult daughter, unless told otherwise."""
    number = next(_numbers)
    return Beneficiary(
        **{
            "kind": BeneficiaryKind.PRIMARY,
            "relation": Relation.CHILD,
            "names": names,
            "surnames": "Quispe Mamani",
            "birth_date": date(2001, 3, 9),
            "share": Decimal(share).quantize(Decimal("0.01")),
            "identity": Identity(DocumentType.DNI, f"{60_000_000 + number}"),
            **values,
        }
    )


@cache
def _password_hash() -> str:
    return passwords.hash_password(PASSWORD)
