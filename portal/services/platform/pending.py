"""Counts of work that waits for people, asked together: as many as there are cost one query."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, cast, literal, select, union_all

from portal.domain.backlog import Waiting
from portal.extensions import db

Pending = Select[*tuple[Any, ...]]  # a number, and the moment of the oldest


Found = tuple[str, int, datetime]  # what so many are, and the moment of the oldest


@dataclass(frozen=True, slots=True)
class Grouped:
    """Counts of several kinds of a thing: rows of a kind's mark, their number and the oldest's moment; `read`: what
    they mean for the desk."""

    query: Select[*tuple[Any, ...]]
    read: Callable[[Sequence[Found]], Sequence[Waiting]]


def grouped(asked: Sequence[Grouped]) -> list[Sequence[Waiting]]:
    """What each of them tells, in one query."""
    marked = [one.query.subquery() for one in asked]
    numbered = [_selected(one, place) for place, one in enumerate(marked)]
    found: list[list[Found]] = [[] for _ in asked]
    for mark, number, since, place in db.session.execute(union_all(*numbered)) if numbered else ():
        found[place].append((mark, number, since))
    return [one.read(rows) for one, rows in zip(asked, found, strict=True)]


def _selected(one: Any, place: int) -> Any:
    mark, number, since = one.c
    return select(cast(mark, String), number, since, literal(place))


def counted(asked: Sequence[Pending]) -> list[tuple[int, datetime | None]]:
    """How many of each wait, and since when the oldest does, in the order of `asked`."""
    if not asked:
        return []
    numbered = [one.add_columns(literal(place).label("place")) for place, one in enumerate(asked)]
    found = {place: (number, since) for number, since, place in db.session.execute(union_all(*numbered))}
    return [found[place] for place in range(len(asked))]
