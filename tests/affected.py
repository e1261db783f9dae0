"""The test files that a change can break, as far as names tell: `./run test --since main`, in a minute or two.

A file is run when it changed, when it imports what changed, or when it stands where the tests of a changed file stand.
What breaks further away, a journey or a fault say, is left to the whole suite.
"""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: Cheap, and about everything.
ALWAYS = ("tests/guards/", "tests/domain/")
#: Whoever changes these changes what all tests stand on.
EVERYTHING = re.compile(
    r"tests/(conftest|applications|databases|servers|processes)\.py|tests/factories/|requirements.*\.txt"
)
#: Where the tests of a file stand, when their place is not that of the file.
PLACES = (
    (re.compile(r"portal/services/(\w+)/"), r"tests/services/\1/"),
    (re.compile(r"portal/templates/emails/|portal/services/messaging/mails/"), "tests/emails/"),
    (re.compile(r"portal/templates/documents/|portal/services/printing/|portal/integrations/pdf"), "tests/documents/"),
    (re.compile(r"portal/(?:blueprints|templates|templates/partials)/(\w+)/"), r"tests/web/test_\1"),
    (re.compile(r"portal/(?:web|static|templates/macros|templates/layouts|templates/partials/shared)/"), "tests/web/"),
    (re.compile(r"(workers|sandbox)/"), r"tests/\1/"),
    (re.compile(r"portal/(domain|integrations)/"), r"tests/\1/"),
)


def changed_since(revision: str) -> set[str]:
    """Files that differ from `revision`, those that git does not know yet among them."""
    return {*_git("diff", "--name-only", revision), *_git("ls-files", "--others", "--exclude-standard")}


class Affected:
    """Whether a test file is, by the changed files."""

    def __init__(self, changed: set[str]) -> None:
        self.is_everything = any(EVERYTHING.match(name) for name in changed)
        self._changed = changed
        self._modules = {_module(name) for name in changed if name.endswith(".py")}
        self._places = (
            *ALWAYS,
            *(found.expand(place) for name in changed for at, place in PLACES if (found := at.match(name))),
        )

    def __call__(self, path: Path) -> bool:
        name = path.relative_to(ROOT).as_posix()
        if self.is_everything or name in self._changed or name.startswith(self._places):
            return True
        return not self._modules.isdisjoint(_imported(path))


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(path: Path) -> set[str]:
    """Modules that a file names, and what it takes from them, which may be modules too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update((node.module, *(f"{node.module}.{one.name}" for one in node.names)))
        elif isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
    return found


def _git(*command: str) -> list[str]:
    done = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()
