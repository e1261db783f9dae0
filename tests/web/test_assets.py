"""Static files: named by content, served for a year, complete, and light."""

import gzip
import hashlib
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web.assets import SOURCE, Assets, UnknownAsset, init_assets

TEMPLATES = SOURCE.parent / "templates"
PAGES = [
    file
    for file in sorted(TEMPLATES.rglob("*.html"))
    if not {"emails", "documents"} & set(file.relative_to(TEMPLATES).parts)
    and file.name not in {"email.html", "document.html"}
]
SHEETS = sorted((SOURCE / "css").glob("*.css"))
KILOBYTE = 1024


def app_with(source: Path, data_folder: Path) -> Flask:
    app = Flask("assets", static_folder=None)
    app.config["PORTAL"] = SimpleNamespace(data_folder=data_folder)
    init_assets(app, source)
    return app


def asset(app: Flask, path: str) -> str:
    """The address that a template writes."""
    return app.jinja_env.from_string("{{ asset(path) }}").render(path=path)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    for name, content in {
        "css/a.css": "p{color:red}" * 100,
        "img/icons.svg": '<svg xmlns="http://www.w3.org/2000/svg"><symbol id="pencil"/></svg>',
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.fixture
def app(tree: Path, tmp_path: Path) -> Flask:
    return app_with(tree, tmp_path / "data")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portal's own tree as it is served."""
    data = tmp_path_factory.mktemp("data")
    app_with(SOURCE, data)
    return data / "static" / Assets.of(SOURCE).version


def test_a_file_may_be_kept_for_a_year(app: Flask, client: FlaskClient) -> None:
    answer = client.get(asset(app, "css/a.css"), buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/css"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_file_travels_compressed_to_a_browser_that_reads_gzip(app: Flask, client: FlaskClient) -> None:
    answer = client.get(asset(app, "css/a.css"), headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.data) == b"p{color:red}" * 100


@pytest.mark.parametrize("change", ["content", "name", "new file"])
def test_any_change_of_the_tree_changes_every_address(tree: Path, change: str) -> None:
    before = Assets.of(tree).url("img/icons.svg")
    match change:
        case "content":
            (tree / "css/a.css").write_text("p{color:blue}")
        case "name":
            (tree / "css/a.css").rename(tree / "css/b.css")
        case "new file":
            (tree / "css/b.css").touch()
    assert Assets.of(tree).url("img/icons.svg") != before


def test_the_same_tree_elsewhere_has_the_same_addresses(tree: Path, tmp_path: Path) -> None:
    moved = tree.rename(tmp_path / "elsewhere")
    first = Assets.of(moved)
    assert Assets.of(moved) == first


def test_a_page_from_before_a_deploy_still_gets_its_files(client: FlaskClient) -> None:
    answer = client.get("/static/0123456789ab/css/a.css", buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/0123456789ab/css/gone.css", "/static/css/a.css", "/static/0123456789ab/../assets.py"]
)
def test_what_is_not_in_the_tree_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["css/missing.css", "img/icons.svg#scissors", ""])
def test_a_template_that_asks_for_what_does_not_exist_fails(app: Flask, path: str) -> None:
    with pytest.raises(UnknownAsset):
        asset(app, path)


def test_an_icon_is_addressed_inside_the_sprite(app: Flask) -> None:
    assert asset(app, "img/icons.svg#pencil").endswith("/img/icons.svg#pencil")


def test_a_second_process_uses_the_copy_of_the_first(tree: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    app_with(tree, data)
    copies = list((data / "static").iterdir())
    made = {file: file.stat().st_mtime_ns for file in copies[0].rglob("*")}
    app_with(tree, data)
    assert list((data / "static").iterdir()) == copies
    assert {file: file.stat().st_mtime_ns for file in copies[0].rglob("*")} == made


def test_third_party_files_are_the_ones_that_were_reviewed() -> None:
    vendor = SOURCE / "vendor"
    listed = dict(line.split("  ./")[::-1] for line in (vendor / "CHECKSUMS").read_text().splitlines())
    present = {
        file.relative_to(vendor).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in vendor.rglob("*")
        if file.is_file() and file.name not in {"CHECKSUMS", "README.md"}
    }
    assert present == listed


def test_every_third_party_folder_carries_its_licence() -> None:
    assert [
        folder.name
        for folder in (SOURCE / "vendor").iterdir()
        if folder.is_dir() and not (folder / "LICENSE").is_file()
    ] == []


def test_style_sheets_and_images_carry_nothing_the_content_policy_forbids(served: Path) -> None:
    for file in [*served.rglob("*.css"), *served.rglob("*.svg")]:
        text = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
        assert not re.search(r"""data:|@import|<script|<style|\sstyle=|\son\w+=|url\(["']?(https?:|//)""", text), file


def test_files_that_style_sheets_point_at_exist(served: Path) -> None:
    for sheet in [*SOURCE.rglob("*.css"), *served.rglob("*.css")]:
        for target in re.findall(r"url\(([^)]+)\)|@import \"([^\"]+)\"", sheet.read_text()):
            assert (sheet.parent / "".join(target)).resolve().is_file(), f"{sheet}: {target}"


def test_a_style_sheet_is_served_with_its_parts_in_their_order(tree: Path, tmp_path: Path) -> None:
    (tree / "css/a").mkdir()
    (tree / "css/a/one.css").write_text("/* a reason */\np {\n    background: url(../../img/icons.svg);\n}\n")
    (tree / "css/a/two.css").write_text("p {\n    background: calc(1px + 2px);\n}\n")
    (tree / "css/a.css").write_text('/* all */\n@import "a/two.css";\n@import "a/one.css";\n')
    app = app_with(tree, tmp_path / "data")
    asset: Any = app.jinja_env.globals["asset"]
    answer = app.test_client().get(asset("css/a.css"), buffered=True)
    assert answer.text == "p{background:calc(1px + 2px)}p{background:url(../img/icons.svg)}"


def test_a_script_is_served_without_what_only_its_reader_needs(tree: Path, tmp_path: Path) -> None:
    (tree / "js").mkdir()
    (tree / "js/a.js").write_text("// a reason\nconst one = `a  ${1 + 1}`;\n\ndocument.title = one;\n")
    app = app_with(tree, tmp_path / "data")
    answer = app.test_client().get(asset(app, "js/a.js"), buffered=True)
    assert answer.text == "const one=`a  ${1 + 1}`;document.title=one;"


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_every_part_of_a_style_sheet_is_in_it_once(sheet: Path) -> None:
    parts = re.findall(r'^@import "([^"]+)";$', sheet.read_text(), re.MULTILINE)
    written = [file.relative_to(sheet.parent).as_posix() for file in (sheet.parent / sheet.stem).iterdir()]
    assert sorted(parts) == sorted(written)
    assert len(parts) >= 5


def test_every_icon_and_file_that_a_page_names_exists() -> None:
    assets = Assets.of(SOURCE)
    for page in PAGES:
        text = page.read_text()
        for icon in re.findall(r"""(?:\bicon\(|icon_name=)["']([^"']+)["']""", text):
            assert icon in assets.icons, f"{page.name}: {icon}"
        for name in re.findall(r"""\basset\(["']([^"'#]+)["']\)""", text):
            assert name in assets.names, f"{page.name}: {name}"


def classes_written_in(template: str) -> set[str]:
    """Class names that stand in the template as they are; those put together from values are left out."""
    without_tags = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", template, flags=re.DOTALL)
    html = re.sub(r"\{\{.*?\}\}", "{}", without_tags, flags=re.DOTALL)
    return {name for value in re.findall(r'\bclass="([^"]*)"', html) for name in value.split() if "{" not in name}


def test_every_class_that_a_page_uses_has_a_rule() -> None:
    """Bootstrap is cut to what is used: a class that was left out would fail in silence."""
    styled = {
        name
        for sheet in (*SOURCE.rglob("*.css"), *TEMPLATES.rglob("*.css"))
        for name in re.findall(r"\.([a-zA-Z][\w-]*)", sheet.read_text())
    }
    missing = {
        (page.name, name) for page in PAGES for name in classes_written_in(page.read_text()) if name not in styled
    }
    assert missing == set()


def test_the_first_visit_is_light(served: Path) -> None:
    """What the page to sign in asks for but its HTML, which has 3 KB of the 60."""
    names = [
        "vendor/bootstrap-5.3.9/bootstrap-cut.css",
        "css/portal.css",
        "vendor/htmx-2.0.11/htmx.min.js",
        "js/portal.js",
        "js/kept.js",
        "fonts/figtree-latin-var.woff2",
        "img/logo.svg",
        "img/roseta.svg",
        "img/guilloche.svg",
    ]
    total = sum(len(gzip.compress((served / name).read_bytes(), 6)) for name in names)
    assert total <= 57 * KILOBYTE
