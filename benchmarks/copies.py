"""A sale that the portal made, and its rows copied under new keys, numbers and dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, DateTime, Table, UniqueConstraint, func, select, text, update
from sqlalchemy.orm import Session

from benchmarks import bulk
from portal.domain import clock
from portal.domain.decision import DecisionKind
from portal.extensions import db
from portal.models import Account, ClaimPaper, CodePurpose, Document, Evidence, Message, OutboxRow, OutboxState
from portal.models.types import UtcDateTime
from portal.services.documents.kinds import by_code
from tests.factories import Someone

APART = timedelta(seconds=80)  # between two sales: a million of them reach two and a half years back
_OWN_WAY = {"audit", "counters", "heartbeats", "leases", "name_words", "people", "accounts", "alembic_version"}
# What a key without a reference is of: an outbox row's by its key's beginning, a code's, a decision's, a sent file's.
_OWED = {
    "mail": "messages",
    "document": "documents",
    "charge": "payments",
    "payout": "payouts",
    "contracting": "purchases",
}
_CODES = {
    CodePurpose.PURCHASE: "purchases",
    CodePurpose.REFUND: "refunds",
    CodePurpose.PAYOUT: "payouts",
    CodePurpose.NOTICE: "notices",
    CodePurpose.NOTICE_VISIT: "notice_visits",
}
_DECIDED = {DecisionKind.CASH_PAYOUT: "payouts", DecisionKind.CLAIM_RESOLUTION: "claims"}
_SENT = {ClaimPaper.FILES: "claim_papers", Evidence.FILES: "evidence"}
_LOOSE = ("subject_id", "owner_id")


@dataclass
class Sale:
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


def sale_of(customer: Someone, marks: dict[str, int], copies: int, heavy: int) -> Sale:
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
    return Sale(customer, person_id, rows, copies, heavy)


def copy(session: Session, table: Table, sale: Sale, owner: str, to_person: int) -> None:
    rows = sale.rows[table.name]
    for place, row in enumerate(rows):
        values = [_value(session, column, row, place, sale, owner, to_person) for column in table.columns]
        which = " AND ".join(f"t.{column.name} = {row._mapping[column.name]}" for column in table.primary_key)
        columns = [column.name for column in table.columns]
        session.execute(text(bulk.insert_copies(table.name, columns, values, which, sale.copies)))
    if "number" in table.c and isinstance(rows[0].number, str):
        series = rows[0].number.rpartition("-")[0]
        given = len(rows) * sale.copies
        session.execute(text(f"UPDATE counters SET value = value + {given} WHERE name = '{series}'"))


def _value(session: Session, column: Column[Any], row: Any, place: int, sale: Sale, owner: str, to_person: int) -> str:
    """What a column of a copy holds, as SQL over `g` and the copied row `t`."""
    kept, held = f"t.{column.name}", row._mapping[column.name]
    if held is None:
        return kept
    if column.name == "number" and isinstance(held, str):
        return _next_number(session, held, place, len(sale.rows[column.table.name]))
    if isinstance(column.type, (UtcDateTime, DateTime)):
        return f"{kept} - ({sale.copies} - g) * interval '{int(APART.total_seconds())} seconds'"
    if column.name == "insured_document_number":
        return f"(SELECT document_number FROM accounts WHERE accounts.id = {owner})"
    return _key(column, row, sale, owner, to_person) or _own_words(column, place, sale) or kept


def _key(column: Column[Any], row: Any, sale: Sale, owner: str, to_person: int) -> str | None:
    """The key of what the copy is, or is about; None when the column says neither, or names what is not the sale's."""
    table, held = column.table.name, row._mapping[column.name]
    if column.name == "id":
        return str(sale.key_of(table, held))
    if table == "outbox" and column.name in ("subject_id", "dedupe_key"):
        kind, _, *rest = row.dedupe_key.split(":")
        key = sale.key_of(_OWED[kind], row.subject_id)
        return str(key) if column.name == "subject_id" else f"concat_ws(':', '{kind}', {key}{_quoted(rest)})"
    if column.name in _LOOSE:
        return str(sale.key_of(_about(table, row), held))
    for one in column.foreign_keys:
        target = one.column.table.name
        if target == "accounts" and held == sale.owner.account_id:
            return owner
        if target == "people" and held == sale.person_id:
            return f"({owner} + {to_person})"
        return sale.key_of(target, held)
    return None


def _quoted(words: list[str]) -> str:
    return "".join(f", '{word}'" for word in words)


def _about(table: str, row: Any) -> str:
    """The table whose key a column without a reference holds."""
    if table == "documents":
        subject: str = by_code(row.kind).subject.__tablename__
        return subject
    return {
        "codes": lambda: _CODES[row.purpose],
        "decisions": lambda: _DECIDED[row.kind],
        "stored_files": lambda: _SENT[row.owner_kind],
    }[table]()


def _next_number(session: Session, held: str, place: int, in_a_copy: int) -> str:
    series = held.rpartition("-")[0]
    last = session.execute(text(f"SELECT value FROM counters WHERE name = '{series}'")).scalar_one()
    value = f"({last} + (g - 1) * {in_a_copy} + {place + 1})::text"
    return f"'{series}-' || lpad({value}, greatest(6, length({value})), '0')"


def _own_words(column: Column[Any], place: int, sale: Sale) -> str | None:
    """What may not be the same in two sales; None where it may."""
    if column.name == "document_number":
        return "(60000000 + g)::text"  # of a beneficiary: somebody else in each sale
    if column.name == "slip_code":
        return "(200000000 + g)::text"
    table = column.table
    if column.name in _unique(table):
        return (
            f"left(md5('{table.name}{column.name}{place}' || {sale.base[table.name]} + g), {min(32, _length(column))})"
        )
    return None


def _unique(table: Table) -> set[str]:
    """Columns of words that may not be the same twice, whatever the row is about: its key is another in each copy."""
    alone = [set(index.columns) for index in table.indexes if index.unique]
    alone += [set(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)]
    return {
        column.name
        for columns in alone
        if not any(_is_about(one) for one in columns)
        for column in columns
        if _length(column)
    }


def _is_about(column: Any) -> bool:
    of = {one.column.table.name for one in column.foreign_keys}
    return column.name in _LOOSE or bool(of - {"accounts", "people"})


def _length(column: Any) -> int:
    return getattr(column.type, "length", None) or 0
