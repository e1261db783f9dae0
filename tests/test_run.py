"""`./run`: what it embeds, what it refuses, and that it leaves nothing behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from honcho.printer import Message

from portal.integrations.signing_certificate import identity
from sandbox import certificate
from sandbox.console import Console
from sandbox.embedded import CERTIFICATE, HOST, compose, free_port
from tests.processes import PATIENCE, ROOT, bare_env, process, until

GIVEN = {
    "DATABASE_URL": "postgresql+psycopg://portal@db/portal",
    "REDIS_URL": "redis://queue/0",
    "MAIL_SERVER": "smtp.massiv.example",
    "BANK_URL": "https://banco.example",
}
PARTS = {"redis", "bank", "mailbox", "web", "workers"}


def parts(given: dict[str, str], data: Path) -> set[str]:
    return {part.name for part in compose(given, data).parts}


def test_everything_is_embedded_when_nothing_is_given(tmp_path: Path) -> None:
    found = compose({}, tmp_path)
    assert {part.name for part in found.parts} == {"redis", "bank", "mailbox"}
    assert found.env["DATABASE_URL"] == f"sqlite:///{tmp_path}/portal.sqlite"
    assert found.env["BASE_URL"] == "http://localhost:8000"
    assert found.mailbox_url


def test_the_demo_is_played_only_where_bank_and_database_are_the_folders_own(tmp_path: Path) -> None:
    assert compose({}, tmp_path).ledger == tmp_path / "bank.sqlite"
    for given in ({"BANK_URL": GIVEN["BANK_URL"]}, {"DATABASE_URL": "sqlite:////srv/mine.sqlite"}):
        assert compose(given, tmp_path).ledger is None


@pytest.mark.parametrize(
    ("setting", "part"), [("REDIS_URL", "redis"), ("MAIL_SERVER", "mailbox"), ("BANK_URL", "bank")]
)
def test_a_setting_given_replaces_its_embedded_part(tmp_path: Path, setting: str, part: str) -> None:
    found = compose({setting: GIVEN[setting]}, tmp_path)
    assert part not in {one.name for one in found.parts}
    assert found.env[setting] == GIVEN[setting]
    assert len(found.parts) == 2


def test_every_other_setting_that_is_given_is_kept(tmp_path: Path) -> None:
    given = {"SECRET_KEY": "mine", "BASE_URL": "http://portal.local", "PORT": "8123", "SUPPORT_PHONE": "(01) 611 0000"}
    assert given.items() <= compose(given, tmp_path).env.items()


def test_an_empty_setting_is_none(tmp_path: Path) -> None:
    assert "redis" in parts({"REDIS_URL": ""}, tmp_path)


def test_production_gets_nothing_that_is_not_given(tmp_path: Path) -> None:
    found = compose({"PORTAL_ENV": "production"}, tmp_path)
    given = {name for name in found.env if not name.startswith("MALLOC_")}
    assert (found.parts, given) == ([], {"PORTAL_ENV", "PORTAL_DATA"})


def test_secrets_and_ports_stay_from_one_start_to_the_next(tmp_path: Path) -> None:
    first, second = compose({}, tmp_path), compose({}, tmp_path)
    assert first.env == second.env
    assert len(first.env["SECRET_KEY"]) >= 32


def test_a_port_that_somebody_took_meanwhile_is_changed(tmp_path: Path) -> None:
    taken = int(compose({}, tmp_path).env["MAIL_PORT"])
    with socket.create_server((HOST, taken)):
        assert int(compose({}, tmp_path).env["MAIL_PORT"]) != taken


def test_a_command_beside_a_portal_that_runs_takes_its_ports_and_changes_nothing(tmp_path: Path) -> None:
    env = compose({}, tmp_path).env
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")}
    with socket.create_server((HOST, int(env["MAIL_PORT"]))):
        assert compose({}, tmp_path, starting=False).env == env
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*")} == before


def test_the_mailbox_has_a_port_beside_the_portals_and_says_when_another_one_took_it(tmp_path: Path) -> None:
    port = free_port()
    given = {"PORT": str(port - 25)}
    assert compose(given, tmp_path / "one").mailbox_url == f"http://localhost:{port}"
    with socket.create_server((HOST, port)):
        assert str(port) not in str(compose(given, tmp_path / "two").mailbox_url)
        moved = compose(given, tmp_path / "one")
        assert str(port) not in str(moved.mailbox_url)
        assert moved.mailbox_moved == f"port {port} is taken"
    stays = compose(given, tmp_path / "one")
    assert (stays.mailbox_url, stays.mailbox_moved) == (moved.mailbox_url, "")


def test_the_console_shows_errors_alone_and_keeps_every_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ['{"event": "request", "level": "info"}', "bank ready port=1", '{"event": "job_failed", "level": "error"}']
    said = [*(("web", one) for one in lines), ("redis", "Out of memory"), ("system", "web started (pid=7)")]
    with contextlib.closing(Console(tmp_path / "portal.log")) as console:
        for name, line in said:
            console.write(Message("line", f"{line}\n".encode(), datetime.now(UTC), name, None))
    assert [line.partition("| ")[2] for line in capsys.readouterr().out.splitlines()] == [lines[2], "Out of memory"]
    assert len(console.file.read_text().splitlines()) == 5


def test_two_portals_share_neither_port_nor_secret(tmp_path: Path) -> None:
    one, two = (compose({}, tmp_path / name).env for name in ("one", "two"))
    for setting in ("SECRET_KEY", "REDIS_URL", "BANK_URL", "BANK_API_KEY", "MAIL_PORT", "DATABASE_URL"):
        assert one[setting] != two[setting]


def test_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    compose({}, tmp_path)
    certificate.make(tmp_path / CERTIFICATE, "secreto")
    for file in (tmp_path / "embedded.json", tmp_path / "redis" / "redis.conf", tmp_path / CERTIFICATE):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@contextmanager
def started(data: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`./run` after its installing part, until the portal answers."""
    env = {"PORTAL_DATA": str(data), "PORT": str(port)}
    with process([sys.executable, "-m", "sandbox.start"], log, env=env) as running:
        until(lambda: "Ctrl-C ends" in log.read_text() or running.poll() is not None, "the portal answers")
        assert running.poll() is None, log.read_text()
        yield running


