"""Routes of one's open sessions (B17)."""

from flask import flash, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.profile import bp
from portal.services.authentication import session_list
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.paging import LARGEST_KEY


@bp.get("/perfil/sesiones")
@allow(Who.SIGNED_IN)
def open_now() -> Response:
    return _page(Form())


@bp.post(f"/perfil/sesiones/<int(max={LARGEST_KEY}):session_id>/cerrar")
@allow(Who.SIGNED_IN)
def close_session(session_id: int) -> Response:
    form = Form()

    def done(_: None) -> Response:
        flash("Cerramos esa sesión.", "ok")
        return htmx.go(url_for("profile.open_now"))

    return submit(form, lambda: session_list.close(session_id, actor()), page=lambda: _page(form, 422), done=done)


@bp.post("/perfil/sesiones/cerrar-otras")
@allow(Who.SIGNED_IN)
def close_other_sessions() -> Response:
    form = Form()

    def done(_: None) -> Response:
        flash("Cerramos sus otras sesiones. Solo queda abierta esta.", "ok")
        return htmx.go(url_for("profile.open_now"))

    return submit(
        form,
        lambda: session_list.close_others(actor(), current_user.get_id()),
        page=lambda: _page(form, 422),
        done=done,
    )


def _page(form: Form, status: int = 200) -> Response:
    found = session_list.of_actor(actor(), current_user.get_id())
    return htmx.render("profile/sessions.html", status, form=form, sessions=found)
