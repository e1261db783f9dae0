"""The bank's books, in SQLite: what was charged and given back, under which key, for which token.

Every decision about money is one write transaction (`BEGIN IMMEDIATE`), so equal requests at the same time are one.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.cards import TEST_CARDS, Twist
from sandbox.contract import ChargeOrder, centimos

TOKEN_SECONDS = 30 * 60
KEY_SECONDS = 24 * 3600
TRIES_SECONDS = 15 * 60
MAX_FAILED_TRIES = 20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, last4 TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tries (person TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, shown TEXT NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS stumbles (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS charges (
    charge_id TEXT PRIMARY KEY, status TEXT NOT NULL, amount TEXT NOT NULL, currency TEXT NOT NULL,
    reference TEXT NOT NULL, authorization_code TEXT, decline_code TEXT, message TEXT NOT NULL,
    processed_at TEXT NOT NULL, key TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    refund_id TEXT PRIMARY KEY, charge_id TEXT NOT NULL, status TEXT NOT NULL, amount TEXT NOT NULL,
    processed_at TEXT NOT NULL, key TEXT NOT NULL
);
"""

_INSERT_CHARGE = """
INSERT INTO charges VALUES (:charge_id, :status, :amount, :currency, :reference, :authorization_code, :decline_code,
    :message, :processed_at, :key)
"""
_INSERT_REFUND = "INSERT INTO refunds VALUES (:refund_id, :charge_id, :status, :amount, :processed_at, :key)"


class KeyMismatch(Exception):
    """The key was used with another body."""


class TokenExpired(Exception):
    """The token is unknown, past its time, or died at once."""


class NoSuchCharge(Exception):
    """There is no charge with this id."""


@dataclass(frozen=True)
class Entry:
    """An outcome as the contract shows it; `twist` when this very request made it with a card that has one."""

    shown: dict[str, str]
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
            since = self._seconds() - TRIES_SECONDS
            row = db.execute("SELECT count(*) FROM tries WHERE person = ? AND at > ?", (person, since)).fetchone()
        return bool(row[0] < MAX_FAILED_TRIES)

    def charge(self, key: str, order: ChargeOrder) -> Entry | None:
        """The charge under `key`, made now or before; None when the bank breaks before it charges.

        Raises `KeyMismatch` and `TokenExpired`; then the key stays unused.
        """
        with self._writing() as db:
            body = json.dumps(asdict(order), sort_keys=True)
            known = self._known(db, key, "charge", body)
            if known is not None:
                return known
            card = TEST_CARDS.get(self._last4(db, order.account_token))
            twist = card.twist if card else None
            if twist is Twist.DEAD_TOKEN:
                raise TokenExpired
            if twist is Twist.BREAKS_BEFORE and self._stumbles(db, key):
                return None
            shown = {
                "charge_id": f"ch_{secrets.token_hex(10)}",
                "status": "declined" if card and card.decline_code else "approved",
                "amount": order.amount,
                "currency": order.currency,
                "reference": order.reference,
                "processed_at": self._stamp(),
            }
            if card and card.decline_code:
                shown |= {"decline_code": card.decline_code, "message": card.message}
            else:
                shown["authorization_code"] = f"{secrets.randbelow(10**6):06d}"
            absent = {"authorization_code": None, "decline_code": None, "message": ""}
            db.execute(_INSERT_CHARGE, absent | shown | {"key": key})
            self._keep(db, key, "charge", body, shown)
            return Entry(shown, twist)

    def refund(self, key: str, charge_id: str, amount: str) -> Entry:
        """Declined beyond what is left of an approved charge. Raises `KeyMismatch`, `NoSuchCharge`."""
        with self._writing() as db:
            body = json.dumps({"charge_id": charge_id, "amount": amount}, sort_keys=True)
            known = self._known(db, key, "refund", body)
            if known is not None:
                return known
            shown = {
                "refund_id": f"re_{secrets.token_hex(10)}",
                "charge_id": charge_id,
                "status": "approved" if centimos(amount) <= self._left_of(db, charge_id) else "declined",
                "amount": amount,
                "processed_at": self._stamp(),
            }
            db.execute(_INSERT_REFUND, shown | {"key": key})
            self._keep(db, key, "refund", body, shown)
            return Entry(shown)

    def found(self, key: str, kind: str) -> dict[str, str] | None:
        """What became of the request under `key`; `kind` is `charge` or `refund`."""
        with closing(self._open()) as db:
            row = self._row_of_key(db, key)
        return json.loads(row["shown"]) if row and row["kind"] == kind else None

    def entries(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that was charged, refused and given back, oldest first."""
        with closing(self._open()) as db:
            return {
                "charges": [dict(row) for row in db.execute("SELECT * FROM charges ORDER BY rowid")],
                "refunds": [dict(row) for row in db.execute("SELECT * FROM refunds ORDER BY rowid")],
            }

    def _known(self, db: sqlite3.Connection, key: str, kind: str, body: str) -> Entry | None:
        row = self._row_of_key(db, key)
        if row is None:
            return None
        if (row["kind"], row["body"]) != (kind, body):
            raise KeyMismatch
        return Entry(json.loads(row["shown"]))

    def _stumbles(self, db: sqlite3.Connection, key: str) -> bool:
        """Whether this is the first time that the key comes: once it is, the same key goes through."""
        return db.execute("INSERT OR IGNORE INTO stumbles VALUES (?)", (key,)).rowcount == 1

    def _left_of(self, db: sqlite3.Connection, charge_id: str) -> int:
        """Céntimos of the charge that were not given back."""
        charge = db.execute("SELECT * FROM charges WHERE charge_id = ?", (charge_id,)).fetchone()
        if charge is None:
            raise NoSuchCharge
        if charge["status"] != "approved":
            return 0
        refunds = db.execute("SELECT amount FROM refunds WHERE charge_id = ? AND status = 'approved'", (charge_id,))
        return centimos(charge["amount"]) - sum(centimos(row["amount"]) for row in refunds)

    def _row_of_key(self, db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
        since = self._seconds() - KEY_SECONDS
        row: sqlite3.Row | None = db.execute("SELECT * FROM keys WHERE key = ? AND at > ?", (key, since)).fetchone()
        return row

    def _keep(self, db: sqlite3.Connection, key: str, kind: str, body: str, shown: dict[str, str]) -> None:
        row = (key, kind, body, json.dumps(shown), self._seconds())
        db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?)", row)

    def _last4(self, db: sqlite3.Connection, token: str) -> str:
        since = self._seconds() - TOKEN_SECONDS
        row = db.execute("SELECT last4 FROM tokens WHERE token = ? AND at > ?", (token, since)).fetchone()
        if row is None:
            raise TokenExpired
        return str(row["last4"])

    def _seconds(self) -> float:
        return self.now().timestamp()

    def _stamp(self) -> str:
        return self.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

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
