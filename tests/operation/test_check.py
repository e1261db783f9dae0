"""`flask check` tries what the portal stands on; no command ends with a trace where words can be expected."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from portal import create_app
from portal.settings import Settings
from tests import applications
from tests.operation.test_backup import flask

Env = dict[str, str]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def env(app, portal_env: Env) -> Env:
    return {"BASE_URL": "http://localhost", **portal_env}


def run(env: Env, *words: str) -> tuple[int, str]:
    """Status and words of a command; an error that it lets out fails the test."""
    with patch.dict(os.environ, FLASK_RUN_FROM_CLI="true"), applications.extensions_kept():
        app = create_app(Settings.from_env(env))
        result = app.test_cli_runner(catch_exceptions=False).invoke(args=list(words))
        applications.close(app)
    return result.exit_code, result.output


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def occupied(tmp_path: Path) -> Path:
    """A file where a folder is wanted: nobody can write there, not even root."""
    file = tmp_path / "occupied"
    file.write_text("")
    return file


def failed(said: str) -> list[str]:
    return [line.removeprefix("✗ ") for line in said.splitlines() if line.startswith("✗")]


def words_of(said: str) -> str:
    """What a command ends with; before it there are lines of the log only."""
    *lines, last = said.splitlines()
    assert all(line.startswith("{") for line in lines), said
    assert last.startswith("Error: ")
    return last


@pytest.mark.one_database
def test_a_portal_that_has_all_it_needs_says_so(env):
    status, said = run(env, "check")
    assert status == 0, said
    parts = ["database", "schema", "redis", "storage", "pdf engine", "signing", "bank", "mail"]
    assert said.splitlines() == [f"✓ {part}" for part in parts]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("DATABASE_URL", "postgresql://portal:secret@127.0.0.1:{port}/portal", "database: DATABASE_URL: "),
        ("DATABASE_URL", "sqlite:///{occupied}/portal.sqlite", "database: DATABASE_URL: unable to open"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:{port}/0", "redis: REDIS_URL: "),
        ("REDIS_URL", "{other_password}", "redis: REDIS_URL: its password"),
        ("STORAGE_URL", "file://{occupied}/files", "storage: STORAGE_URL, {occupied}/files: "),
        (
            "STORAGE_URL",
            "s3://files?endpoint=http://127.0.0.1:{port}",
            "storage: STORAGE_URL: the store does not answer",
        ),
        ("MIN_FREE_DISK_MB", "999999999", "storage: STORAGE_URL"),
        ("SIGNING_CERTIFICATE", "", "signing: SIGNING_CERTIFICATE is missing"),
        ("SIGNING_CERTIFICATE", "{occupied}", "signing: SIGNING_CERTIFICATE, {occupied}: no PKCS#12 file"),
        ("SIGNING_PASSWORD", "another", "signing: SIGNING_CERTIFICATE, "),
        ("TIMESTAMP_URL", "http://127.0.0.1:{port}/tsr", "signing: TIMESTAMP_URL: it gives no time stamp"),
        ("BANK_URL", "http://127.0.0.1:{port}", "bank: BANK_URL: http://127.0.0.1:{port}/v1/banks does not answer"),
        ("BANK_API_KEY", "another", "bank: BANK_API_KEY: the bank refuses it (401)"),
        ("MAIL_PORT", "{port}", "mail: MAIL_SERVER"),
        ("MAIL_USE_TLS", "1", "mail: MAIL_SERVER"),
    ],
)
def test_what_can_not_be_used_is_named_with_what_to_do(env, occupied, name, value, line):
    other = env["REDIS_URL"].replace("@", "x@")
    words = {"port": closed_port(), "occupied": occupied, "other_password": other}
    status, said = run({**env, name: value.format(**words)}, "check")
    assert status == 1
    (only,) = failed(said)
    assert only.startswith(line.format(**words))
    assert "secret" not in said


@pytest.mark.one_database
def test_all_is_tried_and_causes_come_first(env, tmp_path, occupied):
    port = str(closed_port())
    away = {"REDIS_URL": f"redis://127.0.0.1:{port}/0", "BANK_URL": f"http://127.0.0.1:{port}", "MAIL_PORT": port}
    _, said = run({**env, **away, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite"}, "check")
    assert [line.split(":")[0] for line in failed(said)] == ["schema", "redis", "bank", "mail"]
    assert "flask --app wsgi db upgrade" in said


@pytest.mark.one_database
def test_an_engine_that_is_not_there_is_named_with_the_line_that_installs_it(env, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    _, said = run(env, "check")
    assert failed(said) == [
        "pdf engine: wkhtmltopdf is not installed: " + "apt-get install --no-install-recommends wkhtmltopdf"
    ]


@pytest.mark.one_database
def test_an_address_of_the_bank_with_a_path_is_doubted_at_each_check(env):
    odd = {**env, "BANK_URL": env["BANK_URL"] + "/v1"}
    for _ in range(2):
        status, said = run(odd, "check")
        assert said.startswith("? settings: BANK_URL has a path, /v1")
        assert status == 1
        assert failed(said)[0].startswith("bank: BANK_URL: ")


COMMANDS = {
    "verify-audit": (),
    "reconcile": (),
    "seed": (),
    "reset-second-step": ("nadie",),
    "codigo": ("nadie",),
    "backup": ("{place}/copy",),
}


@pytest.mark.one_database
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("address", ["sqlite:///{occupied}/portal.sqlite", "sqlite:///{place}/empty.sqlite"])
def test_a_command_without_its_database_ends_with_words(env, occupied, tmp_path, command, address):
    words = {"occupied": occupied, "place": tmp_path}
    arguments = [word.format(**words) for word in COMMANDS[command]]
    status, said = run({**env, "DATABASE_URL": address.format(**words)}, command, *arguments)
    assert status == 1
    assert words_of(said)


@pytest.mark.one_database
def test_a_backup_to_where_nobody_can_write_ends_with_words(env, occupied):
    status, said = run(env, "backup", str(occupied / "copy"))
    assert status == 1
    assert str(occupied) in words_of(said)


@pytest.mark.one_database
@pytest.mark.parametrize("setting", ["REDIS_URL", "DATABASE_URL", "MAIL_DEFAULT_SENDER", "SUPPORT_PHONE"])
def test_nonsense_in_a_setting_ends_a_command_with_its_name(env, setting):
    told = flask({**env, setting: "nonsense"}, "check")
    assert told.returncode != 0
    assert f"- {setting} must be" in told.stdout
    assert "Traceback" not in told.stdout
