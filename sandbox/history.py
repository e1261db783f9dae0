"""Years of sales for the demo: what the portal wrote of a few, written again for other people on other days.

Rows are copied through the models' own tables: a column that is not known here is copied as it is. Numbers go on
without gaps, and the audit's rows are chained as it chains its own. Mails left when they were queued; documents are
owed one after another, so that the workers print them when nobody waits. SQLite alone.
"""

from __future__ import annotations

import random
import re
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, DateTime, String, UniqueConstraint, func, insert, select, text, update
from sqlalchemy.orm import Session

from portal.domain import clock, names, verification
from portal.domain.formats import day as written_day
from portal.extensions import db
from portal.integrations.storage import new_key
from portal.models import AuditEntry, Counter, Document, OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.models.types import UtcDateTime
from portal.services.documents.kinds import KINDS, by_code
from portal.services.platform import audit
from portal.services.platform.encryption import audit_keys

Row = dict[str, Any]

#: Who buys in a sale that is copied: their names, and that of their heir, stand in mails too, and are nobody else's.
NAMES = ("names", "paternal_surname", "maternal_surname")
COPIED = tuple(
    dict(zip(NAMES, one.split(), strict=True))
    for one in (
        "Demetria Zavaleta Urquizo",
        "Eulogio Barrionuevo Oblitas",
        "Fortunata Velarde Mogrovejo",
        "Hermenegildo Ampuero Tejada",
    )
)
HEIR = "Eudocia"

_NOT_COPIED = {"audit", "codes", "counters", "heartbeats", "leases", "name_words", "outbox"}
_AT_NOON = {"starts_at", "ends_at", "effective_at", "cancelled_at", "valid_until"}  # by the day, never by the hour
_DAY = re.compile(r"\b\d\d/\d\d/\d{4}\b")
_FIRST_PRINTED, _EACH_PRINTED = timedelta(minutes=3), timedelta(seconds=10)
_OPEN_FOR = 9 * 60  # minutes after the copied sale, which is made as shops open
_COMES_AGAIN = 4  # one in so many has bought before

_GIVEN = (
    "Rosa María Luz Carmen Ana Julia Elena Flor Nélida Juana Yeny Sonia Gladys Vilma Nancy Delia",
    "Óscar José Luis Juan Carlos Wilber Édgar Raúl Víctor Julio Percy Hugo Marco Rubén Félix Dante",
)
_SURNAMES = (
    "Quispe Mamani Huamán Flores Ñahui Condori Rojas Sánchez García Ccori Chávez Díaz Vásquez Inga Núñez Poma Soto"
    " Apaza Yupanqui Cárdenas Ríos Luna Vega Ticona Choque Peña Gutiérrez Salas Aguilar Zúñiga Ttito Huanca Cutipa"
)
_PLACES = ("080101", "080601", "040101", "150101", "150131")


@dataclass(frozen=True)
class Sale:
    """All that a sale wrote, by table and in the order of the tables, and its customer."""

    account: Row
    person: Row
    rows: Mapping[str, Sequence[Row]]
    entries: Sequence[Row]

    @property
    def day(self) -> date:
        began: datetime = self.account["created_at"]
        return clock.lima(began).date()


def marks() -> dict[str, int]:
    """The last key of each table."""
    with db.engine.connect() as connection:
        return _last_keys(Session(connection))


def sale_since(before: Mapping[str, int]) -> Sale:
    """The one sale that was made since, with the customer who was made for it."""
    rows: dict[str, Sequence[Row]] = {}
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            of = "id" if "id" in table.c else "message_id"
            if of in table.c and (table.name == "audit" or table.name not in _NOT_COPIED):
                new = select(table).where(table.c[of] > before[table.name if of == "id" else "messages"])
                rows[table.name] = [dict(row) for row in connection.execute(new.order_by(table.c[of])).mappings()]
    (account,), (person,), entries = rows.pop("accounts"), rows.pop("people"), rows.pop("audit")
    return Sale(account, person, {name: found for name, found in rows.items() if found}, entries)