def refused(data: Path, port: int, **settings: str) -> str:
    """What a start that must not succeed says."""
    env = bare_env() | {"PORTAL_DATA": str(data), "PORT": str(port)} | settings
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.start"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    return done.stderr


def alive(data: Path) -> list[str]:
    """Processes that were started over this folder, whoever started them."""
    found = []
    for process_folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"PORTAL_DATA={data}\0".encode() in (process_folder / "environ").read_bytes():
                found.append((process_folder / "cmdline").read_text().replace("\0", " "))
    return found


def is_left(data: Path) -> bool:
    """Whether another start may have the folder: nobody works on it, and the last one's end is through."""
    with (data / "run.lock").open() as file, contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return not alive(data)
    return False


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def answer(url: str) -> str:
    """What is read there, or nothing while nobody answers."""
    with contextlib.suppress(OSError):
        return read(url)
    return ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


def test_one_command_starts_the_portal_and_ctrl_c_ends_all_of_it(folder: Path) -> None:
    data, port, log = folder / "data", free_port(), folder / "log"
    with started(data, port, log) as running:
        said = log.read_text()
        mailbox = re.search(r"Mailbox +(\S+)", said)
        assert f"http://localhost:{port}" in said
        assert mailbox
        assert "Ingrese a su cuenta" in read(f"http://localhost:{port}/ingresar")
        assert read(mailbox[1])
        assert set(re.findall(r"(\w+) started \(pid=\d+\)", (data / "portal.log").read_text())) == PARTS
        assert len(alive(data)) >= len(PARTS)

        assert identity(str(data / CERTIFICATE), json.loads((data / "embedded.json").read_text())["signing_password"])
        assert "runs on" in refused(data, free_port())
        assert f"port {port}" in refused(folder / "another", port)

        before = (data / "embedded.json").read_bytes()
        for command in (["codigo", "carmen.ventas"], ["verify-audit"]):
            env = bare_env() | {"PORTAL_DATA": str(data)}
            done = subprocess.run([sys.executable, "-m", "sandbox.start", *command], cwd=ROOT, env=env, check=False)
            assert done.returncode == 0
        assert (data / "embedded.json").read_bytes() == before

        running.send_signal(signal.SIGINT)
        running.wait(timeout=PATIENCE)
    assert alive(data) == []
    assert log.read_text().endswith("Ctrl-C ends everything.\n\n"), "the console is quiet"
    said = (data / "portal.log").read_text()
    assert dict(re.findall(r"(\w+) stopped \(rc=(-?\d+)\)", said)) == dict.fromkeys(PARTS, "0")


