"""Files given in a page: as soon as they are chosen, from the camera, after a lost connection, and without a script."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask, flash, render_template_string
from playwright.sync_api import Route, expect
from werkzeug.serving import make_server

from portal import create_app
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.received_file import FilesBusy
from portal.services.evidence import uploads
from portal.services.evidence.uploads import Place
from portal.settings import Settings
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.uploads import sent_file, takes_file
from tests import applications
from tests.decoder.printed_pages import good
from tests.decoder.strangers import REFUSED, drawing, encoded, pdf
from tests.journeys.conftest import _CHROMIUM, _OPTIONS, PHONE
from tests.pages.visitor import Visitor
from tests.processes import PATIENCE

pytestmark = pytest.mark.one_database

_PAGE = """
{% extends layout %}{% import "macros/uploads.html" as uploads %}
{% block title %}Documentos{% endblock %}
{% block main %}
<h1 tabindex="-1">Documentos</h1>
<ul id="recibidos">
{% for file in files %}<li>{{ file.type }}{% for flaw in file.flaws %} {{ flaw.words }}{% endfor %}</li>{% endfor %}
</ul>
{{ uploads.upload("/prueba/documentos", "Informe", target="recibidos", most=3, error=error) }}
{% endblock %}
"""
_EACH_ANEW = _PAGE.replace("</li>", '{{ uploads.upload("/prueba/otra-vez", "Otra vez", target="recibidos") }}</li>')
PLACE = Place("prueba", 1, "informe")


def _add_another_page(more: Blueprint) -> None:
    """One whose list of what was received has forms in it."""

    @more.get("/prueba/otra-vez")
    @allow(Who.ANYONE)
    def show_each():
        files = uploads.files_of("prueba", 1)
        return render_template_string(_EACH_ANEW, layout="layouts/page.html", files=files, error="")

    @more.post("/prueba/otra-vez")
    @allow(Who.ANYONE)
    @takes_file
    def send_again():
        raise AssertionError("the test lets none come so far")


class Site:
    """The portal with one more page, at `url`; `busy` answers so many times that it is busy. `closed`: nothing is taken
    any more, as the page says to whom it leads back."""

    url: str

    def __init__(self, app: Flask) -> None:
        self.app, self.busy, self.closed = app, 0, False
        more = Blueprint("prueba", __name__)

        @more.get("/prueba/documentos")
        @allow(Who.ANYONE)
        def show(error: str = "", status: int = 200):
            layout = "layouts/fragment.html" if htmx.is_fragment_request() else "layouts/page.html"
            files = uploads.files_of("prueba", 1)
            return render_template_string(_PAGE, layout=layout, files=files, error=error), status

        @more.post("/prueba/documentos")
        @allow(Who.ANYONE)
        @takes_file
        def send():
            if self.busy:
                self.busy -= 1
                return "", 503, {"Retry-After": "0.1"}
            if self.closed:
                flash("Este pedido ya se cerró.", "warn")
                return htmx.go("/prueba/documentos")
            try:
                uploads.take(PLACE, sent_file("foto", "archivo"), Actor())
            except FilesBusy as busy:
                return show(busy.message, 503)
            except DomainError as refused:
                return show(refused.message, 422)
            return htmx.go("/prueba/documentos")

        _add_another_page(more)
        app.register_blueprint(more)


@pytest.fixture
def site(built, portal_env) -> Iterator[Site]:
    built[1].clean()
    with applications.extensions_kept():
        site = Site(create_app(Settings.from_env({"BASE_URL": "http://localhost", **portal_env})))
        server = make_server("127.0.0.1", 0, site.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site.url = f"http://127.0.0.1:{server.server_port}"
        yield site
        server.shutdown()
        applications.close(site.app)


@pytest.fixture
def visitor(site, visitors) -> Visitor:
    visitor = visitors(site.url)
    visitor.go("/prueba/documentos")
    return visitor


def files(folder: Path, **contents: bytes) -> list[Path]:
    paths = []
    for name, data in contents.items():
        paths.append(folder / name.replace("_", "."))
        paths[-1].write_bytes(data)
    return paths


def chosen(visitor: Visitor, *paths: Path) -> None:
    visitor.page.locator("input[name=archivo]").set_input_files(paths)


def received(visitor: Visitor):
    return visitor.page.locator("#recibidos li")


def test_what_is_chosen_is_sent_at_once_one_after_the_other(visitor, tmp_path):
    photo = encoded(good(1), "JPEG", quality=90)
    chosen(visitor, *files(tmp_path, uno_jpg=photo, dos_pdf=pdf(), tres_png=encoded(drawing(), "PNG")))
    expect(received(visitor)).to_have_count(3)
    expect(visitor.page.locator("[data-rows] li")).to_have_count(0)
    assert received(visitor).all_inner_texts()[:2] == ["image/jpeg", "application/pdf"]
    assert "La letra salió muy pequeña" in received(visitor).nth(2).inner_text()


def test_a_refusal_is_said_at_its_file_and_the_others_go_on(visitor, tmp_path):
    chosen(visitor, *files(tmp_path, malo_pdf=REFUSED["PDF that runs a script"][0], bueno_pdf=pdf()))
    expect(received(visitor)).to_have_count(1)
    row = visitor.page.locator("[data-rows] li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("malo.pdf")
    expect(row).to_contain_text("El PDF trae un programa adentro")
    visitor.faults.clear()  # the browser's line about the 422


def test_a_lost_connection_loses_that_file_and_says_which(visitor, tmp_path):
    lost: list[Route] = []

    def lose(route):
        if route.request.method == "POST" and not lost:
            lost.append(route)
            return route.abort("connectionreset")
        return route.continue_()

    visitor.page.route("**/prueba/documentos", lose)
    chosen(visitor, *files(tmp_path, uno_pdf=pdf(), dos_jpg=encoded(good(1), "JPEG")))
    expect(received(visitor)).to_have_count(1)
    row = visitor.page.locator("[data-rows] li")
    expect(row).to_contain_text("uno.pdf")
    expect(row).to_contain_text("Se perdió la conexión con este archivo")
    row.get_by_role("button", name="Enviar otra vez").click()
    expect(received(visitor)).to_have_count(2)
    expect(row).to_have_count(0)
    visitor.faults.clear()  # the browser's line about the connection


def test_a_busy_portal_is_asked_again(visitor, site, tmp_path):
    site.busy = 2
    chosen(visitor, *files(tmp_path, uno_pdf=pdf()))
    expect(received(visitor)).to_have_count(1)
    visitor.faults.clear()


def test_a_page_that_was_open_too_long_sends_again_with_what_it_is_given(visitor, tmp_path):
    visitor.page.evaluate("document.querySelector('form[data-upload]').elements.csrf_token.value = 'stale'")
    chosen(visitor, *files(tmp_path, uno_pdf=pdf(), dos_png=encoded(drawing(), "PNG")))
    expect(received(visitor)).to_have_count(2)
    expect(visitor.page.locator("[data-rows] li")).to_have_count(0)


def test_what_is_not_taken_any_more_is_said_at_its_file(visitor, site, tmp_path):
    site.closed = True
    chosen(visitor, *files(tmp_path, uno_pdf=pdf()))
    expect(visitor.page.locator("[data-rows] li")).to_contain_text("Este pedido ya se cerró.")
    expect(received(visitor)).to_have_count(0)


def test_a_page_that_was_closed_meanwhile_says_which_file_did_not_arrive(visitor, tmp_path):
    """As a telephone does that needs the memory for its camera."""
    visitor.page.route(
        "**/prueba/documentos", lambda route: None if route.request.method == "POST" else route.continue_()
    )
    row = visitor.page.locator("[data-rows] li")
    chosen(visitor, *files(tmp_path, uno_pdf=pdf()))
    expect(row).to_contain_text("Enviando")
    visitor.page.reload()
    expect(row).to_contain_text("uno.pdf")
    expect(row).to_contain_text("No llegó: la página se cerró antes")
    visitor.page.unroute_all(behavior="ignoreErrors")
    with visitor.page.expect_file_chooser():
        visitor.page.locator("input[name=archivo]").evaluate("field => field.click()")
    visitor.page.reload()
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Informe")
    visitor.page.reload()
    expect(row).to_have_count(0)
    chosen(visitor, *files(tmp_path, uno_pdf=pdf()))
    expect(received(visitor)).to_have_count(1)
    visitor.page.reload()
    expect(row).to_have_count(0)
    visitor.faults.clear()


def test_where_the_page_may_not_use_the_camera_the_telephones_own_is_offered(visitor, site):
    def refuse(route):
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "permissions-policy": "camera=()"})

    visitor.page.route("**/prueba/documentos", refuse)
    visitor.go("/prueba/documentos")
    expect(visitor.page.locator("[data-own-camera]")).to_be_visible()
    expect(visitor.page.locator("[data-camera]")).to_be_hidden()


def test_what_waits_in_a_list_that_is_put_anew_is_told_all_the_same(visitor, tmp_path):
    page, held = visitor.page, []
    chosen(visitor, *files(tmp_path, uno_pdf=pdf()))
    expect(received(visitor)).to_have_count(1)
    page.route(
        "**/prueba/documentos", lambda way: held.append(way) if way.request.method == "POST" else way.continue_()
    )
    page.route("**/prueba/otra-vez", lambda way: way.abort() if way.request.method == "POST" else way.continue_())
    visitor.go("/prueba/otra-vez")
    page.locator("form:not(#recibidos form) input[name=archivo]").set_input_files(
        files(tmp_path, dos_png=encoded(drawing(), "PNG"))
    )
    page.locator("#recibidos input[name=archivo]").set_input_files(files(tmp_path, tres_pdf=pdf()))
    expect(page.locator("#recibidos [data-rows] li")).to_contain_text("En espera")
    held[0].continue_()
    row = page.locator("[data-rows] li")
    expect(received(visitor)).to_have_count(2)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("tres.pdf")
    expect(row).to_contain_text("Se perdió la conexión con este archivo")
    visitor.faults.clear()


def test_what_is_too_large_is_not_sent(visitor, tmp_path):
    chosen(visitor, *files(tmp_path, uno_pdf=pdf() + bytes(10 * 1024 * 1024)))
    expect(visitor.page.locator("[data-rows] li")).to_contain_text("pesa más de 10 MB")
    expect(received(visitor)).to_have_count(0)


def test_without_a_script_a_file_is_chosen_and_sent(site, visitors, tmp_path):
    visitor = visitors(site.url, has_script=False)
    visitor.go("/prueba/documentos")
    expect(visitor.page.locator("[data-camera]")).to_be_hidden()
    chosen(visitor, *files(tmp_path, uno_pdf=pdf()))
    visitor.page.get_by_role("button", name="Enviar").click()
    expect(received(visitor)).to_have_text(["application/pdf"])


@pytest.fixture
def with_camera(site, chromium) -> Iterator[Visitor]:
    """A browser whose camera shows a moving picture."""
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = chromium.browser_type.launch(executable_path=_CHROMIUM, args=[*_OPTIONS, *fake])
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, permissions=["camera"])
    context.set_default_timeout(PATIENCE * 1000)
    visitor = Visitor(context.new_page(), site.url)
    visitor.go("/prueba/documentos")
    yield visitor
    browser.close()
    assert not visitor.faults


def test_a_photo_is_taken_in_the_page_looked_at_and_used(with_camera):
    page = with_camera.page
    page.get_by_role("button", name=re.compile("Tomar foto.*Informe")).click()
    stage = page.get_by_role("dialog", name=re.compile("Cámara: Informe"))
    expect(page.locator("video")).to_have_js_property("readyState", 4)
    stage.get_by_role("button", name="Tomar foto").click()
    expect(stage).to_contain_text("¿Se lee bien?")
    stage.get_by_role("button", name="Tomar otra vez").click()
    stage.get_by_role("button", name="Tomar foto").click()
    stage.get_by_role("button", name="Usar esta foto").click()
    expect(received(with_camera)).to_have_count(1)
    expect(stage).to_be_hidden()
    assert page.evaluate("document.querySelector('video').srcObject.active") is False


def test_a_camera_that_is_denied_leaves_the_telephones_own(visitor):
    visitor.page.evaluate(
        "() => void (navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('denied')))"
    )
    visitor.page.get_by_role("button", name=re.compile("Tomar foto.*Informe")).click()
    expect(visitor.page.locator("[data-denied]")).to_be_visible()
    expect(visitor.page.locator("[data-own-camera]")).to_be_visible()
    expect(visitor.page.locator("[data-camera]")).to_be_hidden()
