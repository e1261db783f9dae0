"""`./run` on a folder that it has started before: from the command to the first page."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.stage import Stage, answers
from benchmarks.table import Row
from sandbox.embedded import free_port
from tests.processes import process, until


def measure(_stage: Stage, rounds: int, _seconds: float) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="portal-start-") as data:
        first, *later = [_seconds_to_first_page(Path(data)) for _ in range(rounds + 1)]
    return [
        Row("./run again: seconds to the first page", later, "s", at_most=3.0),
        Row("./run on an empty folder, everything installed", [first], "s"),
    ]


def _seconds_to_first_page(data: Path) -> float:
    port = free_port()
    env = {"PORTAL_DATA": str(data / "data"), "PORT": str(port)}
    log = data / "log"
    began = time.perf_counter()
    with process(["sh", "run"], log, env=env) as running:
        page = f"http://127.0.0.1:{port}/ingresar"
        until(lambda: running.poll() is not None or answers(page), "the first page")
        seconds = time.perf_counter() - began
        assert running.poll() is None, log.read_text()
    return seconds
