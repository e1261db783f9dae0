"""Who works here: agencies, and second steps that must begin anew."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.staff import bp
from portal.blueprints.staff.forms import AgencyForm, ResetForm
from portal.domain.staff import ROLE_NAMES, ResetReason
from portal.services.desk import staff
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.paging import page_of


@bp.get("/gestion/personal")
@allow(Who.SUPERVISOR)
def index() -> Response:
    page = page_of(lambda **window: staff.members(actor(), **window))
    return htmx.render("staff/index.html", page=page, role_names=ROLE_NAMES)


@bp.get("/gestion/personal/<username>")
@allow(Who.SUPERVISOR)
def show(username: str) -> Response:
    return htmx.render("staff/show.html", **_words(username))


@bp.post("/gestion/personal/<username>/agencia")
@allow(Who.SUPERVISOR)
def set_agency(username: str) -> Response:
    form = AgencyForm()

    def done(_: None) -> Response:
        flash("Guardamos su agencia.", "ok")
        return htmx.go(url_for("staff.show", username=username))

    return submit(
        form,
        lambda: staff.set_agency(username, form.agencia.data or None, actor()),
        page=lambda: htmx.invalid("staff/show.html", form, **_words(username, agency_form=form)),
        done=done,
    )


@bp.post("/gestion/personal/<username>/segundo-paso")
@allow(Who.SUPERVISOR)
def reset_second_step(username: str) -> Response:
    form = ResetForm()

    def done(_: None) -> Response:
        flash("Reiniciamos su segundo paso y le escribimos. Lo activará de nuevo en su próximo ingreso.", "ok")
        return htmx.go(url_for("staff.show", username=username))

    return submit(
        form,
        lambda: staff.reset_second_step(username, ResetReason(form.motivo.data), actor()),
        page=lambda: htmx.invalid("staff/show.html", form, **_words(username, reset_form=form)),
        done=done,
    )


def _words(username: str, agency_form: AgencyForm | None = None, reset_form: ResetForm | None = None) -> dict[str, Any]:
    member = staff.member(username, actor())
    present = member.agency.code if member.agency else ""
    return {
        "member": member,
        "role_name": ROLE_NAMES[member.role],
        "agency_form": agency_form or AgencyForm(data={"agencia": present}),
        "reset_form": reset_form or ResetForm(),
    }
