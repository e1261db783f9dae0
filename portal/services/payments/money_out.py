"""What refunds and payouts by the bank have in common: money that leaves, and that nobody waits for at a page."""

from sqlalchemy import literal

from portal.domain.actor import SYSTEM, Actor
from portal.integrations.bank import Approved, Declined, NotSent
from portal.models import OutboxRow
from portal.services.payments import sending
from portal.services.payments.money_movement import MoneyMovement, Row
from portal.services.platform import audit, outbox
from portal.services.platform.job_families import JobFamily, Part, desk_line

# Why a row that had ended as refused is no proof that nothing moved.
MOVED_AFTER_THE_END = "moved_after_the_end"


class MoneyOut(MoneyMovement[Row]):
    """One that the bank refuses ends; another way to give the same money is another row."""

    def on_approved(self, row: Row, actor: Actor) -> None:
        audit.record(actor, f"{self.name}.done", row.number, amount=str(row.amount))

    def on_refused(self, row: Row, outcome: Declined, actor: Actor) -> None:
        audit.record(actor, f"{self.name}.refused", row.number, amount=str(row.amount), reason=outcome.code)

    def on_not_sent(self, row: Row, outcome: NotSent) -> None:
        audit.record(SYSTEM, f"{self.name}.refused", row.number, amount=str(row.amount), reason=outcome.reason)

    def on_unknown(self, row: Row) -> None:
        audit.record(SYSTEM, f"{self.name}.unknown", row.number)

    def on_review(self, row: Row) -> None:
        audit.record(SYSTEM, f"{self.name}.in_review", row.number, reason=row.reason)

    def on_approved_after_the_end(self, row: Row, outcome: Approved) -> None:
        self.keep(row, outcome)
        row.reason = MOVED_AFTER_THE_END
        audit.record(SYSTEM, f"{self.name}.done_after_the_end", row.number, bank_id=outcome.bank_id)


def begin(kind: MoneyOut[Row], row: Row, actor: Actor, **about: str) -> None:
    """Mean to move the money of a new row, in the present transaction; a worker sends it to the bank after the
    commit. Raises ValueError for an order that the bank's contract does not allow."""
    sending.intend(kind, row)
    audit.record(actor, f"{kind.name}.send", row.number, amount=str(row.amount), **about)


def family(kind: MoneyOut[Row], work: outbox.Work, part: Part, what: str) -> JobFamily:
    """The family of jobs that sends a kind. One that is given up stays in process until somebody tries it again."""
    rows = kind.model
    return JobFamily(
        job=kind.job,
        work=work,
        part=part,
        on_given_up=outbox.concerns_nobody,
        line=desk_line(literal(what), rows.number).join(rows, rows.id == OutboxRow.subject_id),
        why=lambda _reason: "No se pudo completar con el banco en ningún intento.",
        owe_again=lambda row_id: outbox.requeue(kind.job_key(row_id)),
    )
