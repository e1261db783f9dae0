"""Two locks: what production installs, and what checks need on top of it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.processes import ROOT

RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
OWN = {"portal", "decoder", "workers", "sandbox", "wsgi"}
PACKAGE = re.compile(r"^([\w.-]+)==(\S+) \\(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+$", re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """Version of each package; one without a hash is not among them."""
    return {canonicalize_name(package): version for package, version in PACKAGE.findall((ROOT / name).read_text())}


def sources() -> Iterator[Path]:
    """What runs in production, and the sandbox that runs beside it in development."""
    yield from (ROOT / "wsgi.py", ROOT / "gunicorn.conf.py")
    for package in sorted(OWN - {"wsgi"}):
        yield from (ROOT / package).rglob("*.py")


def imported(source: Path) -> set[str]:
    """The packages outside this repository and Python that it names."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module))
    return {name.partition(".")[0] for name in names} - OWN - sys.stdlib_module_names


def test_what_runs_imports_nothing_that_only_checks_install() -> None:
    installed, runtime = packages_distributions(), locked(RUNTIME)
    missing = {
        f"{source.relative_to(ROOT)}: {name}"
        for source in sources()
        for name in imported(source)
        if not any(canonicalize_name(one) in runtime for one in installed.get(name, ()))
    }
    assert missing == set()


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_a_lock_has_a_hash_for_each_package_and_names_no_registry(name: str) -> None:
    words = (ROOT / name).read_text()
    assert len(locked(name)) == len(re.findall(r"^[^\s#]", words, re.MULTILINE)) > 0
    assert "://" not in words
    assert "--index" not in words


def test_both_locks_mean_the_same_version_of_what_they_share() -> None:
    runtime, development = locked(RUNTIME), locked(DEVELOPMENT)
    shared = runtime.keys() & development.keys()
    assert {name: runtime[name] for name in shared} == {name: development[name] for name in shared}
