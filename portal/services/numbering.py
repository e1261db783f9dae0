"""Numbers without gaps: taken from a counter row in the transaction that uses them."""

from sqlalchemy import select, text, update

from portal.domain import clock
from portal.extensions import db
from portal.models import Counter


def next_number(series: str) -> str:
    """`MA-2026-000184`: the next number of `series` in the present year (Lima). Call it inside a transaction."""
    year = clock.today().year
    return f"{series}-{year}-{next_value(f'{series}-{year}'):06d}"


def next_value(name: str) -> int:
    """The next whole number of a counter; it is given back when the transaction rolls back."""
    raised = db.session.execute(
        update(Counter).where(Counter.name == name).values(value=Counter.value + 1).returning(Counter.value)
    ).scalar_one_or_none()
    if raised is not None:
        return raised
    db.session.execute(
        text("INSERT INTO counters (name, value) VALUES (:name, 0) ON CONFLICT DO NOTHING"), {"name": name}
    )
    return next_value(name)


def last_value(name: str) -> int | None:
    """The last number that a counter gave out."""
    return db.session.scalar(select(Counter.value).where(Counter.name == name))
