"""Payouts: money that the bank pays to a person, to an account by its CCI or in cash at the bank's counters. Source:
docs/rules.md, Money out."""

from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import literal

from portal.domain.actor import SYSTEM, Actor
from portal.domain.decision import DecisionKind
from portal.domain.identity import Identity
from portal.domain.payout import PayoutState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NotSent, PayoutOrder
from portal.models import OutboxRow, Payout
from portal.services.controls import conflicts_of_interest
from portal.services.payments import sending
from portal.services.payments.money_movement import MoneyMovement
from portal.services.platform import audit, outbox
from portal.services.platform.job_families import JobFamily, Part, desk_line
from portal.services.platform.numbering import next_number

_JOB = outbox.Job("payouts", "workers.payouts.pay_out")


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid. `cci`: 20 digits; without it the money waits at the bank's counters."""

    name: str
    identity: Identity
    cci: str | None = field(default=None, repr=False)


class BankPayout(MoneyMovement[Payout]):
    """One that the bank refuses ends; another account of the person's is another row."""

    name = "payout"
    model = Payout
    states = PayoutState
    done = PayoutState.DONE
    refused = PayoutState.REFUSED
    not_sent = PayoutState.REFUSED
    job = _JOB
    decision = DecisionKind.PAYOUT_REVIEW

    def order(self, row: Payout) -> PayoutOrder:
        return PayoutOrder(
            row.amount, row.number, row.payee_name, row.document_type.value, row.document_number, cci=row.cci
        )

    def on_approved(self, row: Payout, actor: Actor) -> None:
        audit.record(actor, "payout.done", row.number, amount=str(row.amount))

    def on_refused(self, row: Payout, outcome: Declined, actor: Actor) -> None:
        audit.record(actor, "payout.refused", row.number, amount=str(row.amount), reason=outcome.code)

    def on_not_sent(self, row: Payout, outcome: NotSent) -> None:
        audit.record(SYSTEM, "payout.refused", row.number, amount=str(row.amount), reason=outcome.reason)

    def on_unknown(self, row: Payout) -> None:
        audit.record(SYSTEM, "payout.unknown", row.number)

    def on_review(self, row: Payout) -> None:
        audit.record(SYSTEM, "payout.in_review", row.number, reason=row.reason)

    def on_approved_after_the_end(self, row: Payout, outcome: Approved) -> None:
        self.keep(row, outcome)
        audit.record(SYSTEM, "payout.done_after_the_end", row.number, payout=outcome.bank_id)

    def check_no_part(self, row: Payout, actor: Actor) -> None:
        payee = Identity(row.document_type, row.document_number, row.country)
        conflicts_of_interest.check_is_not(actor, payee)


BANK_PAYOUT = BankPayout()


def open_for(payee: Payee, amount: Decimal, actor: Actor) -> Payout:
    """Pay `amount` soles to somebody, in the present transaction; a worker sends it to the bank after the commit."""
    payout = Payout(
        number=next_number("PG"),
        amount=amount,
        state=PayoutState.CREATED,
        payee_name=payee.name,
        country=payee.identity.country,
        document_type=payee.identity.document_type,
        document_number=payee.identity.number,
        cci=payee.cci,
    )
    db.session.add(payout)
    sending.intend(BANK_PAYOUT, payout)
    audit.record(actor, "payout.send", payout.number, amount=str(amount))
    return payout


def pay_out(payout_id: int, outbox_id: int) -> None:
    """Pay the money (the worker's job)."""
    sending.send(BANK_PAYOUT, payout_id, outbox_id)


PAYOUTS = JobFamily(
    job=BANK_PAYOUT.job,
    work=pay_out,
    part=Part("El pago a personas", "está detenido", "Los pagos esperan; nadie cobra dos veces."),
    on_given_up=outbox.concerns_nobody,  # it stays in process until somebody tries it again
    line=desk_line(literal("Pago a una persona"), Payout.number).join(Payout, Payout.id == OutboxRow.subject_id),
    why=lambda _reason: "No se pudo completar con el banco en ningún intento.",
    owe_again=lambda row_id: outbox.requeue(BANK_PAYOUT.job_key(row_id)),
)
