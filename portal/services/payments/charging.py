"""Charges: how a payment by account is sent to the bank, and what follows from its answer."""

from datetime import timedelta

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import literal, update

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.catalogue import Plan, Product
from portal.domain.confirmation import CONFIRMATION_LIFE
from portal.domain.decision import DecisionKind
from portal.domain.payment import NOT_ISSUED, NOT_SOLD, PaymentState, decline_reason, refusal
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.integrations.bank import Approved, ChargeOrder, Declined, NotSent
from portal.models import OutboxRow, Payment, Purchase
from portal.models.transaction import writing
from portal.services.catalogue import offers
from portal.services.controls import conflicts_of_interest
from portal.services.messaging import outgoing
from portal.services.messaging.mails.charges import (
    ChargeMail,
    PaymentConfirming,
    PaymentGivenBack,
    PaymentInReview,
    PaymentNotSent,
    PaymentRefused,
)
from portal.services.payments import bank_refunds, sending
from portal.services.payments.money_movement import MoneyMovement
from portal.services.platform import audit, outbox
from portal.services.platform.encryption import unseal
from portal.services.platform.job_families import JobFamily, Part, desk_line
from portal.services.policies import issuing, plan_changing, renewing

log = structlog.get_logger(__name__)

_JOB = outbox.Job("charges", "workers.charges.charge")
_CLOCKS_DIFFER = timedelta(seconds=60)  # the bank's token may outlive ours by this


class Charge(MoneyMovement[Payment]):
    """A payment by account. It can be sent while the account's token lives, and ends unsent with it."""

    name = "charge"
    model = Payment
    states = PaymentState
    done = PaymentState.APPROVED
    refused = PaymentState.DECLINED
    not_sent = PaymentState.NOT_SENT
    waits_out = ("unreachable",)
    not_concluded = NOT_ISSUED
    not_moved = "not_charged"
    job = _JOB
    decision = DecisionKind.PAYMENT_REVIEW
    already_moved = (
        "El banco ya informó que cobró este pago, con el cargo {}: no se puede cerrar como no cobrado. Compruébelo con "
        "el banco y proponga que sí cobró, con ese número."
    )
    already_used = "Ese cargo ya corresponde al pago {}: revise el número con el banco."

    def order(self, row: Payment) -> ChargeOrder:
        return ChargeOrder(_token(row) or "", row.amount, row.number)  # to ask what became of it takes none

    def may_be_sent(self, row: Payment) -> bool:
        return row.token_until is not None and clock.now() < row.token_until and _token(row) is not None

    def can_arrive(self, row: Payment) -> bool:
        """Until the bank takes the token no more either: then a charge still on its way is refused on arrival."""
        return row.token_until is not None and clock.now() < row.token_until + _CLOCKS_DIFFER

    def keep(self, row: Payment, outcome: Approved) -> None:
        row.charge_id, row.authorization_code = outcome.bank_id, outcome.authorization_code

    def authorization(self, row: Payment) -> str:
        return row.authorization_code or ""

    def on_approved(self, row: Payment, actor: Actor) -> None:
        row.account_token = row.purchase.account_token = None
        row.purchase.move_to(PurchaseState.PAID)
        if row.purchase.quote.is_plan_change:
            self._change_plan(row, actor)
            return
        if issuing.is_refused(row.purchase.quote):
            self._give_back(row, actor)
            return
        policy = issuing.issue(row)
        audit.record(actor, "payment.approved", row.number, policy=policy.number, amount=str(row.amount))
        renewing.check_still(row.purchase.quote)

    def _change_plan(self, row: Payment, actor: Actor) -> None:
        """The money pays another plan of a policy: that policy, no new one."""
        endorsement = plan_changing.carry_out(row)
        if endorsement is None:
            self._give_back(row, actor)
            return
        told = {"policy": endorsement.policy.number, "amount": str(row.amount), "endorsement": endorsement.number}
        audit.record(actor, "payment.approved", row.number, **told)
        plan_changing.check_unclaimed(endorsement.policy)

    def _give_back(self, row: Payment, actor: Actor) -> None:
        """The money buys nothing: the bank is asked to return all of it."""
        row.reason = NOT_SOLD
        tell(PaymentGivenBack(*told_of(row)))
        refund = bank_refunds.open_for(row, row.amount, actor)
        audit.record(actor, "payment.given_back", row.number, refund=refund.number, amount=str(row.amount))

    def on_refused(self, row: Payment, outcome: Declined, actor: Actor) -> None:
        row.account_token = None
        row.purchase.move_to(PurchaseState.OPEN)
        why = decline_reason(outcome.code, row.bank_name, row.card_last4)
        tell(PaymentRefused(*told_of(row), why, refusal(outcome.code)))
        audit.record(actor, "payment.declined", row.number, reason=outcome.code)

    def on_not_sent(self, row: Payment, outcome: NotSent) -> None:
        row.account_token = None
        row.purchase.account_token = row.purchase.account_validated_at = None  # back to Forma de pago
        row.purchase.move_to(PurchaseState.OPEN)
        if outcome.reason == "unauthorized":
            log.critical("bank_refuses_our_key", payment=row.number)
        tell(PaymentNotSent(*told_of(row)))
        audit.record(SYSTEM, "payment.not_sent", row.number, reason=outcome.reason)

    def on_unknown(self, row: Payment) -> None:
        tell(PaymentConfirming(*told_of(row)))
        audit.record(SYSTEM, "payment.unknown", row.number)

    def on_review(self, row: Payment) -> None:
        try:
            with db.session.begin_nested():
                tell(PaymentInReview(*told_of(row)))
        except Exception:
            log.exception("not_told", payment=row.number)  # a mail that can't be written hides no payment from the desk
        audit.record(SYSTEM, "payment.in_review", row.number, reason=row.reason)

    def on_approved_after_the_end(self, row: Payment, outcome: Approved) -> None:
        """The money is the customer's: two people see to its return (review.py)."""
        self.keep(row, outcome)
        audit.record(SYSTEM, "payment.approved_after_the_end", row.number, charge=outcome.bank_id)

    def check_no_part(self, row: Payment, actor: Actor) -> None:
        conflicts_of_interest.check_none(actor, row.purchase)


