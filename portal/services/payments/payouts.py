"""Payouts by the bank: money that it pays to a person, to an account by its CCI or in cash at its counters. Source:
docs/rules.md, Money out."""

from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select

from portal.domain.actor import SYSTEM, Actor
from portal.domain.decision import DecisionKind
from portal.domain.identity import Identity
from portal.domain.payout import PayoutState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NotSent, PayoutOrder
from portal.models import ClaimAward, Payout
from portal.services.controls import conflicts_of_interest
from portal.services.payments import money_out, payout_ends, sending
from portal.services.payments.money_out import MOVED_AFTER_THE_END, MoneyOut
from portal.services.platform import outbox
from portal.services.platform.job_families import Part
from portal.services.platform.numbering import next_number

_JOB = outbox.Job("payouts", "workers.payouts.pay_out")


@dataclass(frozen=True, slots=True)
class Payee:
    """Who is paid. `cci`: 20 digits; without it the money waits at the bank's counters."""

    name: str
    identity: Identity
    cci: str | None = field(default=None, repr=False)


class BankPayout(MoneyOut[Payout]):
    """Money to an account of the payee, or to the bank's counters."""

    name = "payout"
    model = Payout
    states = PayoutState
    done = PayoutState.DONE
    refused = PayoutState.REFUSED
    not_sent = PayoutState.REFUSED
    job = _JOB
    decision = DecisionKind.PAYOUT_REVIEW
    already_moved = "El banco ya informó que hizo este pago, con el número {}: no se puede cerrar como no hecho."
    already_used = "Ese número del banco ya corresponde al pago {}: revíselo con el banco."

    def order(self, row: Payout) -> PayoutOrder:
        return PayoutOrder(
            row.amount, row.number, row.payee_name, row.document_type.value, row.document_number, cci=row.cci
        )

    def may_be_sent(self, row: Payout) -> bool:
        """Not once the bank said of another that ended before it that it was made, and paid the same."""
        made = select(Payout.id).where(Payout.award_id == row.award_id, Payout.reason == MOVED_AFTER_THE_END)
        return row.award_id is None or db.session.scalar(made.limit(1)) is None

    def check_no_part(self, row: Payout, actor: Actor) -> None:
        check_no_part(row, actor)

    def on_approved(self, row: Payout, actor: Actor) -> None:
        ends = payout_ends.of(row)
        if ends is not None:
            ends.paid(row, actor)
        super().on_approved(row, actor)

    def on_refused(self, row: Payout, outcome: Declined, actor: Actor) -> None:
        ends = payout_ends.of(row)
        if ends is not None:
            ends.not_paid(row, actor)
        super().on_refused(row, outcome, actor)

    def on_not_sent(self, row: Payout, outcome: NotSent) -> None:
        ends = payout_ends.of(row)
        if ends is not None:
            ends.not_paid(row, SYSTEM)
        super().on_not_sent(row, outcome)

    def on_approved_after_the_end(self, row: Payout, outcome: Approved) -> None:
        ends = payout_ends.of(row)
        if ends is not None:
            ends.hold(row)
            db.session.refresh(row)
        if row.state is self.done or row.reason == MOVED_AFTER_THE_END:
            return  # the bank says it again
        is_ended = ends is not None and row.state is self.refused and ends.paid_after_the_end(row, outcome)
        if not is_ended:
            super().on_approved_after_the_end(row, outcome)


BANK_PAYOUT = BankPayout()


def check_no_part(payout: Payout, actor: Actor) -> None:
    """Nobody pays themselves, nor what a claim of theirs pays. Raises HasPart."""
    conflicts_of_interest.check_is_not(actor, payout.payee)
    if payout.award is not None:
        conflicts_of_interest.check_none_in_claim(actor, payout.award.resolution.claim_id)


def open_for(payee: Payee, amount: Decimal, actor: Actor, award: ClaimAward | None = None) -> Payout:
    """Pay `amount` soles to somebody, in the present transaction; a worker sends it to the bank after the commit.
    `award`: what of a claim it pays. Raises ValueError for a payee whom the bank's contract does not allow."""
    payout = Payout(
        number=next_number("PG"),
        amount=amount,
        state=PayoutState.CREATED,
        payee_name=payee.name,
        country=payee.identity.country,
        document_type=payee.identity.document_type,
        document_number=payee.identity.number,
        cci=payee.cci,
        award=award,
    )
    db.session.add(payout)
    money_out.begin(BANK_PAYOUT, payout, actor)
    return payout


def pay_out(payout_id: int, outbox_id: int) -> None:
    """Pay the money (the worker's job)."""
    sending.send(BANK_PAYOUT, payout_id, outbox_id)


PAYOUTS = money_out.family(
    BANK_PAYOUT,
    pay_out,
    Part("El pago a personas", "está detenido", "Los pagos esperan; nadie cobra dos veces."),
    "Pago a una persona",
)
