"""Files that arrive while the disk is full, the store away, or the web server killed: told clearly, no row without its
file and no file without its row."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import boto3
import httpx
import pytest
from flask import Flask
from moto.server import ThreadedMotoServer
from PIL import Image
from sqlalchemy import select

from portal import create_app
from portal.domain.actor import Actor
from portal.domain.received_file import FileState, NoRoom
from portal.integrations.s3 import S3Storage
from portal.models import StoredFile
from portal.services.evidence import orphans, uploads
from portal.settings import Settings
from sandbox.embedded import free_port
from tests import applications
from tests.databases import all_of
from tests.faults.gates import Gate, Mode
from tests.processes import PATIENCE, process, until, web_server
from tests.upload_page import ADDRESS, PLACE

PROGRAM = "tests.upload_page:portal()"
#: Where it is mounted, of what size, and what then runs there.
_SMALL = 'mkdir -p "$1" && mount -t tmpfs -o size="$2" tmpfs "$1" && shift 2 && exec "$@"'
NOTE = "La firmé ayer."
_UNNAMED = 300_000  # bytes: less than a photo that is being received


def noise(side: int = 1400) -> bytes:
    """A photo of some 3 MB."""
    target = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(target, "JPEG", quality=97)
    return target.getvalue()


PHOTO = noise()


def csrf_token(client: httpx.Client) -> str:
    return client.get(ADDRESS).text.partition('name="csrf_token" value="')[2].partition('"')[0]


def send(client: httpx.Client, photo: bytes = PHOTO) -> httpx.Response:
    form = {"csrf_token": csrf_token(client), "nota": NOTE}
    return client.post(ADDRESS, data=form, files={"archivo": ("foto.jpg", photo)})


@contextmanager
def browser(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, headers={"Referer": url}) as client:
        yield client


@contextmanager
def disk_of_its_own(env: dict[str, str], folder: Path, log: Path) -> Iterator[tuple[httpx.Client, Path]]:
    """A web server that alone sees `folder`, where it keeps everything, as a disk of 40 MB; and the way to it."""
    own_mounts = "-m" if os.geteuid() == 0 else "-rm"  # who is not root becomes root of a world of its own
    url = f"http://127.0.0.1:{(port := free_port())}"
    gunicorn = [sys.executable, "-m", "gunicorn", "--workers", "1", PROGRAM]
    here = {"PORT": str(port), "BASE_URL": url, "TMPDIR": str(folder), "STORAGE_URL": f"file://{folder}/files"}
    command = ["unshare", own_mounts, "sh", "-c", _SMALL, "sh", str(folder), "40m", *gunicorn]
    with process(command, log, env=env | here) as running, browser(url) as client:
        until(lambda: running.poll() is not None or _answers(client), "the web server answers")
        yield client, Path(f"/proc/{running.pid}/root{folder}")


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get(ADDRESS).is_success
    except httpx.TransportError:
        return False


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def leave(room: int, disk: Path) -> None:
    """Fill the disk until so many bytes are left, once the request before has let go of what it held."""
    filler = disk / "filler"
    filler.write_bytes(b"")
    kept = sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())
    until(lambda: shutil.disk_usage(disk).used < kept + _UNNAMED, "what has no name is gone")
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - room))


def test_a_full_disk_is_told_wherever_it_is_noticed(app, env, rows, tmp_path):
    with disk_of_its_own(env, tmp_path / "disk", tmp_path / "log") as (client, disk):
        assert send(client).status_code == 303
        (first,) = rows(select(StoredFile))
        kept = files_in(disk / "files")
        assert kept == set(first.parts)
        seen = len(PHOTO)
        for stage, (room, note) in {
            "the form is read": (1.5 * seen, ""),
            "the file is received": (2.5 * seen, NOTE),
            "it is decoded": (3 * seen + first.size / 2, NOTE),
            "it is kept": (3 * seen + 1.5 * first.size, NOTE),
        }.items():
            leave(int(room), disk)
            answer = send(client, noise())
            assert answer.status_code == 503, stage
            assert "No pudimos guardar el archivo" in answer.text, stage
            assert note in answer.text, stage
            assert files_in(disk / "files") == kept, stage
        assert [row.state for row in rows(select(StoredFile))] == [FileState.STORED, FileState.REMOVED]
        (disk / "filler").unlink()
        assert send(client, noise()).status_code == 303
        last = rows(select(StoredFile).order_by(StoredFile.id))[-1]
        assert files_in(disk / "files") == kept | set(last.parts)


def test_a_web_server_killed_while_it_receives_leaves_nothing(app, env, rows, tmp_path):
    folder: Path = app.config["PORTAL"].storage_folder
    before, temporary = files_in(folder), tmp_path / "tmp"
    temporary.mkdir()
    here = env | {"TMPDIR": str(temporary)}
    with web_server(here, tmp_path / "killed", app=PROGRAM) as server, browser(server.url) as client:
        token = csrf_token(client)
        request = client.build_request(
            "POST", ADDRESS, data={"csrf_token": token}, files={"archivo": ("foto.jpg", PHOTO)}
        )
        lines = [f"POST {ADDRESS} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items()), "", ""]
        with socket.create_connection((request.url.host, request.url.port or 80)) as connection:
            connection.sendall("\r\n".join(lines).encode() + request.read()[: len(PHOTO) // 2])
            until(lambda: _has_begun(server.running.pid, temporary), "the file is on its way")
            os.killpg(server.running.pid, signal.SIGKILL)
            server.running.wait(PATIENCE)
    assert rows(select(StoredFile)) == []
    assert files_in(folder) == before
    assert files_in(temporary) == set()
    with web_server(here, tmp_path / "again", app=PROGRAM) as server, browser(server.url) as client:
        assert send(client).status_code == 303
    (file,) = rows(select(StoredFile))
    assert files_in(folder) - before == set(file.parts)


def _has_begun(pid: int, folder: Path) -> bool:
    """Whether a process of the server holds a file in the folder, which has no name there."""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    handles = (handle for worker in workers for handle in Path(f"/proc/{worker}/fd").iterdir())
    return any(str(os.readlink(handle)).startswith(str(folder)) for handle in handles)


class Store(NamedTuple):
    """A portal whose files are in a store that speaks S3, the way to that store, and what the store has."""

    app: Flask
    gate: Gate
    keys: Callable[[], set[str]]


@pytest.fixture
def elsewhere(app, env, monkeypatch) -> Iterator[Store]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    host, port = server.get_host_and_port()
    bucket = f"papeles-{secrets.token_hex(4)}"  # every such server of a process shows the same buckets
    boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1").create_bucket(Bucket=bucket)
    with Gate.to(port) as gate, applications.extensions_kept():
        place = f"s3://{bucket}/portal?endpoint=http://127.0.0.1:"
        own = create_app(Settings.from_env(env | {"STORAGE_URL": f"{place}{gate.port}"}))
        direct = S3Storage(f"{place}{port}")
        yield Store(own, gate, lambda: {kept.key for kept in direct.all()})
        applications.close(own)
    server.stop()


def test_a_store_that_is_away_is_told_and_nothing_is_left(elsewhere):
    def take() -> StoredFile:
        return uploads.take(PLACE, io.BytesIO(PHOTO), Actor())

    with elsewhere.app.app_context():
        elsewhere.gate.mode = Mode.SHUT
        with pytest.raises(NoRoom, match="No pudimos guardar el archivo"):
            take()
        assert elsewhere.keys() == set()
        elsewhere.gate.mode = Mode.OPEN
        file = take()
        assert [row.state for row in all_of(select(StoredFile).order_by(StoredFile.id))] == [
            FileState.REMOVED,
            FileState.STORED,
        ]
        assert elsewhere.keys() == set(file.parts)
        elsewhere.gate.mode = Mode.SHUT
        with pytest.raises(OSError, match="store"):
            orphans.mend()
        assert all_of(select(StoredFile.state).filter_by(id=file.id)) == [FileState.STORED]


def test_answers_that_are_lost_on_the_way_part_no_row_from_its_file(elsewhere, clock):
    """What the store kept and could not say is nobody's after a week."""
    with elsewhere.app.app_context():
        elsewhere.gate.mode = Mode.CUTS
        for _ in range(4):
            with suppress(NoRoom):
                uploads.take(PLACE, io.BytesIO(noise(300)), Actor())
        elsewhere.gate.mode = Mode.OPEN
        stored = all_of(select(StoredFile).filter_by(state=FileState.STORED))
        named = {key for file in stored for key in file.parts}
        assert named <= elsewhere.keys()
        clock(days=8)
        orphans.mend()
        assert elsewhere.keys() == named
