"""The checks that every page passes in tests do find what they are for."""

from __future__ import annotations

import pytest
from flask import Flask, Response
from werkzeug.test import Client, TestResponse

from tests.pages.checks import check_fragment, check_headers, check_page

TOKEN = '<input type="hidden" name="csrf_token" value="a-token-of-more-than-twenty-letters">'
GOOD = f"""<!doctype html>
<html lang="es-PE"><head><title>Mis Seguros · MASSIV</title><script defer src="/static/htmx.js"></script></head>
<body><a href="#contenido">Ir</a><main id="contenido"><h1>Mis Seguros</h1>
<form method="post" action="/perfil" hx-post="/perfil" hx-target="#pagina">{TOKEN}
<label for="correo">Correo</label><input id="correo" name="correo"><button type="submit">Guardar</button></form>
<a href="/seguros" hx-get="/seguros" hx-target="#pagina">Ver</a></main></body></html>"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self)",
    "Cache-Control": "no-store",
    "Vary": "HX-Request, HX-History-Restore-Request",
}


def test_a_good_page_and_a_good_fragment_pass() -> None:
    check_page("/seguros", GOOD)
    check_fragment(
        "/seguros", f"<title>Mis Seguros · MASSIV</title>{GOOD.partition('<body>')[2].partition('</body>')[0]}"
    )


@pytest.mark.parametrize(
    ("was", "becomes", "found"),
    [
        ('lang="es-PE"', 'lang="en"', "lang"),
        ("<h1>Mis Seguros</h1>", "<h2>Mis Seguros</h2>", "0 h1"),
        ("<h1>Mis Seguros</h1>", "<h1>Mis</h1><h1>Seguros</h1>", "2 h1"),
        ("Mis Seguros · MASSIV", " · MASSIV", "title"),
        ('name="correo">', 'name="correo"><p id="correo"></p>', "id correo 2 times"),
        ('<label for="correo">Correo</label>', "", "no label: correo"),
        ('href="#contenido"', 'href="#nada"', "'nada', which is not there"),
        ('id="correo" name', 'id="correo" aria-describedby="ayuda" name', "'ayuda', which is not there"),
        ('<button type="submit">', "<button>", "button without type"),
        ('<button type="submit">', '<button class="btn btn-menu" type="submit">', "button of no style: btn-menu"),
        ("<h1>", '<img src="/x.svg"><h1>', "no alt"),
        ("<h1>", '<a href="/inicio"></a><h1>', "link without words"),
        ('method="post" action="/perfil" hx', "hx", "form without action or method"),
        (TOKEN, "", "form without its token"),
        ('hx-post="/perfil"', 'hx-post="/otra"', "hx-post is not the action"),
        ('hx-post="/perfil" hx-target="#pagina"', 'hx-post="/perfil"', "no target"),
        ('hx-get="/seguros"', 'hx-get="/otra"', "href and hx-get differ"),
        ("<h1>", '<p hx-get="/x" hx-target="#a" hx-trigger="click[x]"></p><h1>', "trigger filter"),
        ("<h1>", '<p hx-get="/x" hx-target="#a"></p><h1>', "does nothing without script"),
        ("<h1>", '<p hx-vals="js:{a:1}"></p><h1>', "js in hx-vals"),
        ("<h1>", '<p style="color:red"></p><h1>', "style element or attribute"),
        ("<h1>", "<style>p{}</style><h1>", "style element or attribute"),
        ("<h1>", "<script>alert(1)</script><h1>", "inline script"),
        ("<h1>", '<p onclick="x()"></p><h1>', "inline handler onclick"),
        ("<h1>", '<p hx-on:click="x()"></p><h1>', "inline handler hx-on"),
        ("<h1>", '<a href="javascript:x()">x</a><h1>', "script as address"),
        ("<h1>", "<p>Vence el None</p><h1>", "left over"),
        ("<h1>", "<p>{{ poliza }}</p><h1>", "left over"),
    ],
)
def test_each_fault_of_a_page_is_found(was: str, becomes: str, found: str) -> None:
    assert was in GOOD
    with pytest.raises(AssertionError, match=found.replace("(", r"\(")):
        check_page("/seguros", GOOD.replace(was, becomes, 1))


def test_a_whole_document_is_no_fragment() -> None:
    with pytest.raises(AssertionError, match="whole document"):
        check_fragment("/seguros", GOOD)


@pytest.mark.parametrize("missing", HEADERS)
def test_each_header_that_is_missing_is_found(missing: str) -> None:
    check_headers("/", answer(HEADERS))
    with pytest.raises(AssertionError):
        check_headers("/", answer({name: value for name, value in HEADERS.items() if name != missing}))


def test_an_unsafe_policy_is_found() -> None:
    unsafe = HEADERS | {
        "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; frame-ancestors 'none'"
    }
    with pytest.raises(AssertionError, match="content policy"):
        check_headers("/", answer(unsafe))


def answer(headers: dict[str, str]) -> TestResponse:
    app = Flask("headers", static_folder=None)
    app.add_url_rule("/", "page", lambda: Response("", headers=headers))
    return Client(app).get("/")
