"""Templates: nothing the content policy or htmx's strict settings would stop, and nothing nobody uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from portal.blueprints.purchase.flow import FLOW
from tests.processes import ROOT

FOLDER = ROOT / "portal" / "templates"
TEMPLATES = sorted(path for path in FOLDER.rglob("*") if path.suffix in (".html", ".txt"))
PAGES = [path for path in TEMPLATES if path.relative_to(FOLDER).parts[0] not in ("emails", "documents")]
SOURCES = [path for folder in ("portal", "sandbox", "tests") for path in (ROOT / folder).rglob("*.py")]

FORBIDDEN = {
    "inline handler": re.compile(r"\son[a-z]+\s*=|hx-on", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "script in hx-vals": re.compile(r"hx-vals=['\"]\s*js"),
    "a filter in hx-trigger, which fires unfiltered without eval": re.compile(r"hx-trigger=\"[^\"]*\["),
    "script as address": re.compile(r"javascript:", re.IGNORECASE),
    "an unseen word beside a button's own, where a gap would show": re.compile(
        r"<span class=\"visually-hidden\">(?:(?!</?span).)*</span>\s+</(?:a|button)>", re.DOTALL
    ),
}


@pytest.mark.parametrize("problem", FORBIDDEN)
def test_no_template_has(problem: str) -> None:
    found = [
        f"{path.relative_to(FOLDER)}: {match.group()}"
        for path in TEMPLATES
        for match in FORBIDDEN[problem].finditer(_without_comments(path))
    ]
    assert found == []


def test_only_words_written_in_the_template_itself_go_out_unescaped() -> None:
    found = [
        f"{name_of(path)}:{filtered.lineno}"
        for path in TEMPLATES
        for filtered in tree_of(path).find_all(nodes.Filter)
        if filtered.name == "safe" and not _is_of_the_template(filtered.node)
    ]
    assert found == []
    assert not [path for path in TEMPLATES if "autoescape" in path.read_text()]


def test_a_template_takes_from_another_only_what_that_has() -> None:
    """It would fail where it is shown, and nowhere before."""
    missing = [
        f"{name_of(path)}: {name} of {taken.template.value}"
        for path in TEMPLATES
        for taken in tree_of(path).find_all(nodes.FromImport)
        if isinstance(taken.template, nodes.Const)
        for name in (one if isinstance(one, str) else one[0] for one in taken.names)
        if name not in _exported(FOLDER / taken.template.value)
    ]
    assert missing == []


def test_pages_have_no_inline_style() -> None:
    inline = re.compile(r"<style|\sstyle\s*=")
    mail_or_paper = {"email.html", "document.html"}
    found = [path.name for path in PAGES if path.name not in mail_or_paper and inline.search(_without_comments(path))]
    assert found == []


def test_no_line_is_longer_than_a_screen() -> None:
    """The formatters break most; long expressions, comments and attributes are for whoever writes them."""
    ours = [
        path for folder in ("portal", "sandbox") for path in (ROOT / folder).rglob("*") if "vendor" not in path.parts
    ]
    pages = [path for path in ours if path.suffix in (".html", ".css")]
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in pages
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) >= 120
    ]
    assert len(pages) > 100
    assert long == []


def test_no_answer_depends_on_the_target() -> None:
    assert [path.name for path in (ROOT / "portal").rglob("*.py") if "HX-Target" in path.read_text()] == []


def test_every_template_is_used() -> None:
    asked_for = " ".join(path.read_text() for path in SOURCES)
    for path in TEMPLATES:
        asked_for += " ".join(_references(path))
    unused = [
        name for name in map(name_of, TEMPLATES) if name not in asked_for and not _is_found_by_kind(name, asked_for)
    ]
    assert unused == []


def test_every_macro_is_used() -> None:
    calls = " ".join(re.sub(r"macro\s+\w+", "", _without_comments(path)) for path in TEMPLATES)
    unused = [
        f"{name_of(path)}: {macro.name}"
        for path in TEMPLATES
        for macro in tree_of(path).find_all(nodes.Macro)
        if not re.search(rf"\b{macro.name}(\(| as \w)", calls)
    ]
    assert unused == []


def test_every_step_of_the_wizard_has_its_template() -> None:
    for step in FLOW.steps:
        assert step.slug
        assert step.title
        assert (FOLDER / step.template).is_file()


def _is_of_the_template(node: nodes.Node | None) -> bool:
    """Whether it is a text of the template, or such texts and counts put together."""
    if isinstance(node, nodes.Concat):
        return all(map(_is_of_the_template, node.nodes))
    return isinstance(node, nodes.Const) or (isinstance(node, nodes.Filter) and node.name == "length")


def tree_of(path: Path) -> nodes.Template:
    return Environment(autoescape=True).parse(path.read_text())


def _is_found_by_kind(name: str, asked_for: str) -> bool:
    """Mails and documents are found by the word for their kind."""
    folder, _, rest = name.partition("/")
    kind = rest.partition("/")[0].removesuffix(".html")
    return folder in ("emails", "documents") and re.search(rf"\"{kind}\"", asked_for) is not None


def _references(path: Path) -> list[str]:
    tree = tree_of(path)
    return [
        str(constant.value)
        for kind in (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
        for node in tree.find_all(kind)
        for constant in node.find_all(nodes.Const)
    ]


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def _without_comments(path: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)


def _exported(path: Path) -> set[str]:
    """The macros and names that a template has for others."""
    tree = tree_of(path)
    set_there = {one.target.name for one in tree.find_all(nodes.Assign) if isinstance(one.target, nodes.Name)}
    return {macro.name for macro in tree.find_all(nodes.Macro)} | set_there
