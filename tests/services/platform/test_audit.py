"""The audit chain: whole after any work, and broken where a row was altered or taken out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
from sqlalchemy import select, text

from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import AuditEntry
from portal.models.transaction import writing
from portal.services.operation import audit_heads
from portal.services.platform import audit, encryption, numbering
from tests.factories import Stage, beneficiary
from tests.services.at_once import at_once
from tests.serving import serving

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
        "INSERT INTO audit (id, at, action, subject, details, key_id, previous_hash, hash) "
        "SELECT 6, at, action, subject, details, key_id, hash, hash FROM audit WHERE id = 5"
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
            row.key_id = last.key_id
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
    told = f"The audit is whole: 5 rows. It ends with 5:{last.hash}\n"
    assert (whole.exit_code, whole.output) == (0, told)
    chain("UPDATE audit SET subject = 'S-9' WHERE id = 3")
    broken = runner.invoke(args=["verify-audit"])
    assert broken.exit_code == 1
    assert "row 3" in broken.output


@pytest.fixture
def made_anew(chain, call):
    """Who writes to the database, and knows how hashes were made before there was a key, makes rows as they like."""

    def made_anew(first: int, last: int = 5) -> None:
        with writing() as session:
            previous = session.get_one(AuditEntry, first - 1).hash if first > 1 else "0" * 64
            for number in range(first, last + 1):
                row = session.get_one(AuditEntry, number)
                row.subject, row.key_id, row.previous_hash = f"X-{number}", None, previous
                row.hash = previous = audit.entry_hash(row)

    return lambda *rows: call(made_anew, *rows)


@pytest.mark.parametrize(("first", "found_at"), [(1, 5), (3, 3), (5, 5)])
def test_a_chain_made_anew_without_the_key_is_found(call, made_anew, first, found_at):
    made_anew(first)
    assert call(audit.first_broken) == found_at


def test_rows_from_before_there_was_a_key_stay_good_under_those_that_have_one(call, made_anew):
    """As a release leaves them that knew no key: the next seed goes on with one."""
    made_anew(1)
    call(audit.begin_keys)
    call(audit.begin_keys)
    assert call(audit.first_broken) is None
    assert call(audit.length) == 6


def test_without_its_key_a_row_can_not_be_made(call, app, chain, monkeypatch):
    """Whoever has the database and this code, and another key."""

    def forge() -> None:
        with writing() as session:
            row = session.get_one(AuditEntry, 5)
            row.subject = "X-5"
            row.hash = audit.entry_hash(row)

    settings = app.config["PORTAL"]
    other = replace(settings, secret_key="k3y of somebody else, long enough for it")
    with monkeypatch.context() as patch:
        patch.setitem(app.config, "PORTAL", other)
        with pytest.raises(audit.UnknownKey):
            call(forge)
        patch.setattr(audit, "audit_keys", lambda: dict.fromkeys(audit_keys_of(app, settings), b"k" * 32))
        call(forge)
    assert call(audit.first_broken) == 5


def audit_keys_of(app, settings):
    with app.app_context():
        app.config["PORTAL"], kept = settings, app.config["PORTAL"]
        try:
            return list(encryption.audit_keys())
        finally:
            app.config["PORTAL"] = kept


def test_rows_keep_verifying_when_the_key_is_changed_and_not_when_it_is_lost(call, app, chain, monkeypatch):
    settings = app.config["PORTAL"]
    newer = replace(settings, audit_key="a key of the audit's own, and long enough")
    newest = replace(newer, audit_key="another, of the year after, long too", audit_key_fallbacks=(newer.audit_key,))

    def note() -> None:
        with writing():
            audit.record(SOMEBODY, "test.command", "S-6")

    for later in (newer, newest):
        monkeypatch.setitem(app.config, "PORTAL", later)
        call(note)
        assert call(audit.first_broken) is None
    monkeypatch.setitem(app.config, "PORTAL", replace(newest, audit_key_fallbacks=()))
    with pytest.raises(audit.UnknownKey, match="row 6"):
        call(audit.first_broken)
    told = app.test_cli_runner().invoke(args=["verify-audit"])
    assert told.exit_code == 1
    assert "row 6 has a key that is neither AUDIT_KEY" in told.output


def test_a_tail_cut_off_with_its_counter_is_found_by_what_was_told_elsewhere(app, call, chain):
    runner = app.test_cli_runner()
    number, its_hash = call(audit.last)
    head = f"2026-11-30T05:00:00+00:00 {number}:{its_hash}"
    assert runner.invoke(args=["verify-audit", "--head", head]).exit_code == 0
    chain("DELETE FROM audit WHERE id > 3")
    chain("UPDATE counters SET value = 3 WHERE name = 'audit'")
    assert runner.invoke(args=["verify-audit"]).exit_code == 0  # nothing in the house tells it
    cut = runner.invoke(args=["verify-audit", "--head", f"3:{call(audit.last)[1]}", "--head", head])
    assert cut.exit_code == 1
    assert "its row 5 was another, cut off or made anew" in cut.output
    odd = runner.invoke(args=["verify-audit", "--head", "five"])
    assert (odd.exit_code, "no end of the audit" in odd.output) == (1, True)


def test_the_end_leaves_the_house_by_file_by_mail_and_by_http(app, call, chain, monkeypatch, tmp_path, mailbox):
    number, its_hash = call(audit.last)
    kept = tmp_path / "heads"
    received = []

    class Keeper(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

    def tell(to: str) -> None:
        monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], audit_heads_to=to))
        call(audit_heads.tell)

    tell("")
    tell(kept.as_uri())
    tell(kept.as_uri())
    with serving(Keeper) as url:
        tell(f"{url}/heads")
    tell("mailto:auditor@example.com")
    (mail,) = mailbox.store.mails()
    assert mail.envelope_to == ["auditor@example.com"]
    lines = [*kept.read_text().splitlines(), *received, (mail.body("plain") or "").splitlines()[-1]]
    assert len(lines) == 4
    for line in lines:
        assert line.endswith(f" {number}:{its_hash}")
        assert app.test_cli_runner().invoke(args=["verify-audit", "--head", line]).exit_code == 0


@pytest.mark.parametrize("to", ["file:///dev/null/heads", "http://127.0.0.1:9/heads"])
def test_what_could_not_be_told_fails_its_round_and_is_said(app, call, chain, monkeypatch, to):
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], audit_heads_to=to))
    with pytest.raises((OSError, httpx.HTTPError)):
        call(audit_heads.tell)
