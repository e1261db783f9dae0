"""Quotes, purchases and policies, as far as a test wants them to have come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.domain import clock
from portal.domain.beneficiaries import Beneficiary, BeneficiaryKind, Relation
from portal.domain.identity import DocumentType, Identity
from portal.extensions import db
from portal.models import ContractingFile, Message, OutboxRow, Payment, Policy, Purchase
from portal.models.transaction import writing
from portal.services.documents import kinds, store
from portal.services.payments import bank, charging, settling
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform import encryption
from portal.services.policies import family_card
from portal.services.sale import account_validation, beneficiaries, confirming, paying, purchasing, quoting
from tests.factories.people import AGENCY, Someone, numbers
from workers import charges

ACCIDENT, HOSPITAL = "muerte-accidental", "renta-hospitalaria"
FUNERAL, CANCER = "sepelio", "oncologico"
AMOUNT = Decimal("72.92")  # what a purchase costs unless it is told its product


@dataclass(frozen=True)
class Slip:
    """A slip that waits to be paid: `code` is what is said at the counter, `number` the payment's."""

    public_id: str
    number: str
    code: str
    amount: Decimal
    agency: str
    due_at: datetime


class Stage(IntEnum):
    """How far a purchase has come: every step up to and with that one is answered."""

    STARTED = 0
    BENEFICIARIES = 1
    METHOD = 2
    VERIFICATION = 3
    TERMS = 4  # the payment request is made
    PAID = 5  # charged and, unless the card refuses, issued


class Sales:
    def __init__(self, app: Flask) -> None:
        self._app = app

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
            token = f"form-{next(numbers)}"
            request = quoting.QuoteRequest(token, product, plan, insured=insured, chosen_start=start)
            return quoting.accept(request, someone.actor).number

    def printed_quote(self, someone: Someone) -> str:
        """The number of a quote whose PDF was asked for."""
        number = self.quote(someone)
        with self._app.app_context():
            quoting.order_pdf(number, someone.actor)
        return number

    def insured(self) -> quoting.OtherInsured:
        """Somebody of the family, to be insured by a quote."""
        identity = Identity(DocumentType.DNI, f"{30_000_000 + next(numbers)}")
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
        self.purchase_to(someone, public_id, stage, last4=last4, agency=agency)
        return public_id

    def purchase_to(
        self, someone: Someone, public_id: str, stage: Stage, *, last4: str = "4821", agency: str | None = None
    ) -> None:
        """A purchase that was begun, and whose beneficiaries are answered, comes to `stage`."""
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

    def slip(self, someone: Someone, *, agency: str = AGENCY, **choices: Any) -> Slip:
        """A slip that can be paid at `agency`; its document and its mail are still owed. `choices` as for purchase."""
        public_id = self.purchase(someone, Stage.TERMS, agency=agency, **choices)
        with self._app.app_context():
            made = purchasing.living_slip(purchasing.get(public_id, someone.actor))
            assert made
            assert made.slip_code
            assert made.agency_code
            assert made.due_at
            return Slip(public_id, made.number, made.slip_code, made.amount, made.agency_code, made.due_at)

    def policy(self, someone: Someone, **choices: Any) -> str:
        """The number of an issued policy; its document and its mail are still owed. `choices` are those of purchase."""
        public_id = self.purchase(someone, Stage.PAID, **choices)
        with self._app.app_context():
            return db.session.scalars(select(Policy.number).join(Purchase).where(Purchase.public_id == public_id)).one()

    def family_card(self, someone: Someone, policy: str) -> None:
        """The card of a policy; its documents are still owed."""
        with self._app.app_context():
            family_card.order(policy, someone.actor)

    def contracting_file(self, policy: str, *, edition: int = 1, agency: str | None = None) -> None:
        """An edition of how a policy was contracted, sold by `agency`, before its time; its document is still owed."""
        with self._app.app_context(), writing() as session:
            sold = session.scalars(select(Policy).where(Policy.number == policy)).one()
            sold.agency_code = agency
            file = ContractingFile(policy=sold, edition=edition, basis="")
            session.add(file)
            session.flush()
            store.order(kinds.CONTRACTING_FILE, file)

    def payment_in_review(self, someone: Someone, **choices: Any) -> str:
        """The number of a payment that the bank left open for a day; in truth it was charged."""
        public_id = self.purchase(someone, Stage.PAID, last4="0022", **choices)
        with self._app.app_context():
            payment = db.session.scalars(select(Payment).join(Purchase).where(Purchase.public_id == public_id)).one()
            settling.review(charging.CHARGE, payment.id)
            return payment.number

    def beneficiaries(self, someone: Someone, public_id: str, named: Sequence[Beneficiary] = ()) -> None:
        """Answer the step."""
        with self._app.app_context():
            for one in named:
                beneficiaries.NAMING.put(public_id, None, one, someone.actor)
            if named:
                beneficiaries.NAMING.finish(public_id, someone.actor)
            else:
                beneficiaries.NAMING.name_nobody(public_id, someone.actor)

    def method(self, someone: Someone, public_id: str, last4: str = "4821") -> None:
        """Validate an account with the sandbox bank; its test cards are in sandbox/README.md."""
        with self._app.app_context():
            card = account_validation.Card(bank.banks()[0].code, last4, 12, clock.today().year + 2)
            account_validation.validate(public_id, card, someone.actor)

    def cash(self, someone: Someone, public_id: str, agency: str = AGENCY) -> None:
        """Choose to pay in cash at an agency."""
        with self._app.app_context():
            paying.choose_agency(public_id, agency, someone.actor)

    def verification(self, someone: Someone, public_id: str) -> None:
        """Pass the code that was mailed."""
        code = self.code(public_id)
        with self._app.app_context():
            confirming.CODE.verify(public_id, code, someone.actor)

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
            return encryption.unseal(sealed)

    def refund_code(self, number: str, member: Someone) -> str:
        """The code to collect a refund, mailed now at the counter of `member`, as long as that mail has not left."""
        with self._app.app_context():
            CASH_REFUND.code.send(number, member.actor)
            sealed = db.session.scalars(
                select(Message.secret).where(Message.kind == "refund_code").order_by(Message.id.desc()).limit(1)
            ).one()
            assert sealed is not None, "the mail has left: read the code there"
            return encryption.unseal(sealed)

    def hand_over(self, number: str, member: Someone) -> None:
        """The member hands a refund over to whoever says its code."""
        code = self.refund_code(number, member)
        with self._app.app_context():
            CASH_REFUND.hand_over(number, code, member.actor)

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


def beneficiary(names: str = "Rosa", *, share: str = "100", **values: Any) -> Beneficiary:
    """An adult daughter, unless told otherwise."""
    number = next(numbers)
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
