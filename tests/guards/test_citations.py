"""What code, tests and templates cite is there to be read, in this repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

RULES = ROOT / "docs" / "rules.md"
_FOLDERS = ("portal", "workers", "sandbox", "tests", "benchmarks", "deploy", "docs")
_READ_FROM = (ROOT, ROOT / "portal", ROOT / "portal" / "blueprints", ROOT / "docs")
_KINDS = {".py", ".html", ".txt", ".css", ".js", ".toml", ".yml", ".yaml", ".md"}
_CODE = re.compile(r"\b[SB]\d\d\b")
_RULES = re.compile(r"docs/rules\.md, (?=\w)")
# A page or a module by its path, and in our pages whatever else a path in backticks names.
_PATH = re.compile(r"(?<![\w/.-])(?:[\w./-]+\.md|(?:\w+/)+\w+\.py)\b")
_IN_BACKTICKS = re.compile(rf"`((?:{'|'.join(_FOLDERS)})/[\w./-]+)`")


def _files() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    for folder in _FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in _KINDS and "vendor" not in path.parts and path != Path(__file__):
                yield path


def _written(path: Path) -> str:
    """Its words on one line, so that a citation may be broken: without line ends and the marks of comments."""
    return re.sub(r"\s*\n\s*(?:#\s+)?", " ", path.read_text())


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): _written(path) for path in _files()}


@pytest.fixture(scope="module")
def rules() -> str:
    return RULES.read_text()


def test_every_code_is_in_the_rules(texts: dict[str, str], rules: str) -> None:
    known = set(re.findall(r"^\| ([SB]\d\d) \|", rules, re.MULTILINE))
    cited = {(code, path) for path, text in texts.items() for code in _CODE.findall(text)}
    assert cited
    assert [pair for pair in sorted(cited) if pair[0] not in known] == []


def test_what_the_portal_cites_is_not_called_unbuilt(texts: dict[str, str], rules: str) -> None:
    unbuilt = set(re.findall(r"^\| ([SB]\d\d) \|.*\| not yet[^|]*\|$", rules, re.MULTILINE))
    assert unbuilt
    code = {path: text for path, text in texts.items() if path.startswith(("portal/", "workers/"))}
    assert [(path, one) for path, text in code.items() for one in _CODE.findall(text) if one in unbuilt] == []


def test_every_cited_heading_and_number_is_in_the_rules(texts: dict[str, str], rules: str) -> None:
    headings = re.findall(r"^#+ (.+)$", rules, re.MULTILINE)
    numbers = set(re.findall(r"^\* \*\*(\d\.\d+)\*\*", rules, re.MULTILINE))
    cited = [(path, text[found.end() :][:80]) for path, text in texts.items() for found in _RULES.finditer(text)]
    assert cited
    for path, words in cited:
        heading = next((one for one in headings if re.match(rf"{re.escape(one)}(?!\w| \w)", words)), None)
        assert heading, f"{path}: docs/rules.md has no heading for {words!r}"
        number = re.match(r", (\d\.\d+)", words[len(heading) :])
        assert number is None or number[1] in numbers, f"{path}: {words!r}"


def test_every_page_module_and_folder_that_is_named_exists(texts: dict[str, str]) -> None:
    missing = [
        (path, named)
        for path, text in texts.items()
        for named in _PATH.findall(text) + (_IN_BACKTICKS.findall(text) if path.endswith(".md") else [])
        if not any((folder / named).exists() for folder in (*_READ_FROM, (ROOT / path).parent))
    ]
    assert missing == []
