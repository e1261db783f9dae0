"""`./run` before it starts anything: what it installs, and what it says about it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.processes import ROOT, bare_env

NOISE = "WARNING: nothing to worry about"
PROGRAMS = ("cat", "chmod", "cmp", "cp", "dirname", "env", "flock", "ls", "mkdir", "sh")
PARTS = ("fc-cache", "redis-server", "wkhtmltopdf")
PYTHON = f"""#!/bin/sh
case "$2 $*" in
pip*) echo "{NOISE}" >&2; echo "$*" >>pip-was-asked; exit $(cat pip-ends-with) ;;
*) echo "python $*" ;;
esac
"""


class Machine:
    """A folder with `run`, a Python whose pip ends with `pip`, and a shell with little else; nobody else's programs."""

    def __init__(self, folder: Path, *, user: str = "0", parts: Sequence[str] = (), pip: int = 0) -> None:
        self.folder, self._bin = folder, folder / "bin"
        (folder / ".venv" / "bin").mkdir(parents=True)
        self._bin.mkdir()
        shutil.copy(ROOT / "run", folder)
        for program in PROGRAMS:
            (self._bin / program).symlink_to(shutil.which(program) or f"/bin/{program}")
        self._write(self._bin / "id", f"#!/bin/sh\necho {user}\n")
        for part in parts:
            self._write(self._bin / part, "#!/bin/sh\n")
        self._write(folder / ".venv" / "bin" / "python", PYTHON)
        (folder / "pip-ends-with").write_text(str(pip))
        self.lock("one==1")

    def lock(self, words: str) -> None:
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.folder / name).write_text(words)

    def run(self, *task: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "run", *task],
            cwd=self.folder,
            env={"PATH": str(self._bin)},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> list[str]:
        """The locks that pip was asked for, in their order."""
        asked = self.folder / "pip-was-asked"
        return [line.rsplit(" ", 1)[1] for line in asked.read_text().splitlines()] if asked.exists() else []

    def _write(self, program: Path, words: str) -> None:
        program.write_text(words)
        program.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path, parts=PARTS)


def test_the_portal_needs_what_production_installs_and_nothing_else(machine: Machine) -> None:
    done = machine.run()
    assert done.stdout.splitlines()[-1] == "python -m sandbox.start"
    assert machine.installed() == ["requirements.txt"]


def test_what_was_installed_is_installed_again_only_when_its_lock_changes(machine: Machine) -> None:
    machine.run()
    assert machine.run().stdout == "python -m sandbox.start\n"
    assert len(machine.installed()) == 1
    machine.lock("one==2")
    machine.run()
    assert len(machine.installed()) == 2


def test_installing_says_its_part_and_nothing_of_pips(machine: Machine) -> None:
    done = machine.run()
    assert done.stdout.splitlines()[0] == "▸ Python packages: requirements.txt"
    assert done.stderr == ""


def test_what_pip_said_is_shown_when_it_fails_and_it_is_asked_again(tmp_path: Path) -> None:
    machine = Machine(tmp_path, parts=PARTS, pip=3)
    done = machine.run()
    assert (done.returncode, done.stderr) == (3, f"{NOISE}\n")
    assert "sandbox.start" not in done.stdout
    machine.run()
    assert len(machine.installed()) == 2


def test_who_is_not_root_is_told_the_line_to_type(tmp_path: Path) -> None:
    done = Machine(tmp_path, user="1000").run()
    assert done.returncode == 1
    line = re.search(r"sudo apt-get install .*", done.stderr)
    assert line
    assert line[0].split()[5:] == ["wkhtmltopdf", "fontconfig", "redis-server"]


def test_lint_needs_no_program_of_the_portal_or_of_tests(tmp_path: Path) -> None:
    machine = Machine(tmp_path, user="1000")
    assert "apt-get" not in machine.run("lint").stderr
    assert machine.installed() == ["requirements.txt", "requirements-dev.txt"]


def test_an_unknown_task_lists_the_known_ones() -> None:
    done = subprocess.run([str(ROOT / "run"), "nonsense"], env=bare_env(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert {"./run test", "./run flask"} <= {line[:11].strip() for line in done.stderr.splitlines()}
