"""What a family of jobs is: one entry that says who does them and all that is told of them, up to "Reintentar".

Each stands in the wing that does the work; services/desk/background.py has the list.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Select, SQLColumnExpression, false, null, select

from portal.models import OutboxRow
from portal.services.platform import outbox

Words = SQLColumnExpression[str]
DeskLine = Select[int, str, str, str | None, bool]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the background work, in words: its name, that it stands still, and what that means."""

    name: str
    stopped: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JobFamily:
    """`part`: the workers of its queue. The rest is about a job that was given up: `on_given_up` tells whom it
    concerns, in the transaction that ends its row; `line` is how the staff's desk lists it, and `why` the words for
    the reason that its row keeps; `owe_again(subject_id)` is "Reintentar", with what it needs or what waits for it: in
    the present transaction, False when it is still to be done, NotAllowed when it can't be. `missing()`: what to
    install on a machine before the work can be done there, in words with the line to type. `prepare()`: what a worker
    takes up before its first job, in its own process."""

    job: outbox.Job
    work: outbox.Work
    part: Part
    on_given_up: outbox.OnGivenUp
    line: DeskLine
    why: Callable[[str | None], str]
    owe_again: Callable[[int], bool]
    missing: Callable[[], str | None] = lambda: None
    prepare: Callable[[], None] = lambda: None

    def perform(self, outbox_id: int) -> None:
        """Do a row's work, unless it is done or somebody is at it."""
        outbox.perform(outbox_id, self.work, self.on_given_up)


def desk_line(
    what: Words,
    whose: Words,
    obstacle: SQLColumnExpression[str | None] | None = None,
    customer: SQLColumnExpression[bool] | None = None,
) -> DeskLine:
    """The line of a job's row, to be joined to its subject: what it is; whose, by a number that the desk can search
    where there is one, never a name; in words why it can't be tried again, when it can't; and whether it leads to its
    `customer`."""
    return select(
        OutboxRow.id.label("id"),
        what.label("what"),
        whose.label("whose"),
        (null() if obstacle is None else obstacle).label("obstacle"),
        (false() if customer is None else customer).label("customer"),
    )
