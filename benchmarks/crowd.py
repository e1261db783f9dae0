"""A crowd in PostgreSQL: people and their policies, copied by the server out of sales that the portal itself made.

Every row of the sales (one charged to an account, one paid in cash, and those of benchmarks/claims.py, of which a
claim, evidence or a notice came) is copied under new keys, numbers and dates, through the models' own tables: a column
that the loader does not know is copied as it is, a constraint that it breaks stops it. Bodies of mails are cut short,
and there is no file behind a document, nor behind what people sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benchmarks import bulk, claims, copies
from portal.domain import clock, names
from portal.extensions import db
from portal.models import Account, AuditEntry, Person
from portal.services.payments import receipts
from portal.services.platform.encryption import audit_keys
from tests.factories import Factories, beneficiary

_CASH_EVERY = 20  # one sale in so many was paid at an agency
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


def load(app: Flask, *, people: int, policies: int, heavy: int, say: Callable[[str], None] = lambda _: None) -> Crowd:
    """Make the crowd. The database is private: its owner may leave foreign keys to the end."""
    make = Factories(app)
    with app.app_context():
        first_account, first_person = _people(make, people, say)
        happened = list(claims.sales(app, make, policies, _marks))
        sold = [one for one in happened if "policies" in one.rows]
        in_cash = policies // _CASH_EVERY
        rest = policies - in_cash - sum(one.copies for one in sold)
        marks = _marks()
        customer = make.customer()
        make.policy(customer, named=[beneficiary()])
        charged = copies.sale_of(customer, marks, rest, heavy - sum(one.heavy for one in sold))
        marks = _marks()
        customer = make.customer()
        slip = make.slip(customer)
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
        paid = copies.sale_of(customer, marks, in_cash, 0)
        with db.engine.begin() as connection:
            session = Session(connection)
            session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            indexes = bulk.drop_indexes(session)
            for sale in (charged, paid, *happened):
                owner = _owner(sale, first_account, people)
                for table in db.metadata.sorted_tables:
                    if table.name in sale.rows:
                        sale.base[table.name] = bulk.largest_key(session, table)
                for name in sale.rows:
                    say(f"{name}: {len(sale.rows[name])} × {sale.copies:,}")
                    copies.copy(session, db.metadata.tables[name], sale, owner, first_person - first_account)
                if "quotes" in sale.rows:
                    _audit(session, sale, first_account, people)
            say(f"{len(indexes)} indexes")
            for definition in indexes:
                session.execute(text(definition))
            bulk.go_on_after(session)
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
        last_person, last_account = (bulk.largest_key(session, one.__table__) for one in (Person, Account))
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
            session.execute(text(bulk.insert_copies(name, columns, values, f"t.id = {row_id}", people)))
        bulk.go_on_after(session)
        _spell(session, last_account)
    return last_account + 1, last_person + 1


def _spell(session: Session, after: int) -> None:
    known = select(Account.id, Person.names, Person.paternal_surname, Person.maternal_surname).join(
        Person, Person.id == Account.person_id
    )
    rows = session.execute(known.where(Account.id > after)).all()
    bulk.copy_in(
        session,
        "name_words (account_id, word)",
        ((row[0], one) for row in rows for one in names.words(" ".join(row[1:]))),
    )


def _owner(sale: copies.Sale, first: int, people: int) -> str:
    return f"(CASE WHEN g > {sale.copies - sale.heavy} THEN {first} ELSE {first + 1} + g % {people - 1} END)"


def _audit(session: Session, sale: copies.Sale, first: int, people: int) -> None:
    """Two rows of the chain for each copy, written and hashed as services.audit does."""
    quote, payment = sale.rows["quotes"][0], sale.rows["payments"][0]
    details = json.dumps({"amount": str(payment.amount)})
    key_id, key = next(iter(audit_keys().items()))
    last, previous = session.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one()
    began = clock.now().replace(microsecond=0)

    def chain() -> Iterator[tuple[Any, ...]]:
        number, before = last, previous
        for copy in range(1, sale.copies + 1):
            owner = first if copy > sale.copies - sale.heavy else first + 1 + copy % (people - 1)
            at = (began - (sale.copies - copy) * copies.APART).isoformat()
            for action, row, said in (("quote.accept", quote, "{}"), ("payment.approved", payment, details)):
                number += 1
                series, _, value = row.number.rpartition("-")
                subject = f"{series}-{int(value) + copy:06d}"
                content = f'[{number}, "{at}", {owner}, "{action}", "{subject}", {said}, "{before}"]'
                mine = hmac.new(key, content.encode(), hashlib.sha256).hexdigest()
                yield number, at, owner, action, subject, said, key_id, before, mine
                before = mine

    columns = "id, at, actor_id, action, subject, details, key_id, previous_hash, hash"
    bulk.copy_in(session, f"audit ({columns})", chain())
    session.execute(text(f"UPDATE counters SET value = {last + 2 * sale.copies} WHERE name = 'audit'"))


def _marks() -> dict[str, int]:
    with db.engine.connect() as connection:
        session = Session(connection)
        return {one.name: bulk.largest_key(session, one) for one in db.metadata.sorted_tables if "id" in one.c}


def _array(words: str) -> str:
    return f"ARRAY[{', '.join(repr(word) for word in words.split())}]"
