"""Work that waits, in business words (B20)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Younger than this is on its way, not waiting.
USUAL = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Noun:
    """What waits: one, and many."""

    one: str
    many: str

    def after(self, number: int) -> str:
        """ "pólizas sin enviar" after a 3, "pago por confirmar" after a 1."""
        return self.one if number == 1 else self.many


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many of `what` wait, the oldest `since`. `needs_people`: nothing more happens by itself."""

    what: Noun
    count: int
    since: datetime
    needs_people: bool

    @property
    def noun(self) -> str:
        """What they are, to stand after their number."""
        return self.what.after(self.count)
