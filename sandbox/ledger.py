"""The bank's books, in SQLite: what it charged, gave back and paid, under which key, for which token.

Every decision about money is one write transaction (`BEGIN IMMEDIATE`), so equal requests at the same time are one.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sandbox import movements
from sandbox.contract import LIMA, ChargeOrder, PayoutOrder, RefundOrder, centimos
from sandbox.movements import Charged, Kind, Movement, Shown, TokenExpired
from sandbox.scenarios import Twist

TOKEN_SECONDS = 30 * 60
KEY_SECONDS = 24 * 3600
TRIES_SECONDS = 15 * 60
MAX_FAILED_TRIES = 20
#: How long after the end of a day, in Lima, its settlement is known.
SETTLING_TIME = timedelta(hours=6)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, last4 TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tries (person TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS stumbles (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS movements (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, body TEXT NOT NULL,
    approved INTEGER NOT NULL, reference TEXT NOT NULL, card TEXT, charge_id TEXT, shown TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS movements_by_key ON movements (key);
CREATE INDEX IF NOT EXISTS movements_by_charge ON movements (charge_id);
"""

_INSERT = """
INSERT INTO movements (kind, id, key, body, approved, reference, card, charge_id, shown, at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class KeyMismatch(Exception):
    """The key was used with another body."""


class NoSuchCharge(Exception):
    """There is no charge with this id."""


class NotSettled(Exception):
    """The settlement of the day is not known yet."""


@dataclass(frozen=True)
class Entry:
    """An outcome as the contract shows it; `twist` when this very request made it and its scenario has one."""

    shown: Shown
    twist: Twist | None = None


class Ledger:
    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)

    def new_token(self, last4: str) -> str:
        token = f"tok_{secrets.token_urlsafe(24)}"
        with self._writing() as db:
            db.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, last4, self._seconds()))
        return token

    def note_failed_try(self, person: str) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM tries WHERE at <= ?", (self._seconds() - TRIES_SECONDS,))
            db.execute("INSERT INTO tries VALUES (?, ?)", (person, self._seconds()))

    def may_try(self, person: str) -> bool:
        with closing(self._open()) as db:
            which = (person, self._seconds() - TRIES_SECONDS)
            row = db.execute("SELECT count(*) FROM tries WHERE person = ? AND at > ?", which).fetchone()
        return bool(row[0] < MAX_FAILED_TRIES)

    def charge(self, key: str, order: ChargeOrder) -> Entry | None:
        """As `_once`; raises `TokenExpired` too, and then the key stays unused."""
        return self._once("charge", key, order, lambda db: movements.charge(order, self._card(db, order)))

    def refund(self, key: str, order: RefundOrder) -> Entry | None:
        """As `_once`; raises `NoSuchCharge` too, and then the key stays unused."""
        return self._once("refund", key, order, lambda db: movements.refund(order, self._charged(db, order.charge_id)))

    def payout(self, key: str, order: PayoutOrder) -> Entry | None:
        """As `_once`; raises `NoSuchAccount` too, and then the key stays unused."""
        return self._once("payout", key, order, lambda _db: movements.payout(order))

    def found(self, key: str, kind: Kind) -> Shown | None:
        """What became of the request of this kind under `key`."""
        with closing(self._open()) as db:
            row = self._row_of_key(db, key)
        return _shown(row) if row and row["kind"] == kind else None

    def settlement(self, day: date) -> list[Shown]:
        """What was moved on a day of Lima, in the order of processing. Raises `NotSettled` until 06:00 of the next."""
        if (self.now().astimezone(LIMA) - SETTLING_TIME).date() <= day:
            raise NotSettled
        begin = datetime.combine(day, time(), LIMA)
        rows = self._rows(
            "SELECT * FROM movements WHERE approved AND at >= ? AND at < ? ORDER BY number",
            begin.timestamp(),
            (begin + timedelta(days=1)).timestamp(),
        )
        return [
            {name: row[name] for name in ("kind", "id", "reference")}
            | {name: _shown(row)[name] for name in ("amount", "processed_at")}
            for row in rows
        ]

    def entries(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that was asked for and decided, by kind, oldest first."""
        entries: dict[str, list[dict[str, Any]]] = {"charges": [], "refunds": [], "payouts": []}
        for row in self._rows("SELECT * FROM movements ORDER BY number"):
            entries[f"{row['kind']}s"].append(_shown(row) | {"key": row["key"]})
        return entries

    def _once(
        self,
        kind: Kind,
        key: str,
        order: ChargeOrder | RefundOrder | PayoutOrder,
        decide: Callable[[sqlite3.Connection], Movement],
    ) -> Entry | None:
        """The movement under `key`, made now or before; None when the bank breaks before it moves anything.

        Raises `KeyMismatch`, and what `decide` raises.
        """
        body = json.dumps(asdict(order), sort_keys=True)
        with self._writing() as db:
            known = self._row_of_key(db, key)
            if known is not None:
                if known["body"] != body:  # nor has an order of another kind the same fields
                    raise KeyMismatch
                return Entry(_shown(known))
            made = decide(db)
            if made.twist is Twist.BREAKS_BEFORE and self._stumbles(db, key):
                return None
            now = self.now()
            written = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            shown = made.shown | {"processed_at": written}
            asked = (kind, made.id, key, body, made.approved, made.reference, made.card, shown.get("charge_id"))
            db.execute(_INSERT, (*asked, json.dumps(shown), now.timestamp()))
            return Entry(shown, made.twist)

    def _row_of_key(self, db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
        which = (key, self._seconds() - KEY_SECONDS)
        row: sqlite3.Row | None = db.execute("SELECT * FROM movements WHERE key = ? AND at > ?", which).fetchone()
        return row

    def _stumbles(self, db: sqlite3.Connection, key: str) -> bool:
        """Whether this is the first time that the key comes: once it is, the same key goes through."""
        return db.execute("INSERT OR IGNORE INTO stumbles VALUES (?)", (key,)).rowcount == 1

    def _card(self, db: sqlite3.Connection, order: ChargeOrder) -> str:
        which = (order.account_token, self._seconds() - TOKEN_SECONDS)
        row = db.execute("SELECT last4 FROM tokens WHERE token = ? AND at > ?", which).fetchone()
        if row is None:
            raise TokenExpired
        return str(row["last4"])

    def _charged(self, db: sqlite3.Connection, charge_id: str) -> Charged:
        """The charge, and what of it was not given back; nothing is left of one that was refused."""
        rows = db.execute("SELECT * FROM movements WHERE charge_id = ? ORDER BY number", (charge_id,)).fetchall()
        if not rows:
            raise NoSuchCharge
        charge, *refunds = rows
        given_back = sum(_centimos(row) for row in refunds if row["approved"])
        left = _centimos(charge) - given_back if charge["approved"] else 0
        return Charged(charge["reference"], charge["card"], left)

    def _rows(self, query: str, *values: float) -> list[sqlite3.Row]:
        with closing(self._open()) as db:
            return db.execute(query, values).fetchall()

    def _seconds(self) -> float:
        return self.now().timestamp()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous=NORMAL")
        return db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(self._open()) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _shown(row: sqlite3.Row) -> Shown:
    shown: Shown = json.loads(row["shown"])
    return shown


def _centimos(row: sqlite3.Row) -> int:
    return centimos(_shown(row)["amount"])
