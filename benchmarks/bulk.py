"""PostgreSQL filled by itself: many copies of a row in one statement, its indexes built at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.extensions import db


def insert_copies(table: str, columns: Sequence[str], values: Sequence[str], which: str, copies: int) -> str:
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM {table} t CROSS JOIN generate_series(1, {copies}) g WHERE {which}"
    )


def copy_in(session: Session, into: str, rows: Iterator[tuple[Any, ...]]) -> None:
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def drop_indexes(session: Session) -> list[str]:
    """Drop every index but those of the primary keys, and unique constraints with theirs: to fill them row by row takes
    most of the time. The statements that bring them back."""
    unique = session.execute(
        text(
            "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype = 'u' AND connamespace = 'public'::regnamespace"
        )
    ).all()
    for table, name, _definition in unique:
        session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    indexes = session.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
            " (SELECT conname FROM pg_constraint)"
        )
    ).all()
    for name, _definition in indexes:
        session.execute(text(f'DROP INDEX "{name}"'))
    constraints = [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for table, name, definition in unique]
    return [*constraints, *(definition for _name, definition in indexes)]


def largest_key(session: Session, table: Any) -> int:
    return (session.scalar(select(func.max(table.c.id))) or 0) if "id" in table.c else 0


def go_on_after(session: Session) -> None:
    """Let the next rows of the portal come after the last that were copied."""
    for table in db.metadata.sorted_tables:
        if "id" in table.c and table.name != "audit":
            asked = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
            session.execute(text(asked))
