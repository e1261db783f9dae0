"""What one kind of money that moves by the bank must say for the engine (sending.py, settling.py) to move it.

A charge, a refund and a payout differ in the order that the bank gets and in what follows from its answer; how each is
meant, sent, asked for and settled once is the same. Source: docs/rules.md, Money moves once.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, ClassVar, Generic, TypeVar

from portal.domain.actor import Actor
from portal.domain.decision import DecisionKind
from portal.integrations.bank import Approved, Declined, NotSent, Order
from portal.models.moved_by_bank import MovedByBank
from portal.services.platform import outbox

Row = TypeVar("Row", bound=MovedByBank)


class MoneyMovement(ABC, Generic[Row]):
    """`name`: of its outbox rows and log lines. `states`: the enumeration of its rows' states; `done`, `refused` and
    `not_sent` are those of it in which a movement ends. `waits_out`: for which reasons of not having been sent the same
    key is sent again later. `not_concluded`: why people review one that the bank approved and we could not follow up;
    `not_moved`: why one ended of which the bank told them that nothing had moved. `decision`: of the two who end one;
    they are told that the bank said already that it moved (`already_moved`) or that its number is another's
    (`already_used`).

    Each method but `order` and the questions runs in the present transaction and writes its audit row, last.
    """

    name: ClassVar[str]
    model: ClassVar[type[MovedByBank]]
    states: ClassVar[Any]
    done: ClassVar[Any]
    refused: ClassVar[Any]
    not_sent: ClassVar[Any]
    waits_out: ClassVar[Collection[str]] = ("unreachable", "busy", "unauthorized")
    not_concluded: ClassVar[str] = "not_concluded"
    not_moved: ClassVar[str] = "not_moved"
    job: ClassVar[outbox.Job]
    decision: ClassVar[DecisionKind]
    already_moved: ClassVar[str]
    already_used: ClassVar[str]

    @property
    def unsettled(self) -> tuple[Any, Any]:
        """The states in which the bank is asked."""
        return self.states.PROCESSING, self.states.UNKNOWN

    def job_key(self, row_id: int) -> str:
        """The outbox row that owes the sending."""
        return f"{self.name}:{row_id}"

    @abstractmethod
    def order(self, row: Row) -> Order:
        """What the bank is told."""

    def may_be_sent(self, row: Row) -> bool:
        """Whether it can still be sent: the bank would take it."""
        return True

    def can_arrive(self, row: Row) -> bool:
        """Whether a sending that is still on its way could move money when it arrives."""
        return True

    def keep(self, row: Row, outcome: Approved) -> None:
        """Keep on the row what the bank said of its approval."""
        row.bank_id = outcome.bank_id

    def authorization(self, row: Row) -> str:
        """The bank's authorization on the row, of the kinds that have one."""
        return ""

    @abstractmethod
    def on_approved(self, row: Row, actor: Actor) -> None:
        """What follows from money that moved."""

    @abstractmethod
    def on_refused(self, row: Row, outcome: Declined, actor: Actor) -> None:
        """What follows from the bank's refusal."""

    @abstractmethod
    def on_not_sent(self, row: Row, outcome: NotSent) -> None:
        """What follows when nothing moved, nor can."""

    @abstractmethod
    def on_unknown(self, row: Row) -> None:
        """What follows when the bank must be asked."""

    @abstractmethod
    def on_review(self, row: Row) -> None:
        """What follows when it is left to people."""

    @abstractmethod
    def on_approved_after_the_end(self, row: Row, outcome: Approved) -> None:
        """What follows from money that moved for a row that had ended without it."""

    @abstractmethod
    def check_no_part(self, row: Row, actor: Actor) -> None:
        """Nobody reviews what is in part their own. Raises HasPart."""
