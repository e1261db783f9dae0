"""Stand-ins for the PDF engine, which a process finds on its PATH before the real one, and what is left of them."""

from __future__ import annotations

import os
from pathlib import Path

#: Tells that it runs, and does not end by itself; nor does its child.
HANGS = "echo $$ >>{runs}; sleep 300 & wait"
#: One process, as the real engine is: what is killed with its parent.
STANDS_STILL = "echo $$ >>{runs}; exec sleep 300"


class StandIn:
    """An engine that does what `script` says: /bin/sh, where {runs} is a file to tell of itself in and {real} the
    real engine."""

    def __init__(self, folder: Path, script: str, real: str) -> None:
        folder.mkdir()
        self._folder, self._runs = folder, folder / "runs"
        self._runs.touch()
        self.becomes(script.format(runs=self._runs, real=real))

    def becomes(self, script: str) -> None:
        """Another script from now on."""
        fresh = self._folder / "fresh"
        fresh.write_text(f"#!/bin/sh\n{script}\n")
        fresh.chmod(0o755)
        fresh.rename(self._folder / "wkhtmltopdf")

    @property
    def env(self) -> dict[str, str]:
        """The settings of a process that shall find it."""
        return {"PATH": f"{self._folder}:{os.environ['PATH']}"}

    def begun(self) -> list[int]:
        """The processes that told of themselves; each began a group of its own."""
        return [int(pid) for pid in self._runs.read_text().split()]

    def alive(self) -> list[int]:
        """Processes of the groups of those that began."""
        return [pid for group in self.begun() for pid in group_of(group)]


def group_of(group: int) -> list[int]:
    """The processes of a group that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(its_group) == group and state != "Z":
            found.append(int(folder.name))
    return found
