"""The PDF engine under attack and under faults, with the real binary."""

import io
import os
import select
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pikepdf
import pytest

from portal.integrations import pdf, pdf_fonts
from tests.documents.printing import flat, fonts, pages
from tests.processes import PATIENCE


class Inside:
    """A server of our own network, which no document may reach."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        inside = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                inside.asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def inside() -> Iterator[Inside]:
    server = Inside()
    yield server
    server.close()


def html(body: str, head: str = "") -> str:
    return f'<!doctype html><html><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'


def text_of(document: str) -> str:
    """What a reader of the document would see: nothing when the engine gives up on it."""
    try:
        return flat(" ".join(pages(pdf.render_pdf(document, title="t", number="n", footer="f"))))
    except pdf.PdfFailed:
        return ""


def stub(folder: Path, script: str) -> str:
    path = folder / "engine"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


REACHING_OUT = {
    "image": '<img src="{url}/a.png">',
    "frame": '<iframe src="{url}/a.html"></iframe>',
    "object": '<object data="{url}/a.svg"></object>',
    "style sheet": '<link rel="stylesheet" href="{url}/a.css">',
    "style url": "<style>body{{background:url({url}/a.png)}}</style>",
    "import": "<style>@import url({url}/a.css);</style>",
    "font": "<style>@font-face{{font-family:x;src:url({url}/a.ttf)}}p{{font-family:x}}</style><p>x</p>",
    "refresh": '<meta http-equiv="refresh" content="0;url={url}/a.html">',
    "script": "<script>new Image().src='{url}/a.png'</script>",
    "video": '<video src="{url}/a.mp4" autoplay></video>',
    "options": '<meta name="pdfkit-proxy" content="None"><img src="{url}/a.png">',
}


@pytest.mark.parametrize("means", REACHING_OUT)
def test_a_document_cannot_make_the_engine_ask_the_network(means: str, inside: Inside) -> None:
    text_of(html(REACHING_OUT[means].format(url=inside.url)))
    assert inside.asked == []


def test_the_engine_by_itself_would_ask_the_network(inside: Inside) -> None:
    """The control of the test above: without our options the same page reaches the server."""
    page = html(REACHING_OUT["image"].format(url=inside.url))
    pdf.run_engine([pdf.engine_path(), "--quiet", "-", "-"], page, 30)
    assert inside.asked == ["/a.png"]


@pytest.mark.parametrize(
    "means",
    [
        '<iframe src="file://{path}" width="600" height="300"></iframe>',
        '<object data="file://{path}" type="text/plain" width="600" height="300"></object>',
        '<meta http-equiv="refresh" content="0;url=file://{path}">',
        '<meta name="pdfkit-enable-local-file-access" content=""><iframe src="file://{path}"></iframe>',
        '<meta name="pdfkit-allow" content="/"><iframe src="file://{path}"></iframe>',
        "<script>var r=new XMLHttpRequest();r.open('GET','file://{path}',false);r.send();"
        "document.write(r.responseText)</script>",
    ],
)
def test_a_document_cannot_show_a_file_of_the_server(means: str, tmp_path: Path) -> None:
    secret = tmp_path / "settings.txt"
    secret.write_text("CLAVESECRETA")
    assert "CLAVESECRETA" not in text_of(html("<p>Hola</p>" + means.format(path=secret)))


def test_script_of_a_document_does_not_run() -> None:
    assert text_of(html("<p>Hola</p><script>document.write('EJECUTADO')</script>")).startswith("Hola f")


def test_the_engine_learns_no_secret_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "no-se-lo-diga-a-nadie")
    with pytest.raises(pdf.PdfFailed):
        pdf.render_pdf("", title="t", number="n", footer="f", engine=stub(tmp_path, f"env > {tmp_path}/seen"))
    seen = (tmp_path / "seen").read_text()
    assert "FONTCONFIG_FILE=" in seen
    assert "no-se-lo-diga-a-nadie" not in seen


def test_a_hanging_engine_is_killed_in_time_with_its_children(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reading = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    # Both the script and its child hold the pipe open: it ends only when both are dead.
    engine = stub(tmp_path, f"exec 3>{alive}; sleep 300 & echo ready >&3; wait")
    heard = b""
    for seconds in (0.5, 5, 50):  # the first is enough, unless a busy machine has not begun the script by then
        with pytest.raises(pdf.PdfTimeout, match=f"{seconds} s"):
            pdf.render_pdf("", title="t", number="n", footer="f", timeout=seconds, engine=engine)
        while select.select([reading], [], [], PATIENCE)[0] and (more := os.read(reading, 100)):
            heard += more
        if heard:
            break
    assert heard == b"ready\n"
    assert select.select([reading], [], [], 0)[0], "a child is still alive"
    os.close(reading)


def test_an_engine_is_there_before_its_html_and_ends_with_its_children_when_none_comes(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    reading = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)

    def write() -> None:
        with pdf.begun([stub(tmp_path, f"exec 3>{alive}; sleep 300 & echo ready >&3; cat")]):
            assert select.select([reading], [], [], PATIENCE)[0]
            assert os.read(reading, 100) == b"ready\n"
            raise LookupError("no such holder")

    with pytest.raises(LookupError, match="no such holder"):
        write()
    assert select.select([reading], [], [], PATIENCE)[0]
    assert os.read(reading, 100) == b"", "nobody holds the pipe any more"
    os.close(reading)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo hola", "not a whole PDF"),
        ("exit 0", "not a whole PDF"),
        ("printf '%%PDF-1.4 xx %%%%EOF\\n'", "damaged PDF"),
        ("kill -SEGV $$", "ended with -11"),
        ("echo 'Error: se rompió' >&2; exit 1", "Error: se rompió"),
    ],
)
def test_what_is_not_a_whole_pdf_is_no_document(script: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(pdf.PdfFailed, match=words):
        pdf.render_pdf("", title="t", number="n", footer="f", engine=stub(tmp_path, script))


@pytest.mark.parametrize("lost", [slice(-40, None), slice(1500, 1700)], ids=["end", "middle"])
def test_a_pdf_with_bytes_missing_is_refused_and_not_repaired(lost: slice, tmp_path: Path) -> None:
    raw = bytearray(pdf.run_engine(pdf.command(), html("Hola"), 30))
    del raw[lost]
    (tmp_path / "cut").write_bytes(raw)
    with pytest.raises(pdf.PdfFailed):
        pdf.render_pdf("", title="t", number="n", footer="f", engine=stub(tmp_path, f"cat {tmp_path}/cut"))


@pytest.mark.parametrize(
    "option",
    ["--disable-local-file-access", "--disable-javascript", "--disable-plugins", "--load-error-handling abort"],
)
def test_protections_that_are_also_defaults_of_this_build_are_still_said(option: str) -> None:
    """Another release of the engine may have other defaults."""
    assert f" {option} " in " ".join(pdf.command())


def test_a_page_that_asks_for_a_file_is_an_error_and_not_a_hole() -> None:
    with pytest.raises(pdf.PdfFailed, match="network error"):
        pdf.render_pdf(html('<img src="file:///logo.png">'), title="t", number="n", footer="f")


def test_a_missing_engine_is_said_with_the_line_that_installs_it() -> None:
    with pytest.raises(pdf.PdfEngineMissing, match=r"apt-get install .*wkhtmltopdf"):
        pdf.render_pdf("", title="t", number="n", footer="f", engine="no-such-engine")


def test_every_sheet_carries_its_foot_and_number_as_text() -> None:
    sheets = pages(
        pdf.render_pdf(
            html('<p>Uno</p><p style="page-break-before:always">Dos</p>'),
            title="Cotización C-1",
            number="C-1",
            footer="Pie · ñandú",
        )
    )
    assert [flat(sheet) for sheet in sheets] == ["Uno Pie · ñandú Página 1 de 2", "Dos Pie · ñandú Página 2 de 2"]


def test_a_long_foot_never_runs_into_the_page_number() -> None:
    sheet = flat(pages(pdf.render_pdf(html("Hola"), title="t", number="n", footer="Pie muy largo " * 30))[0])
    assert sheet.startswith("Hola Pie muy largo Pie muy largo")
    assert sheet.endswith("… Página 1 de 1")


def test_the_document_says_its_title_number_language_and_maker_to_programs() -> None:
    made = pdf.render_pdf(html("Hola"), title="Póliza MA-2026-000184", number="MA-2026-000184", footer="f")
    with pikepdf.open(io.BytesIO(made)) as document:
        assert str(document.docinfo["/Title"]) == "Póliza MA-2026-000184"
        assert str(document.Root.Lang) == "es-PE"
        xmp = document.open_metadata()
        assert (xmp["dc:title"], xmp["dc:identifier"]) == ("Póliza MA-2026-000184", "MA-2026-000184")
        assert (xmp["dc:language"], xmp["dc:creator"]) == ({"es-PE"}, ["MASSIV"])
        assert xmp["xmp:CreatorTool"] == xmp["pdf:Producer"] == "MASSIV"
        assert xmp["xmp:CreateDate"]
        assert {str(document.docinfo[key]) for key in ("/Author", "/Creator", "/Producer")} == {"MASSIV"}


def test_text_is_set_in_our_fonts_and_can_be_searched() -> None:
    made = pdf.render_pdf(
        html("<p style=\"font-family:'Figtree PDF'\">Año <b>nuevo</b></p>"), title="t", number="n", footer="f"
    )
    assert "FigtreePDF-Regular" in fonts(made)
    assert "FigtreePDF-Bold" in fonts(made)
    assert flat(pages(made)[0]).startswith("Año nuevo")


def test_names_of_all_who_write_with_our_alphabet_are_set_in_our_fonts() -> None:
    name = "Kovačević Łukasz Şahin Ștefan Dvořák"
    families = "font-family:'Figtree PDF','Figtree PDF Ext'"
    made = pdf.render_pdf(html(f'<p style="{families}">{name} <b>{name}</b></p>'), title="t", number="n", footer="f")
    assert flat(pages(made)[0]).startswith(f"{name} {name}")
    used = {line.split()[0].rpartition("+")[2] for line in fonts(made).splitlines()[2:]}
    assert used == {"FigtreePDF-Regular", "FigtreePDF-Bold", "FigtreePDFExt-Regular", "FigtreePDFExt-Bold"}


def test_a_font_folder_that_others_can_write_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = tmp_path / f"plataforma-cliente-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pdf_fonts.private_folder.cache_clear()
    try:
        chosen = pdf_fonts.private_folder()
    finally:
        pdf_fonts.private_folder.cache_clear()
    assert chosen != planted
    assert chosen.stat().st_mode & 0o077 == 0
