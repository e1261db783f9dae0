"""No file names a package registry: the project installs from wherever its operator's tools say."""

from __future__ import annotations

import re
import subprocess

from tests.processes import ROOT, bare_env

_FORBIDDEN = re.compile(
    r"py[p]i\.org|python[h]osted\.org|npm[j]s\.(?:com|org)|--(?:extra-)?index-url\s|find[-]links|trusted[-]host"
)
_TEXT = {".py", ".toml", ".txt", ".md", ".html", ".sh", ".yaml", ".yml", ".css", ".js", ".cjs", ".ini", ".cfg", ""}


def test_no_file_names_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, env=bare_env(), capture_output=True, check=False)
    assert listed.returncode == 0, "the tests run in a checkout"
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    found = {}
    for file in files:
        if file.suffix in _TEXT and file.is_file() and "vendor" not in file.parts:
            matches = _FORBIDDEN.findall(file.read_text(errors="replace"))
            if matches:
                found[str(file.relative_to(ROOT))] = matches
    assert found == {}
