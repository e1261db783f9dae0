"""Money that the bank moved after it had ended as not moved, where another way gives the same: payouts and refunds. One
of the staff writes down how what is too much came back, or who gave it up as lost; a supervisor who is somebody else
confirms it."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from portal.domain.actor import Actor
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.models import Decision, Payout, Refund
from portal.models.transaction import writing
from portal.services.controls import four_eyes
from portal.services.payments.bank_refunds import BANK_REFUND, given_besides
from portal.services.payments.money_out import MOVED_AFTER_THE_END, MoneyOut
from portal.services.payments.payouts import BANK_PAYOUT
from portal.services.platform import audit

CLOSED = "closed"

Row = TypeVar("Row", Payout, Refund)


class Twice(ABC, Generic[Row]):
    """One kind of it. `decision`: of the two who close one."""

    movement: ClassVar[MoneyOut[Any]]
    decision: ClassVar[DecisionKind]

    @abstractmethod
    def is_known(self, row: Row) -> bool:
        """Whether the other way has given the money too."""

    def is_open(self) -> ColumnElement[bool]:
        """Whether one was made after its end, and two have not closed it yet: a condition."""
        rows: Any = self.movement.model
        other = aliased(Decision)  # than what is proposed now
        closed = select(other.id).where(
            other.kind == self.decision, other.subject_id == rows.id, other.accepted.is_(True)
        )
        made: ColumnElement[bool] = (rows.state == self.movement.refused) & (rows.reason == MOVED_AFTER_THE_END)
        return made & ~closed.exists()

    def propose(self, number: str, *, reference: str, note: str, actor: Actor) -> None:
        """Write down how it ended: `reference` names the return, or the paper by which it was given up. Raises
        NotAllowed, HasPart, NotFound, DomainError."""
        with writing():
            row = self._open(number, actor)
            if not self.is_known(row):
                raise NotAllowed("El otro pago todavía no termina: espere a saber si salió.")
            proposal = {"outcome": CLOSED, "reference": reference, "amount": str(row.amount)}
            four_eyes.propose(self.decision, row.id, proposal, note, actor)
            audit.record(actor, f"{self.decision}.propose", number, reference=reference)

    def decide(self, number: str, actor: Actor, *, shown: int | None, accepted: bool) -> None:
        """Confirm what is proposed, or turn it down. Raises as review.decide."""
        with writing():
            row = self._open(number, actor)
            decision = four_eyes.decide_shown(self.decision, row.id, actor, shown=shown, accepted=accepted)
            reference = decision.proposal["reference"]
            told = {"proposed_by": decision.proposed_by_id, "reference": reference}
            audit.record(actor, f"{self.decision}.{'accept' if accepted else 'reject'}", number, **told)
            if accepted:  # after the audit row, for which writers wait: two by one return see each other
                self._check_is_free(reference, row)

    def _open(self, number: str, actor: Actor) -> Row:
        rows: Any = self.movement.model
        found = db.session.execute(select(rows, self.is_open()).where(rows.number == number)).one_or_none()
        if found is None:
            raise NotFound
        row: Row = found[0]
        self.movement.check_no_part(row, actor)
        if not found[1]:
            raise NotAllowed("Este pago ya se resolvió: no queda nada por confirmar.")
        return row

    def _check_is_free(self, reference: str, row: Row) -> None:
        """One return closes one payment."""
        rows: Any = self.movement.model
        query = select(rows.number).join(Decision, Decision.subject_id == rows.id)
        other = db.session.scalars(
            query.where(
                Decision.kind == self.decision,
                Decision.accepted.is_(True),
                Decision.proposal["reference"].as_string() == reference,
                rows.id != row.id,
            )
        ).first()
        if other is not None:
            raise DomainError(f"Con ese número ya se cerró el pago {other}: revíselo.", "referencia")


class PaidTwice(Twice[Payout]):
    """What of a claim reached somebody twice."""

    movement = BANK_PAYOUT
    decision = DecisionKind.PAID_TWICE

    def is_known(self, row: Payout) -> bool:
        """Whether the claim counts it as paid."""
        return row.award is not None and row.award.paid_at is not None


class RefundedTwice(Twice[Refund]):
    """What was given back to a customer twice."""

    movement = BANK_REFUND
    decision = DecisionKind.REFUNDED_TWICE

    def is_known(self, row: Refund) -> bool:
        """Whether what gives the same is done."""
        return self.went_out(row, given_besides(row))

    def went_out(self, row: Refund, other: Refund | None) -> bool:
        """Whether `other`, which gives the same, did. Of what bought nothing, two have said so (late_charges.py)."""
        return row.change_id is None or (other is not None and other.state is RefundState.DONE)


PAID_TWICE = PaidTwice()
REFUNDED_TWICE = RefundedTwice()
