"""The audit chain: whole after any work, and broken where a row was altered or taken out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import AuditEntry
from portal.models.transaction import writing
from portal.services.platform import audit, numbering
from tests.factories import Stage, beneficiary
from tests.services.at_once import at_once

SOMEBODY = Actor(None, "system")


@pytest.fixture
def chain(call):
    """Five commands; then what is done to the table behind the portal's back."""

    def note(number: int) -> None:
        with writing():
            audit.record(SOMEBODY, "test.command", f"S-{number}", amount="72.92", number=number)

    for number in range(1, 6):
        call(note, number)

    def behind_its_back(statement: str, **values: object) -> None:
        def use_case() -> None:
            with writing():
                db.session.execute(text(statement), values)

        call(use_case)

    return behind_its_back


def test_an_empty_chain_is_whole(call):
    assert call(audit.first_broken) is None


def test_the_chain_of_a_whole_sale_is_whole(call, make, drain):
    juana = make.customer()
    make.purchase(juana, Stage.PAID, named=[beneficiary()])
    drain()
    assert call(audit.first_broken) is None


def test_the_chain_is_whole_however_many_write_at_once(app, call):
    def note(number: int) -> None:
        with writing():
            audit.record(SOMEBODY, "test.command", f"S-{number}")
            if number % 4 == 0:
                raise LookupError

    at_once(app, 16, note)
    assert call(audit.first_broken) is None
    assert call(lambda: db.session.scalars(text("SELECT count(*) FROM audit")).one()) == 12


ALTERED = {
    "its action": ("UPDATE audit SET action = :v WHERE id = 3", "other.command"),
    "its subject": ("UPDATE audit SET subject = :v WHERE id = 3", "S-9"),
    "its details": ("UPDATE audit SET details = :v WHERE id = 3", json.dumps({"amount": "1.00", "number": 3})),
    "its moment": ("UPDATE audit SET at = :v WHERE id = 3", "2020-01-01 00:00:00.000000"),
    "its own hash": ("UPDATE audit SET hash = :v WHERE id = 3", "0" * 64),
    "the hash before it": ("UPDATE audit SET previous_hash = :v WHERE id = 3", "0" * 64),
}


@pytest.mark.parametrize(("statement", "value"), ALTERED.values(), ids=ALTERED)
def test_a_row_altered_in_anything_is_found(call, chain, statement, value):
    assert call(audit.first_broken) is None
    chain(statement, v=value)
    assert call(audit.first_broken) == 3


def test_an_altered_row_with_a_new_hash_is_found_at_the_next(call, chain):
    def rewrite() -> None:
        with writing() as session:
            row = session.get_one(AuditEntry, 3)
            row.subject = "S-9"
            row.hash = audit.entry_hash(row)

    call(rewrite)
    assert call(audit.first_broken) == 4


@pytest.mark.parametrize(
    ("taken_out", "found_at"), [("id = 1", 1), ("id = 3", 3), ("id = 5", 5), ("id >= 4", 4), ("id > 0", 1)]
)
def test_a_row_taken_out_is_found_be_it_the_last(call, chain, taken_out, found_at):
    chain(f"DELETE FROM audit WHERE {taken_out}")
    assert call(audit.first_broken) == found_at


def test_a_row_put_in_is_found(call, chain):
    chain(
        "INSERT INTO audit (id, at, action, subject, details, previous_hash, hash) "
        "SELECT 6, at, action, subject, details, hash, hash FROM audit WHERE id = 5"
    )
    assert call(audit.first_broken) == 6


def test_a_row_put_in_at_the_end_is_found_though_its_hashes_are_right(call, chain):
    """Whoever writes to the table knows how a hash is made; what was never counted can't have been a command."""

    def forge() -> None:
        with writing() as session:
            last = session.get_one(AuditEntry, 5)
            row = AuditEntry(
                id=6, at=last.at, action="test.command", subject="S-6", details={}, previous_hash=last.hash
            )
            row.hash = audit.entry_hash(row)
            session.add(row)

    call(forge)
    assert call(audit.first_broken) == 6


def test_the_proof_holds_while_commands_go_on(call, chain, monkeypatch):
    """Each question sees what was committed until it was asked: commands come before and after that for the end."""
    asked = numbering.last_value

    def command() -> None:
        with writing():
            audit.record(SOMEBODY, "test.command", "S-9")

    def amid_commands(name: str) -> int | None:
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(call, command).result()
            value = asked(name)
            elsewhere.submit(call, command).result()
        return value

    monkeypatch.setattr(audit, "last_value", amid_commands)
    assert call(audit.first_broken) is None
    assert call(asked, "audit") > 5


def test_the_command_says_that_the_chain_is_whole_and_fails_when_it_is_not(app, rows, chain):
    runner = app.test_cli_runner()
    whole = runner.invoke(args=["verify-audit"])
    last = rows(select(AuditEntry))[-1]
    told = f"The audit is whole: 5 rows. The hash of the last one: {last.hash}\n"
    assert (whole.exit_code, whole.output) == (0, told)
    chain("UPDATE audit SET subject = 'S-9' WHERE id = 3")
    broken = runner.invoke(args=["verify-audit"])
    assert broken.exit_code == 1
    assert "row 3" in broken.output