CHARGE = Charge()


def charge(payment_id: int, outbox_id: int) -> None:
    """Charge the account (the worker's job)."""
    sending.send(CHARGE, payment_id, outbox_id)


def forget_tokens() -> None:
    """Take away the bank's tokens that it takes no more: who comes back to pay validates the account again."""
    moment = clock.now()
    with writing() as session:
        session.execute(
            update(Purchase)
            .where(Purchase.account_token.is_not(None), Purchase.account_validated_at <= moment - CONFIRMATION_LIFE)
            .values(account_token=None)
        )
        session.execute(
            update(Payment)
            .where(Payment.account_token.is_not(None), Payment.token_until <= moment - _CLOCKS_DIFFER)
            .values(account_token=None)
        )


def _token(row: Payment) -> str | None:
    """What the bank gave for the account; None when it is gone, or was sealed with a key that is."""
    try:
        return unseal(row.account_token.encode()) if row.account_token else None
    except InvalidToken:
        return None


def told_of(payment: Payment) -> tuple[Payment, Product, Plan]:
    """What a mail about the payment's charge tells of."""
    return payment, *offers.plan_of(payment.purchase.quote)


def tell(mail: ChargeMail) -> None:
    """Mail whoever pays, in the present transaction."""
    outgoing.queue_for_buyer(mail, mail.payment.purchase)


CHARGES = JobFamily(
    job=CHARGE.job,
    work=charge,
    part=Part("El cargo a cuentas", "está detenido", "Los pagos esperan; nadie paga dos veces."),
    on_given_up=outbox.concerns_nobody,  # the reconciler ends the payment
    line=desk_line(literal("Cargo con el banco"), Payment.number).join(Payment, Payment.id == OutboxRow.subject_id),
    why=lambda _reason: "No se pudo completar con el banco en ningún intento.",
    owe_again=lambda row_id: outbox.requeue(CHARGE.job_key(row_id)),
)