class History:
    """Copies of `sales` on `days`, in their order: written bit by bit, they lie between what the portal writes. Their
    documents come after `now`."""

    def __init__(self, sales: Sequence[Sale], days: Sequence[date], now: datetime) -> None:
        self._sales, self._days = sales, list(days)
        self._chance = random.Random(7)  # noqa: S311  every demo is the same
        self._customers: list[tuple[Row, Row]] = []
        self._printed = now + _FIRST_PRINTED

    def until(self, day: date) -> None:
        """Write what comes before that day."""
        with db.engine.begin() as connection:
            writing = _Writing(Session(connection))
            while self._days and self._days[0] < day:
                sale = self._chance.choices(self._sales, weights=range(len(self._sales) + 1, 1, -1))[0]
                self._copy(writing, sale, self._days.pop(0))
            writing.finish()

    def _copy(self, writing: _Writing, sale: Sale, day: date) -> None:
        days = timedelta(days=(day - sale.day).days)
        later = days + timedelta(minutes=self._chance.randrange(_OPEN_FOR))
        if self._customers and not self._chance.randrange(_COMES_AGAIN):
            person, account = self._chance.choice(self._customers)
        else:
            person, account = self._customer(writing, sale, sale.account["created_at"] + later)
        heir = self._chance.choice(_GIVEN[0].split())
        words = {sale.account[one]: account[one] for one in ("email", "username", "document_number")}
        words |= {sale.person[one]: person[one] for one in NAMES} | {HEIR: heir}
        copy = _Copy(writing, sale, words, days, later)
        copy.keys |= {("people", sale.person["id"]): person["id"], ("accounts", sale.account["id"]): account["id"]}
        for name, rows in sale.rows.items():
            for row in rows:
                writing.rows[name].append(copy.row(name, row))
        for document in writing.rows["documents"][-len(sale.rows["documents"]) :]:
            self._printed += _EACH_PRINTED
            writing.owe_print(document, self._printed)
        for entry in sale.entries:
            writing.record(copy, entry)

    def _customer(self, writing: _Writing, sale: Sale, at: datetime) -> tuple[Row, Row]:
        number, chance = len(self._customers) + 1, self._chance
        given = " ".join(chance.sample(chance.choice(_GIVEN).split(), 2))
        paternal, maternal = chance.sample(_SURNAMES.split(), 2)
        username = f"{names.words(given.split()[0])[0]}.{names.words(paternal)[0]}{number}"
        own = {
            "document_number": f"{21_000_000 + number * 79_193}",
            "email": f"{username}@correo.example",
            "created_at": at,
        }
        person = sale.person | own
        person |= {"names": given, "paternal_surname": paternal, "maternal_surname": maternal}
        person |= {"birth_date": date(chance.randrange(1962, 2004), chance.randrange(1, 13), chance.randrange(1, 29))}
        person |= {"phone": f"9{chance.randrange(10**7, 10**8)}", "ubigeo": chance.choice(_PLACES)}
        person["id"] = writing.next_key("people")
        account = sale.account | own | {"username": username, "person_id": person["id"]}
        account["id"] = writing.next_key("accounts")
        writing.rows["people"].append(person)
        writing.rows["accounts"].append(account)
        for word in names.words(f"{given} {paternal} {maternal}"):
            writing.rows["name_words"].append({"account_id": account["id"], "word": word})
        self._customers.append((person, account))
        return person, account


def put_off() -> None:
    """What is still to be printed of the copies comes after now again, each in its time: a portal that stood still for
    a day would print all at once, and whoever buys then would wait behind it."""
    with writing() as session:
        rows = session.execute(
            select(OutboxRow.id, OutboxRow.subject_id, OutboxRow.due_at)
            # What the portal owes is rung for again later than it is due.
            .where(OutboxRow.state == OutboxState.PENDING, OutboxRow.rung_until == OutboxRow.due_at)
            .where(OutboxRow.queue.in_({kind.job.queue for kind in KINDS}), OutboxRow.attempts == 0)
            .order_by(OutboxRow.due_at)
        ).all()
        late = clock.now() + _FIRST_PRINTED - rows[0].due_at if rows else timedelta()
        if late > _FIRST_PRINTED:
            moved = [(row, row.due_at + late) for row in rows]
            session.execute(update(OutboxRow), [{"id": row.id, "due_at": due, "rung_until": due} for row, due in moved])
            session.execute(update(Document), [{"id": row.subject_id, "created_at": due} for row, due in moved])


class _Writing:
    """Rows that one transaction will write."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._keys = _last_keys(session)
        self._counters: dict[str, int] = {
            one.name: one.value for one in session.execute(select(Counter.name, Counter.value))
        }
        last = select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
        self._hash = session.scalar(last) or "0" * 64
        self.rows: dict[str, list[Row]] = {table.name: [] for table in db.metadata.sorted_tables}

    def next_key(self, table: str) -> int:
        self._keys[table] += 1
        return self._keys[table]

    def next_of(self, counter: str) -> int:
        self._counters[counter] = self._counters.get(counter, 0) + 1
        return self._counters[counter]

    def owe_print(self, document: Row, due: datetime) -> None:
        """Order it then: until then it is not late."""
        document["created_at"] = due
        self.rows["outbox"].append(
            {
                "id": self.next_key("outbox"),
                "queue": by_code(document["kind"]).job.queue,
                "job": by_code(document["kind"]).job.name,
                "subject_id": document["id"],
                "dedupe_key": f"document:{document['id']}",
                "state": "pending",
                "due_at": due,
                "rung_until": due,
                "attempts": 0,
                "created_at": due,
            }
        )

    def record(self, copy: _Copy, entry: Row) -> None:
        """The audit's next row, as it writes its own."""
        row = copy.row("audit", entry | {"details": {}})
        row |= {"id": self.next_of("audit"), "previous_hash": self._hash, "key_id": next(iter(audit_keys()))}
        row["details"] = {name: copy.said(value) for name, value in entry["details"].items()}
        self._hash = row["hash"] = audit.entry_hash(AuditEntry(**row))
        self.rows["audit"].append(row)

    def finish(self) -> None:
        self._session.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in db.metadata.sorted_tables:
            if rows := self.rows[table.name]:
                self._session.execute(insert(table), rows)
        raise_it = (
            "INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value"
        )
        self._session.execute(text(raise_it), [{"name": one, "value": value} for one, value in self._counters.items()])


