"""The drill: a copy is made while people buy, brought to an empty place, and everything that must hold does."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import subprocess
import tempfile
import threading
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import create_app
from portal.domain import clock
from portal.extensions import db
from portal.models import Document
from portal.models.transaction import writing
from portal.services.authentication import sessions, signing_in
from portal.services.operation import metrics
from portal.services.platform import heartbeats
from portal.settings import DATABASE_CLIENT, Settings
from tests import applications, servers
from tests.factories import Factories
from tests.processes import PATIENCE, Fork, stop, until, web_server

Env = dict[str, str]
Flasked = subprocess.CompletedProcess[str]

_places = iter(range(1000))


def flask(env: Env, *words: object) -> Flasked:
    """A command over the settings `env`, as an operator types it. What it says is not told apart."""
    arguments = list(map(str, words))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        command = Fork("flask", "--app", "wsgi", *arguments, env=env, log=log)
        try:
            status = command.wait(PATIENCE)
        finally:
            stop(command)
        said = log.read_text()
    return Flasked(arguments, status, said, said)


def run(env: Env, *words: object) -> Flasked:
    """The same in this process, an application of its own: two seconds less a command."""
    arguments = list(map(str, words))
    with patch.dict(os.environ, PGPASSWORD=env["PGPASSWORD"], FLASK_RUN_FROM_CLI="true"):
        app = create_app(Settings.from_env(env))
        result = app.test_cli_runner().invoke(args=arguments)
        applications.close(app)
    trouble = "".join(traceback.format_exception(*result.exc_info)) if result.exc_info else ""
    said = trouble if result.exception and not isinstance(result.exception, SystemExit) else ""
    return Flasked(arguments, result.exit_code, result.stdout, result.stderr + said)


@pytest.fixture
def env(portal_env: Env) -> Env:
    """The settings of the portal that is copied."""
    return {"BASE_URL": "http://localhost", **portal_env, "PGPASSWORD": "not this one"}


@pytest.fixture
def elsewhere(env: Env, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Env]:
    """The settings of an empty portal of the same kind: `elsewhere()`."""

    def elsewhere() -> Env:
        place = tmp_path / f"elsewhere-{next(_places)}"
        if env["DATABASE_URL"].startswith("sqlite"):
            url = f"sqlite:///{place / 'portal.sqlite'}"
        else:
            server: servers.PostgresServer = request.getfixturevalue("postgres")
            url = server.create(f"elsewhere_{next(_places)}_{os.getpid()}")
        return {**env, "DATABASE_URL": url, "PORTAL_DATA": str(place)}

    return elsewhere


@pytest.fixture
def sold(make: Factories, drain: Callable[[], int]) -> Factories:
    """A portal with two policies, their documents and mails."""
    for _ in range(2):
        make.policy(make.customer())
    drain()
    return make


@pytest.fixture(scope="session")
def copies() -> dict[str, Path]:
    """A copy of such a portal by its database's address, once it was made."""
    return {}


