"""A page that takes a file, as the portal's are written, put beside them.

It stands for any of them: what holds here does not hang on whose paper it is.
"""

from __future__ import annotations

from flask import Blueprint, Flask, render_template_string, request
from flask.typing import ResponseReturnValue

from portal import create_app
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.received_file import NotTaken
from portal.services.evidence import uploads
from portal.services.evidence.uploads import Place
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.uploads import sent_file, takes_file

ADDRESS = "/prueba/papel"
PLACE = Place("prueba", 1, "informe", most=200, is_page=False)
_PAGE = """
{% extends layout %}
{% block title %}Papel{% endblock %}
{% block main %}
<h1 tabindex="-1">Papel</h1>
<p id="recibidos">{{ files|length }}</p>
<form method="post" action="/prueba/papel" enctype="multipart/form-data">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
{% if error %}<p class="error">{{ error }}</p>{% endif %}
<label for="nota">Nota</label><input id="nota" name="nota" value="{{ note }}">
<label for="archivo">Archivo</label><input id="archivo" type="file" name="archivo">
<button type="submit">Enviar</button>
</form>
{% endblock %}
"""


def add_to(app: Flask) -> Flask:
    """Let it have the page."""
    more = Blueprint("prueba", __name__)

    @more.get(ADDRESS)
    @allow(Who.ANYONE)
    def show(error: str = "", note: str = "") -> str:
        layout = "layouts/fragment.html" if htmx.is_fragment_request() else "layouts/page.html"
        files = uploads.files_of(PLACE.owner_kind, PLACE.owner_id)
        return render_template_string(_PAGE, layout=layout, files=files, error=error, note=note)

    @more.post(ADDRESS)
    @allow(Who.ANYONE)
    @takes_file
    def send() -> ResponseReturnValue:
        try:
            uploads.take(PLACE, sent_file("foto", "archivo").stream, Actor())
        except DomainError as refused:
            status = 503 if isinstance(refused, NotTaken) else 422
            return show(refused.message, request.form.get("nota", "")), status
        return htmx.go(ADDRESS)

    app.register_blueprint(more)
    return app


def portal() -> Flask:
    """The portal with it, as its environment says: `gunicorn "tests.upload_page:portal()"`."""
    return add_to(create_app())