class _Copy:
    """A sale as another customer made it, so many days and minutes later; `words` are those that change."""

    def __init__(self, writing: _Writing, sale: Sale, words: dict[str, str], days: timedelta, later: timedelta) -> None:
        self._days, self._later, self._words = days, later, words
        self.keys: dict[tuple[str, int], int] = {}
        for name, rows in sale.rows.items():
            for row in rows:
                if "id" in row:
                    self.keys[name, row["id"]] = writing.next_key(name)
                if isinstance(row.get("number"), str):
                    series = row["number"].partition("-")[0]
                    began = next(value for value in row.values() if isinstance(value, datetime))
                    counter = f"{series}-{clock.lima(began + later).year}"
                    words[row["number"]] = f"{counter}-{writing.next_of(counter):06d}"
                for column in _TOKENS[name] - {"verification_code"}:
                    if row[column] is not None:
                        words[row[column]] = _another(row[column])
                if code := row.get("verification_code"):
                    new = verification.new_code()
                    words |= {code: new, verification.shown(code): verification.shown(new)}

    def row(self, name: str, row: Row) -> Row:
        made = {column.name: self._value(column, row, row[column.name]) for column in db.metadata.tables[name].columns}
        if name == "messages":
            made |= {"state": "sent", "sent_at": made["queued_at"] + timedelta(seconds=20), "secret": None}
        if name == "documents":
            made["reserved_key"] = new_key(by_code(row["kind"]).ending)
        return made

    def said(self, value: Any) -> Any:
        """A text with the words and the days of this copy."""
        if not isinstance(value, str):
            return value
        for old, new in self._words.items():
            value = value.replace(old, new)
        return _DAY.sub(self._later_day, value)

    def _value(self, column: Column[Any], row: Row, held: Any) -> Any:
        name, table = column.name, column.table.name
        if held is None:
            return None
        if isinstance(column.type, (UtcDateTime, DateTime)):
            return held + (self._days if name in _AT_NOON else self._later)
        if name == "id":
            return self.keys.get((table, held))
        if table == "documents" and name == "subject_id":
            return self.keys[by_code(row["kind"]).subject.__tablename__, held]
        for one in column.foreign_keys:
            return self.keys.get((one.column.table.name, held), held)
        if name == "document_number" and table.endswith("beneficiaries"):
            return f"{secrets.randbelow(3 * 10**7) + 4 * 10**7}"
        return self.said(held)

    def _later_day(self, found: re.Match[str]) -> str:
        day, month, year = map(int, found[0].split("/"))
        return written_day(date(year, month, day) + self._days)


def _last_keys(session: Session) -> dict[str, int]:
    return {
        table.name: session.scalar(select(func.max(table.c.id))) or 0
        for table in db.metadata.sorted_tables
        if "id" in table.c
    }


def _another(token: str) -> str:
    """Another of the same shape, of signs that nobody mistakes; a short one would come again, and is made longer."""
    own, at, domain = token.partition("@")
    alphabets = {string.digits: "23456789", string.ascii_lowercase: "abcdefghjkmnpqrstuvwxyz"}
    alphabets[string.ascii_uppercase] = alphabets[string.ascii_lowercase].upper()
    shaped = "".join(next((secrets.choice(to) for of, to in alphabets.items() if one in of), one) for one in own)
    return (shaped if len(own) > 8 else f"{shaped}-{secrets.token_hex(8)}") + at + domain


def _tokens(name: str) -> set[str]:
    """Columns of a table with words that may not be the same twice, but for those that name what the row is about."""
    table = db.metadata.tables[name]
    alone = [set(index.columns) for index in table.indexes if index.unique]
    alone += [set(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    alone += [{column} for column in table.columns if column.unique]
    own = (column for columns in alone if not any(map(_is_about, columns)) for column in columns)
    return {column.name for column in own if not column.foreign_keys and isinstance(column.type, String)}


def _is_about(column: Any) -> bool:
    others = {one.column.table.name for one in column.foreign_keys} - {"accounts", "people"}
    return column.name in ("subject_id", "owner_id") or bool(others)


_TOKENS = {name: _tokens(name) - {"number", "reserved_key"} for name in db.metadata.tables}
