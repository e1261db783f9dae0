"""Numbers without gaps: taken from a counter row in the transaction that uses them."""

from sqlalchemy import bindparam, select, text, update

from portal.domain import clock
from portal.extensions import db
from portal.models import Counter

# Every command asks this, for its row of the audit: one statement, built once, of plain columns.
_COUNTERS = Counter.__table__.c
_RAISE = (
    update(Counter.__table__)  # type: ignore[arg-type]
    .where(_COUNTERS.name == bindparam("counter"))
    .values(value=_COUNTERS.value + 1)
    .returning(_COUNTERS.value)
)


def next_number(series: str) -> str:
    """`MA-2026-000184`: the next number of `series` in the present year (Lima). Call it inside a transaction."""
    year = clock.today().year
    return f"{series}-{year}-{next_value(f'{series}-{year}'):06d}"


def hold(series: str) -> None:
    """Wait for whoever takes a number of `series`, and let nobody else take one until the present transaction ends."""
    db.session.flush()
    name = f"{series}-{clock.today().year}"
    _begin(name)
    # A lock alone would not do: SQLite has none, and holds the database already.
    db.session.execute(update(Counter).where(Counter.name == name).values(value=Counter.value))


def next_value(name: str) -> int:
    """The next whole number of a counter; it is given back when the transaction rolls back."""
    db.session.flush()  # rows first, counters last: whoever holds a counter waits for no row
    raised: int | None = db.session.scalar(_RAISE, {"counter": name})
    if raised is not None:
        return raised
    _begin(name)
    return next_value(name)


def _begin(name: str) -> None:
    db.session.execute(
        text("INSERT INTO counters (name, value) VALUES (:name, 0) ON CONFLICT DO NOTHING"), {"name": name}
    )


def last_value(name: str) -> int | None:
    """The last number that a counter gave out."""
    return db.session.scalar(select(Counter.value).where(Counter.name == name))