def test_a_later_start_finds_the_data_again_and_begins_again_what_dies_but_once(folder: Path) -> None:
    data, port, log = folder / "data", free_port(), folder / "later"
    kept = (data / "embedded.json").read_text()
    before = len((data / "portal.log").read_text())

    def begun(part: str) -> list[int]:
        said = (data / "portal.log").read_text()[before:]
        return [int(found) for found in re.findall(rf"{part} started \(pid=(\d+)\)", said)]

    def dies_at_once() -> bool:
        for process in set(begun("web")) - killed:
            killed.add(process)
            os.kill(process, signal.SIGKILL)
        return running.poll() is not None

    with started(data, port, log) as running:
        assert (data / "embedded.json").read_text() == kept
        killed = {begun("redis")[0], begun("web")[0]}
        for process in killed:
            os.kill(process, signal.SIGKILL)
        until(lambda: len(begun("redis")) == len(begun("web")) == 2, "both are begun again")
        until(lambda: '"redis":"ok"' in answer(f"http://localhost:{port}/readyz"), "the portal has both again")
        until(dies_at_once, "what dies as soon as it is begun again ends everything")
        assert running.returncode != 0
        assert re.findall(r"(\w+) ended by itself and is begun again", log.read_text()).count("redis") == 1
        assert re.search(r"web ended by itself, so everything ends", log.read_text())
    until(lambda: is_left(data), "the killed server's own processes end too")


def test_nothing_outlives_a_start_that_is_killed(folder: Path) -> None:
    data, log = folder / "data", folder / "killed"
    with started(data, free_port(), log) as running:
        running.kill()
        running.wait()
        until(lambda: is_left(data), "everything ends by itself")


def test_ended_before_its_parts_are_at_their_posts_each_still_ends_in_order(folder: Path) -> None:
    log, lines = folder / "early", folder / "data" / "portal.log"
    before = len(lines.read_text())
    env = {"PORTAL_DATA": str(folder / "data"), "PORT": str(free_port())}
    with process([sys.executable, "-m", "sandbox.start"], log, env=env) as running:
        until(lambda: "workers started" in lines.read_text()[before:], "everything is begun")
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=PATIENCE) == 143
    ends = dict(re.findall(r"(\w+) stopped \(rc=(-?\d+)\)", lines.read_text()[before:]))
    assert {name: ends[name] for name in PARTS - {"redis"}} == dict.fromkeys(PARTS - {"redis"}, "0")


def test_production_names_every_setting_that_is_missing(tmp_path: Path) -> None:
    said = refused(tmp_path, free_port(), PORTAL_ENV="production")
    for setting in ("SECRET_KEY", "BASE_URL", "DATABASE_URL", "REDIS_URL", "BANK_URL", "BANK_API_KEY", "MAIL_SERVER"):
        assert f"{setting} is missing" in said


def test_a_port_that_is_no_number_is_refused_in_words(tmp_path: Path) -> None:
    assert refused(tmp_path, free_port(), PORT="ocho mil") == "PORT must be a whole number.\n"
