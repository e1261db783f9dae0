"""The decoder can do nothing but decode, and is gone when it is done or too slow."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, BinaryIO, cast

import pytest

from portal.domain.received_file import Refusal
from portal.integrations import inspection
from tests.decoder.strangers import TAKEN
from tests.processes import ROOT

PHOTO = TAKEN["JPEG"][0]


def confined(code: str) -> subprocess.CompletedProcess[str]:
    """What that code comes to inside the decoder's confinement."""
    head = "import socket, os, sys, subprocess; from decoder.run import confine; confine()\n"
    return subprocess.run(
        [sys.executable, "-c", head + code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "open('/etc/passwd')",
        "open('/tmp/x', 'w')",
        "subprocess.run(['true'])",
        "os.pipe()",
        "import resource; os.setuid(65534); resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))",
    ],
)
def test_nothing_is_opened_any_more(code: str) -> None:
    if "setuid" in code and os.geteuid() != 0:
        code = code.replace("os.setuid(65534); ", "")
    ended = confined(code)
    assert ended.returncode == 1
    assert "Error" in ended.stderr


def test_memory_is_bounded() -> None:
    assert "MemoryError" in confined("bytearray(1 << 30)").stderr


def test_time_is_bounded() -> None:
    limits = confined("import resource; print(resource.getrlimit(resource.RLIMIT_CPU))")
    assert limits.stdout.strip() == "(10, 11)"


def test_the_decoder_learns_no_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, object] = {}
    begun = subprocess.Popen

    def look(command: list[str], **options: object) -> object:
        seen.update(options, command=command)
        return begun(command, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", look)
    with tempfile.TemporaryFile() as file, inspection.inspect(_with(file, PHOTO), tmp_path, is_page=False):
        assert seen["env"] == {"LANG": "C.UTF-8"}
        assert seen["cwd"] == "/"


def test_a_decoder_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text("import os, sys, time\nos.fork()\ntime.sleep(600)\n")
    monkeypatch.setattr(inspection, "_DECODER", tmp_path)
    monkeypatch.setattr(inspection, "TIMEOUT", 0.5)
    began: list[subprocess.Popen[bytes]] = []
    make = subprocess.Popen.__init__

    def noted(self: subprocess.Popen[bytes], *args: object, **options: object) -> None:
        began.append(self)
        make(self, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", noted)
    with (
        tempfile.TemporaryFile() as file,
        pytest.raises(inspection.Busy),
        inspection.inspect(_with(file, PHOTO), tmp_path, is_page=False),
    ):
        pass
    (process,) = began
    assert process.returncode is not None


@pytest.mark.parametrize(
    ("does", "refusal"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", Refusal.DAMAGED),
        ("os.abort()", Refusal.TOO_HEAVY),
        ("confine(); memoryview(bytearray(1 << 30))", None),
        ("resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass", Refusal.TOO_HEAVY),
        ("os.kill(os.getpid(), signal.SIGKILL)", None),
        ("import a_library_that_is_not_there", None),
    ],
)
def test_what_a_decoder_dies_of_is_told_apart(
    does: str, refusal: Refusal | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`None`: by no fault of the file."""
    head = f"import os, resource, signal, sys\nsys.path.insert(0, {str(ROOT)!r})\nfrom decoder.run import confine\n"
    (tmp_path / "__main__.py").write_text(head + does)
    monkeypatch.setattr(inspection, "_DECODER", tmp_path)
    with (
        tempfile.TemporaryFile() as file,
        pytest.raises(inspection.Refused if refusal else inspection.Unable) as told,
        inspection.inspect(_with(file, PHOTO), tmp_path, is_page=False),
    ):
        pass
    assert getattr(told.value, "refusal", None) is refusal


def test_few_files_are_looked_at_at_once_and_their_turns_come_back(tmp_path: Path) -> None:
    """Those of this process beyond its share are told so at once: the others' pages need its threads."""
    inside, go_on, busy = threading.Semaphore(0), threading.Event(), []

    def take_a_turn() -> None:
        with inspection._turn(tmp_path):
            inside.release()
            go_on.wait(60)

    threads = [threading.Thread(target=take_a_turn) for _ in range(inspection.AT_ONCE_HERE)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=60)
    try:
        with inspection._turn(tmp_path):
            pass
    except inspection.Busy:
        busy.append(True)
    go_on.set()
    for thread in threads:
        thread.join()
    assert busy == [True]
    with inspection._turn(tmp_path):
        pass


def test_a_turn_of_another_process_is_waited_for_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "_PATIENCE", 0.1)
    held = [inspection._free(tmp_path) for _ in range(inspection.AT_ONCE)]
    with pytest.raises(inspection.Busy), inspection._turn(tmp_path):
        pass
    for file in held:
        assert file is not None
        file.close()
    with inspection._turn(tmp_path):
        pass


def _with(file: IO[bytes], data: bytes) -> BinaryIO:
    file.write(data)
    file.seek(0)
    return cast(BinaryIO, file)