@pytest.fixture
def copy(
    app: Flask,
    copies: dict[str, Path],
    env: Env,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A copy of a portal with two policies, to do with what one likes."""
    if env["DATABASE_URL"] not in copies:
        request.getfixturevalue("sold")
        made = run(env, "backup", tmp_path_factory.mktemp("copy") / "copy")
        assert made.returncode == 0, made.stderr
        copies[env["DATABASE_URL"]] = Path(made.args[-1])
    return Path(shutil.copytree(copies[env["DATABASE_URL"]], tmp_path / "copy"))


def manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text()))


def count(app: Flask, table: str) -> int:
    with app.app_context(), closing(db.engine.connect()) as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_a_copy_made_while_people_buy_comes_back_whole(
    app: Flask, sold: Factories, env: Env, elsewhere: Callable[[], Env], tmp_path: Path
) -> None:
    stop, sales = threading.Event(), 0

    def sell() -> None:
        nonlocal sales
        while not stop.is_set():
            sold.policy(sold.customer())
            sales += 1

    selling = threading.Thread(target=sell)
    selling.start()
    try:
        until(lambda: sales > 0, "people buy")
        before = sales
        made = flask(env, "backup", tmp_path / "copy")
        until(lambda: sales > before, "people went on buying")
    finally:
        stop.set()
        selling.join()
    assert made.returncode == 0, made.stderr
    counts = manifest(tmp_path / "copy")["counts"]
    assert 3 <= counts["policies"] <= count(app, "policies")

    target = elsewhere()
    restored = flask(target, "restore", tmp_path / "copy")
    assert restored.returncode == 0, restored.stderr
    for words in ("auditoría está completa", "uno a uno", "no tiene saltos", "con la huella", "El esquema es"):
        assert words in restored.stdout
    again = flask(target, "backup", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    first, second = manifest(tmp_path / "copy"), manifest(tmp_path / "again")
    assert second["counts"] == counts
    files = {name: digest for name, digest in first["parts"].items() if name.startswith("files/")}
    assert len(files) == 2
    assert files.items() <= second["parts"].items()


def test_a_copy_is_whole_or_not_there_and_its_owners_alone(copy: Path, env: Env) -> None:
    assert [one.name for one in copy.parent.iterdir() if one.name.startswith(".")] == []
    assert copy.stat().st_mode & 0o077 == 0
    told = manifest(copy)
    there = {str(one.relative_to(copy)) for one in copy.rglob("*") if one.is_file()}
    assert there == {"manifest.json", *told["parts"]}
    assert told["damaged"] == []
    refused = run(env, "backup", copy)
    assert (refused.returncode, "ya existe" in refused.stderr) == (1, True)


@pytest.mark.parametrize("harm", ["flipped byte", "missing file", "truncated dump", "torn manifest"])
def test_a_copy_that_is_not_whole_is_refused_before_anything_is_touched(
    copy: Path, elsewhere: Callable[[], Env], harm: str
) -> None:
    (dump,) = copy.glob("database.*")
    document = next(one for one in copy.rglob("*.pdf"))
    if harm == "flipped byte":
        content = bytearray(document.read_bytes())
        content[len(content) // 2] ^= 1
        document.write_bytes(content)
    elif harm == "missing file":
        document.unlink()
    elif harm == "truncated dump":
        os.truncate(dump, dump.stat().st_size // 2)
    else:
        os.truncate(copy / "manifest.json", 100)
    words = {
        "flipped byte": f"{document.relative_to(copy)} de la copia está dañado",
        "missing file": f"A la copia le falta {document.relative_to(copy)}",
        "truncated dump": f"{dump.name} de la copia está dañado",
        "torn manifest": "no se puede leer",
    }
    target = elsewhere()
    refused = run(target, "restore", copy)
    assert (refused.returncode, words[harm] in refused.stderr) == (1, True), refused.stderr
    assert "Traceback" not in refused.stderr
    assert not list(Path(target["PORTAL_DATA"]).rglob("*.pdf"))


def test_a_dump_that_cannot_be_read_is_refused_though_its_hash_is_right(
    copy: Path, elsewhere: Callable[[], Env]
) -> None:
    (dump,) = copy.glob("database.*")
    os.truncate(dump, dump.stat().st_size // 2)
    told = manifest(copy)
    told["parts"][dump.name] = hashlib.sha256(dump.read_bytes()).hexdigest()
    (copy / "manifest.json").write_text(json.dumps(told))
    refused = run(elsewhere(), "restore", copy)
    assert (refused.returncode, "La copia de la base de datos está dañada" in refused.stderr) == (1, True)


def test_what_is_there_is_replaced_only_when_asked(
    app: Flask, copy: Path, elsewhere: Callable[[], Env], tmp_path: Path
) -> None:
    target = elsewhere()
    assert run(target, "restore", copy).returncode == 0
    refused = run(target, "restore", copy)
    assert (refused.returncode, "--replace" in refused.stderr) == (1, True)
    harmed = next(Path(target["PORTAL_DATA"]).rglob("*.pdf"))
    harmed.write_bytes(b"not a policy")
    replaced = run(target, "restore", copy, "--replace")
    assert replaced.returncode == 0, replaced.stderr
    assert harmed.read_bytes().startswith(b"%PDF")


def test_a_portal_that_is_at_work_is_not_replaced(app: Flask, copy: Path, env: Env) -> None:
    with app.app_context():
        heartbeats.beat("mail@here:1", "mail", clock.now())
    refused = run(env, "restore", copy, "--replace")
    assert (refused.returncode, "está en marcha" in refused.stderr) == (1, True), refused.stderr
    with app.app_context():
        heartbeats.remove("mail@here:1")
        db.engine.dispose()
    replaced = run(env, "restore", copy, "--replace")
    assert replaced.returncode == 0, replaced.stderr


def test_a_web_process_alone_is_enough_to_refuse(
    app: Flask, sold: Factories, copy: Path, env: Env, tmp_path: Path
) -> None:
    with app.app_context():
        policies = count(app, "policies")
        db.engine.dispose()
    with web_server(env, tmp_path / "web.log") as web:
        assert httpx.get(f"{web.url}/readyz", timeout=PATIENCE, trust_env=False).status_code == 200
        refused = flask(env, "restore", copy, "--replace")  # it only holds its connection: no request is running
        assert (refused.returncode, "también los de la web" in refused.stderr) == (1, True), refused.stderr
        assert httpx.get(f"{web.url}/readyz", timeout=PATIENCE, trust_env=False).status_code == 200
    replaced = flask(env, "restore", copy, "--replace")
    assert replaced.returncode == 0, replaced.stderr
    assert count(app, "policies") == policies


def test_the_restore_does_not_take_itself_for_a_process_of_the_portal(
    app: Flask, copy: Path, env: Env, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        db.engine.dispose()
    monkeypatch.setenv("PGAPPNAME", DATABASE_CLIENT)  # as an operator may have it, and so in DATABASE_URL
    replaced = run(env, "restore", copy, "--replace")
    assert replaced.returncode == 0, replaced.stderr


def test_a_session_that_was_closed_since_the_copy_stays_closed(
    app: Flask, make: Factories, env: Env, tmp_path: Path
) -> None:
    someone = make.customer()
    token = make.session(someone)
    assert flask(env, "backup", tmp_path / "copy").returncode == 0
    with app.app_context():
        signing_in.sign_out(token, someone.actor)
        db.engine.dispose()
    restored = flask(env, "restore", tmp_path / "copy", "--replace")
    assert (restored.returncode, "tenía abiertas (1) se cerraron" in restored.stdout) == (0, True), restored.stderr
    with app.app_context():
        assert sessions.load(token) is None


def test_what_does_not_hold_afterwards_is_said(
    app: Flask, sold: Factories, env: Env, elsewhere: Callable[[], Env], tmp_path: Path
) -> None:
    with app.app_context(), closing(db.engine.connect()) as connection:
        connection.exec_driver_sql("UPDATE audit SET subject = 'another' WHERE id = 2")
        connection.commit()
    assert run(env, "backup", tmp_path / "copy").returncode == 0
    restored = run(elsewhere(), "restore", tmp_path / "copy")
    assert (restored.returncode, "auditoría está rota en la fila 2" in restored.stderr) == (1, True), restored.stderr


def test_a_document_whose_file_is_gone_is_named_and_the_rest_is_copied(
    app: Flask, sold: Factories, env: Env, tmp_path: Path
) -> None:
    with app.app_context():
        key = db.session.scalars(select(Document.storage_key).limit(1)).one()
    lost = Path(env["PORTAL_DATA"], "files", str(key))
    kept = lost.read_bytes()
    lost.unlink()
    try:
        made = run(env, "backup", tmp_path / "copy")
    finally:
        lost.write_bytes(kept)
    assert (made.returncode, "1 documentos" in made.stderr) == (1, True)
    assert manifest(tmp_path / "copy")["damaged"] == [key]


def test_no_command_says_a_password(copy: Path, elsewhere: Callable[[], Env], tmp_path: Path) -> None:
    target = elsewhere()
    said = [run(target, "restore", copy), run(target, "backup", tmp_path / "again")]
    broken = {**target, "DATABASE_URL": target["DATABASE_URL"].replace("elsewhere", "nowhere")}
    said += [run(broken, "backup", tmp_path / "third"), run(broken, "restore", copy)]
    for one in said:
        assert not any(part in one.stdout + one.stderr for part in (servers.PASSWORD, "secret"))
        assert one.returncode == 0 or "Traceback" not in one.stderr, one.stderr


def test_a_copy_of_the_other_kind_or_of_another_schema_is_refused(copy: Path, elsewhere: Callable[[], Env]) -> None:
    told = manifest(copy)
    (copy / "manifest.json").write_text(json.dumps({**told, "revision": "0001"}))
    assert "La copia es del esquema 0001" in run(elsewhere(), "restore", copy).stderr
    (copy / "manifest.json").write_text(json.dumps({**told, "database": "another"}))
    assert "La copia es de another" in run(elsewhere(), "restore", copy).stderr


def test_a_copy_that_failed_or_is_late_is_known_to_the_alarms(
    app: Flask, sold: Factories, env: Env, tmp_path: Path, clock: Callable[..., None]
) -> None:
    def known() -> metrics.Figures:
        with app.app_context():
            return metrics.figures()

    assert (known().backup_age, known().backup_failed) == (math.inf, False), "none was ever tried"
    assert run(env, "backup", tmp_path / "copy").returncode == 0
    assert (known().backup_age < 300, known().backup_failed) == (True, False)
    (tmp_path / "file").touch()
    for nowhere in (tmp_path / "copy", tmp_path / "file" / "copy"):
        failed = run(env, "backup", nowhere)
        assert (failed.returncode, "Traceback" in failed.stderr) == (1, False), failed.stderr
        assert (known().backup_age < 300, known().backup_failed) == (True, True)
    assert run(env, "backup", tmp_path / "again").returncode == 0
    assert not known().backup_failed
    clock(hours=9)
    assert known().backup_age > 8 * 3600
    with app.app_context(), writing() as session:
        session.execute(update(Document).values(sha256="0" * 64))
    assert run(env, "backup", tmp_path / "damaged").returncode == 1
    assert (known().backup_age < 300 + 9 * 3600, known().backup_failed) == (True, True), "it misses documents"


def test_a_copy_made_at_work_can_be_restored_twice_within_a_minute(
    app: Flask, sold: Factories, env: Env, elsewhere: Callable[[], Env], tmp_path: Path
) -> None:
    with app.app_context():
        heartbeats.beat("mail@here:1", "mail", clock.now())
    assert run(env, "backup", tmp_path / "copy").returncode == 0
    assert manifest(tmp_path / "copy")["counts"]["heartbeats"] == 1
    target = elsewhere()
    for _ in range(2):
        restored = run(target, "restore", tmp_path / "copy", "--replace")
        assert restored.returncode == 0, restored.stderr
    with app.app_context():
        heartbeats.remove("mail@here:1")
