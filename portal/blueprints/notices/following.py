"""/avisos/seguimiento: a notice seen again, by its number, one's own document and a mailed code."""

from typing import Any

from flask import flash, session, url_for
from werkzeug.wrappers import Response

from portal.blueprints.notices import bp
from portal.blueprints.notices.forms import CodeForm, FollowForm
from portal.domain.identity import DocumentType, parse_identity
from portal.extensions import limiter
from portal.services.claims import claimant as claimants
from portal.services.claims import following
from portal.services.claims.following import VisitProgress
from portal.web import browser, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import shown_at, submit
from portal.web.limits import went_on

_OWN = "seguimiento"  # the cookie's name for what this browser asked for
_per_address = limiter.shared_limit("120/hour", scope="notice-visit", deduct_when=went_on)


@bp.get("/avisos/seguimiento")
@allow(Who.ANYONE)
def follow() -> Response:
    """Which notice, and whose."""
    browser.keep()  # what is asked for opens in this browser alone
    return htmx.render("notices/follow.html", form=FollowForm(tipo_documento=DocumentType.DNI.value))


@bp.post("/avisos/seguimiento")
@allow(Who.ANYONE)
@_per_address
def ask() -> Response:
    form = FollowForm()
    browser.keep()

    def done(token: str) -> Response:
        session[_OWN] = token
        return htmx.go(url_for("notices.visit", token=token))

    return submit(
        form,
        lambda: following.ask(
            form.numero.data or "",
            parse_identity(form.tipo_documento.data, form.numero_documento.data or "", form.pais_documento.data or ""),
            actor(),
            token=session.get(_OWN),
        ),
        page=lambda: htmx.invalid("notices/follow.html", form),
        done=done,
    )


@bp.get("/avisos/seguimiento/<token>")
@allow(Who.ANYONE)
def visit(token: str) -> Response:
    """Where the code goes; once it was passed, the notice."""
    found = following.progress(token, actor())
    if found.is_over:
        return htmx.render("notices/visit_over.html")
    if found.notice is None:
        return htmx.render("notices/visit_code.html", form=CodeForm(), **_words(token, found))
    claims = claimants.all_of(found.notice, actor())
    return htmx.render("notices/notice.html", token=token, told=found.notice, claims=claims)


@bp.post("/avisos/seguimiento/<token>")
@allow(Who.ANYONE)
@limiter.limit("60/minute")
def enter(token: str) -> Response:
    form = CodeForm()
    return submit(
        form,
        lambda: following.enter(token, form.codigo.data or "", actor()),
        page=lambda: htmx.invalid("notices/visit_code.html", form, **_words(token, following.progress(token, actor()))),
        done=lambda _: htmx.go(url_for("notices.visit", token=token)),
    )


@bp.post("/avisos/seguimiento/<token>/reenviar")
@allow(Who.ANYONE)
@_per_address
def resend_visit(token: str) -> Response:
    form = CodeForm()

    def done(_: None) -> Response:
        flash("Pedimos otro código. El anterior ya no vale.", "ok")
        return htmx.go(url_for("notices.visit", token=token))

    return submit(
        form,
        lambda: following.resend(token, actor(), shown=shown_at()),
        page=lambda: htmx.invalid("notices/visit_code.html", form, **_words(token, following.progress(token, actor()))),
        done=done,
        needs_shape=False,
    )


@bp.post("/avisos/seguimiento/<token>/cerrar")
@allow(Who.ANYONE)
def close(token: str) -> Response:
    following.close(token, actor())
    session.pop(_OWN, None)
    flash("Cerramos la página de su aviso en este equipo.", "ok")
    return htmx.go(url_for("notices.follow"))


def _words(token: str, found: VisitProgress) -> dict[str, Any]:
    return {"token": token, "code": found.code}
