"""A person's data before and after a correction, as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.domain import formats
from portal.domain.identity import Identity


class Named(Protocol):
    """Who somebody is."""

    @property
    def full_name(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def birth_date(self) -> date: ...


@dataclass(frozen=True, slots=True)
class Change:
    """One datum: what it is called, what it said, and what it says from now on."""

    label: str
    before: str
    after: str


def changes(before: Named, after: Named) -> Sequence[Change]:
    """What differs between the two, in the order in which a document has it."""
    read = (
        ("Nombre", before.full_name, after.full_name),
        ("Documento", str(before.identity), str(after.identity)),
        ("Fecha de nacimiento", formats.day(before.birth_date), formats.day(after.birth_date)),
    )
    return [Change(*one) for one in read if one[1] != one[2]]
