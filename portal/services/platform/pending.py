"""Counts of work that waits for people, asked together: as many as there are cost one query."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal, union_all

from portal.extensions import db

Pending = Select[*tuple[Any, ...]]  # a number, and the moment of the oldest


def counted(asked: Sequence[Pending]) -> list[tuple[int, datetime | None]]:
    """How many of each wait, and since when the oldest does, in the order of `asked`."""
    if not asked:
        return []
    numbered = [one.add_columns(literal(place).label("place")) for place, one in enumerate(asked)]
    found = {place: (number, since) for number, since, place in db.session.execute(union_all(*numbered))}
    return [found[place] for place in range(len(asked))]
