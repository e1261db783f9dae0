"""A crowd in PostgreSQL: people and their policies, copied by the server out of two sales that the portal itself made.

Every row of the two sales (one charged to an account, one paid in cash) is copied under new keys, numbers and dates,
through the models' own tables: a column that the loader does not know is copied as it is, a constraint that it breaks
stops it. Bodies of mails are cut short, and there is no file behind a document.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Column, DateTime, Table, UniqueConstraint, func, select, text, update
from sqlalchemy.orm import Session

from portal.domain import clock, names
from portal.extensions import db
from portal.models import Account, AuditEntry, Document, Message, OutboxRow, OutboxState, Person
from portal.models.types import UtcDateTime
from portal.services import receipts
from tests.factories import Factories, Someone, beneficiary

_CASH_EVERY = 20  # one sale in so many was paid at an agency
_APART = timedelta(seconds=80)  # between two sales: a million of them reach two and a half years back
_OWN_WAY = {"audit", "counters", "heartbeats", "leases", "name_words", "people", "accounts", "alembic_version"}
_SUBJECTS = {"mail": "messages", "document": "documents", "charge": "payments"}  # of the outbox, by its key's beginning
_GIVEN = "Juana Rosa María Luz Carmen Ana Julia Elena Flor Nélida Óscar José Luis Juan Carlos Wilber Édgar Raúl Víctor"
_SURNAMES = (
    "Quispe Mamani Huamán Flores Ñahui Condori Rojas Sánchez García Ccori Chávez Díaz Vásquez Inga Núñez Poma Soto"
    " Apaza Yupanqui Cárdenas Ríos Luna Vega Ticona Choque Peña Gutiérrez Salas Aguilar Zúñiga"
)


@dataclass(frozen=True)
class Crowd:
    """Who was made: `heavy` has many policies, `usual` as many as most; both sign in with the factories' password."""

    heavy: int
    usual: int
    people: int
    policies: int


@dataclass
class _Sale:
    """The rows of one sale by table, in the order of their keys, and how many copies are made of it."""

    owner: Someone
    person_id: int
    rows: dict[str, list[Any]]
    copies: int
    heavy: int
    base: dict[str, int] = field(default_factory=dict)

    def key_of(self, table: str, row_id: int) -> str | None:
        """The key of the copy of this row, as SQL over `g`; None for a row that is not the sale's."""
        ids = [row.id for row in self.rows.get(table, ()) if hasattr(row, "id")]
        if row_id not in ids:
            return None
        return f"({self.base[table]} + (g - 1) * {len(ids)} + {ids.index(row_id) + 1})"


def load(app: Flask, *, people: int, policies: int, heavy: int, say: Callable[[str], None] = lambda _: None) -> Crowd:
    """Make the crowd. The database is private: its owner may leave foreign keys to the end."""
    make = Factories(app)
    with app.app_context():
        first_account, first_person = _people(make, people, say)
        marks = _marks()
        customer = make.customer()
        make.policy(customer, named=[beneficiary()])
        in_cash = policies // _CASH_EVERY
        charged = _sale(customer, marks, policies - in_cash, heavy)
        marks = _marks()
        customer = make.customer()
        slip = make.slip(customer)
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
        paid = _sale(customer, marks, in_cash, 0)
        with db.engine.begin() as connection:
            session = Session(connection)
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            indexes = _without_indexes(session)
            for sale in (charged, paid):
                owner = _owner(sale, first_account, people)
                for table in db.metadata.sorted_tables:
                    if table.name in sale.rows:
                        sale.base[table.name] = _largest(session, table)
                for name in sale.rows:
                    say(f"{name}: {len(sale.rows[name])} × {sale.copies:,}")
                    _copy(session, db.metadata.tables[name], sale, owner, first_person - first_account)
                _audit(session, sale, first_account, people)
            say(f"{len(indexes)} indexes")
            for definition in indexes:
                session.execute(text(definition))
            _sequences(session)
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return Crowd(first_account, first_account + 1, people, policies)


