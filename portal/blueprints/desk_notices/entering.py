"""/gestion/avisos/nuevo: a notice told by phone or at the counter, written down by a collaborator."""

import secrets

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.desk_notices import bp
from portal.blueprints.desk_notices.forms import EntryForm
from portal.domain.identity import DocumentType
from portal.services.claims import notices
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit


@bp.get("/gestion/avisos/nuevo")
@allow(Who.STAFF)
def new() -> Response:
    form = EntryForm(tipo_documento=DocumentType.DNI.value, formulario=secrets.token_urlsafe(32))
    return htmx.render("desk_notices/new.html", form=form)


@bp.post("/gestion/avisos/nuevo")
@allow(Who.STAFF)
@drafts.keeps(EntryForm, page="desk_notices.new")
def enter() -> Response:
    form = EntryForm()

    def done(number: str) -> Response:
        flash(f"El número es {number}. Dígaselo a quien avisa, y que lo anote.", "ok")
        return htmx.go(url_for("desk_notices.show", number=number))

    return submit(
        form,
        lambda: notices.enter(form.event(), form.sender(), actor(), form=(form.formulario.data or "")[:43]),
        page=lambda: htmx.invalid("desk_notices/new.html", form),
        done=done,
    )