def _people(make: Factories, people: int, say: Callable[[str], None]) -> tuple[int, int]:
    """Accounts with their persons, one key after another, and the words of their names. The first keys."""
    say(f"people: {people:,}")
    someone = make.customer()
    account = db.session.get_one(Account, someone.account_id)
    person_id, account_id = account.person_id, account.id
    db.session.rollback()
    given, surnames = _array(_GIVEN), _array(_SURNAMES)
    with db.engine.begin() as connection:
        session = Session(connection)
        last_person, last_account = (_largest(session, one.__table__) for one in (Person, Account))
        number = "(10000000 + g)::text"
        mine = {
            "people": {
                "id": f"{last_person} + g",
                "document_number": number,
                "names": f"({given})[1 + g % 19] || ' ' || ({given})[1 + (g / 19) % 19]",
                "paternal_surname": f"({surnames})[1 + g % 30]",
                "maternal_surname": f"({surnames})[1 + (g / 30) % 30]",
                "email": "'gente' || g || '@example.com'",
            },
            "accounts": {
                "id": f"{last_account} + g",
                "username": "'gente' || g",
                "document_number": number,
                "person_id": f"{last_person} + g",
                "email": "'gente' || g || '@example.com'",
            },
        }
        for name, row_id in (("people", person_id), ("accounts", account_id)):
            columns = [column.name for column in db.metadata.tables[name].columns]
            values = [mine[name].get(column, f"t.{column}") for column in columns]
            session.execute(text(_insert(name, columns, values, f"t.id = {row_id}", people)))
        _sequences(session)
        _spell(session, last_account)
    return last_account + 1, last_person + 1


def _spell(session: Session, after: int) -> None:
    known = select(Account.id, Person.names, Person.paternal_surname, Person.maternal_surname).join(
        Person, Person.id == Account.person_id
    )
    rows = session.execute(known.where(Account.id > after)).all()
    _copy_in(
        session,
        "name_words (account_id, word)",
        ((row[0], one) for row in rows for one in names.words(" ".join(row[1:]))),
    )


def _sale(customer: Someone, marks: dict[str, int], copies: int, heavy: int) -> _Sale:
    """All that a sale has written since `marks`, finished as its workers would have."""
    moment = clock.now()
    with db.engine.begin() as connection:
        session = Session(connection)
        session.execute(
            update(Document)
            .where(Document.storage_key.is_(None))
            .values(
                storage_key=func.concat("crowd/", Document.id),
                sha256="0" * 64,
                size=1,
                render_ms=90,
                rendered_at=moment,
            )
        )
        session.execute(
            update(Message)
            .where(Message.state != "sent")
            .values(
                state="sent",
                sent_at=moment,
                secret=None,
                text_body=func.left(Message.text_body, 300),
                html_body=func.left(Message.html_body, 300),
            )
        )
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.state == OutboxState.PENDING)
            .values(state=OutboxState.DONE, done_at=moment)
        )
    account = db.session.get_one(Account, customer.account_id)
    rows: dict[str, list[Any]] = {}
    for table in db.metadata.sorted_tables:
        if table.name in _OWN_WAY:
            continue
        if "id" in table.c:
            found = db.session.execute(select(table).where(table.c.id > marks[table.name]).order_by(table.c.id)).all()
        else:
            of_mine = [row.id for row in rows.get("messages", [])]
            found = (
                db.session.execute(select(table).where(table.c.message_id.in_(of_mine))).all()
                if "message_id" in table.c
                else []
            )
        if found:
            rows[table.name] = list(found)
    person_id = account.person_id
    db.session.rollback()
    return _Sale(customer, person_id, rows, copies, heavy)


def _owner(sale: _Sale, first: int, people: int) -> str:
    return f"(CASE WHEN g > {sale.copies - sale.heavy} THEN {first} ELSE {first + 1} + g % {people - 1} END)"


def _copy(session: Session, table: Table, sale: _Sale, owner: str, to_person: int) -> None:
    rows = sale.rows[table.name]
    for place, row in enumerate(rows):
        values = [_value(session, column, row, place, sale, owner, to_person) for column in table.columns]
        which = " AND ".join(f"t.{column.name} = {row._mapping[column.name]}" for column in table.primary_key)
        columns = [column.name for column in table.columns]
        session.execute(text(_insert(table.name, columns, values, which, sale.copies)))
    if "number" in table.c and isinstance(rows[0].number, str):
        series = rows[0].number.rpartition("-")[0]
        given = len(rows) * sale.copies
        session.execute(text(f"UPDATE counters SET value = value + {given} WHERE name = '{series}'"))


def _value(session: Session, column: Column[Any], row: Any, place: int, sale: _Sale, owner: str, to_person: int) -> str:
    """What a column of a copy holds, as SQL over `g` and the copied row `t`."""
    table, kept, held = column.table.name, f"t.{column.name}", row._mapping[column.name]
    if held is None:
        return kept
    if column.name == "id":
        return str(sale.key_of(table, held))
    if table == "outbox" and column.name in ("subject_id", "dedupe_key"):
        kind = row.dedupe_key.partition(":")[0]
        key = sale.key_of(_SUBJECTS[kind], row.subject_id)
        return f"{key}" if column.name == "subject_id" else f"'{kind}:' || {key}"
    if table == "codes" and column.name == "subject_id":
        return str(sale.key_of("purchases", held))
    for one in column.foreign_keys:
        target = one.column.table.name
        if target == "accounts" and held == sale.owner.account_id:
            return owner
        if target == "people" and held == sale.person_id:
            return f"({owner} + {to_person})"
        return sale.key_of(target, held) or kept
    if column.name == "number" and isinstance(held, str):
        series = held.rpartition("-")[0]
        last = session.execute(text(f"SELECT value FROM counters WHERE name = '{series}'")).scalar_one()
        value = f"({last} + (g - 1) * {len(sale.rows[table])} + {place + 1})::text"
        return f"'{series}-' || lpad({value}, greatest(6, length({value})), '0')"
    if column.name == "document_number":
        return "(60000000 + g)::text"  # of a beneficiary: somebody else in each sale
    if column.name == "slip_code":
        return "(200000000 + g)::text"
    if column.name in _unique(column.table):
        return f"left(md5('{table}{column.name}{place}' || {sale.base[table]} + g), {min(32, _length(column))})"
    if isinstance(column.type, (UtcDateTime, DateTime)):
        return f"{kept} - ({sale.copies} - g) * interval '{int(_APART.total_seconds())} seconds'"
    return kept


def _unique(table: Table) -> set[str]:
    """Columns of words that may not be the same twice."""
    alone = [set(index.columns) for index in table.indexes if index.unique]
    alone += [set(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    return {column.name for columns in alone for column in columns if _length(column)}


def _length(column: Any) -> int:
    return getattr(column.type, "length", None) or 0


def _insert(table: str, columns: Sequence[str], values: Sequence[str], which: str, copies: int) -> str:
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM {table} t CROSS JOIN generate_series(1, {copies}) g WHERE {which}"
    )


def _audit(session: Session, sale: _Sale, first: int, people: int) -> None:
    """Two rows of the chain for each copy, written and hashed as services.audit does."""
    quote, payment = sale.rows["quotes"][0], sale.rows["payments"][0]
    details = json.dumps({"amount": str(payment.amount)})
    last, previous = session.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one()
    began = clock.now().replace(microsecond=0)

    def chain() -> Iterator[tuple[Any, ...]]:
        number, before = last, previous
        for copy in range(1, sale.copies + 1):
            owner = first if copy > sale.copies - sale.heavy else first + 1 + copy % (people - 1)
            at = (began - (sale.copies - copy) * _APART).isoformat()
            for action, row, said in (("quote.accept", quote, "{}"), ("payment.approved", payment, details)):
                number += 1
                series, _, value = row.number.rpartition("-")
                subject = f"{series}-{int(value) + copy:06d}"
                content = f'[{number}, "{at}", {owner}, "{action}", "{subject}", {said}, "{before}"]'
                mine = hashlib.sha256(content.encode()).hexdigest()
                yield number, at, owner, action, subject, said, before, mine
                before = mine

    columns = "id, at, actor_id, action, subject, details, previous_hash, hash"
    _copy_in(session, f"audit ({columns})", chain())
    session.execute(text(f"UPDATE counters SET value = {last + 2 * sale.copies} WHERE name = 'audit'"))


def _copy_in(session: Session, into: str, rows: Iterator[tuple[Any, ...]]) -> None:
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _without_indexes(session: Session) -> list[str]:
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


def _marks() -> dict[str, int]:
    with db.engine.connect() as connection:
        session = Session(connection)
        return {one.name: _largest(session, one) for one in db.metadata.sorted_tables if "id" in one.c}


def _largest(session: Session, table: Any) -> int:
    return (session.scalar(select(func.max(table.c.id))) or 0) if "id" in table.c else 0


def _sequences(session: Session) -> None:
    """Let the next rows of the portal come after the last that were copied."""
    for table in db.metadata.sorted_tables:
        if "id" in table.c and table.name != "audit":
            asked = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"
            session.execute(text(asked))


def _array(words: str) -> str:
    return f"ARRAY[{', '.join(repr(word) for word in words.split())}]"
