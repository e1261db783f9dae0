"""Who works here: who begins, with which role, until when; agencies, and second steps that must begin anew."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.staff import bp
from portal.blueprints.staff.forms import AgencyForm, DecisionForm, NewcomerForm, ResetForm, RoleForm
from portal.domain.staff import ROLE_NAMES, ResetReason
from portal.services.desk import colleagues, staff
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted
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


@bp.get("/gestion/personal-nuevo")
@allow(Who.SUPERVISOR)
def begin() -> Response:
    return htmx.render("staff/new.html", form=NewcomerForm())


@bp.post("/gestion/personal-nuevo")
@allow(Who.SUPERVISOR)
@drafts.keeps(NewcomerForm, page="staff.begin")
def propose_new() -> Response:
    form = NewcomerForm()

    def use_case() -> str:
        who = form.newcomer()
        colleagues.propose_new(who, actor())
        return who.username

    def done(username: str) -> Response:
        flash(_PROPOSED, "ok")
        return htmx.go(url_for("staff.show", username=username))

    return submit(form, use_case, page=lambda: htmx.invalid("staff/new.html", form), done=done)


@bp.post("/gestion/personal/<username>/funcion")
@allow(Who.SUPERVISOR)
def propose(username: str) -> Response:
    """Another role, or that who was suspended comes back."""
    form = RoleForm()

    def done(_: None) -> Response:
        flash(_PROPOSED, "ok")
        return htmx.go(url_for("staff.show", username=username))

    return submit(
        form,
        lambda: colleagues.propose(username, form.funcion.data, actor()),
        page=lambda: htmx.invalid("staff/show.html", form, **_words(username, role_form=form, wrong=form)),
        done=done,
    )


@bp.post("/gestion/personal/<username>/decision")
@allow(Who.SUPERVISOR)
def decide(username: str) -> Response:
    """Confirm what another supervisor proposed, or turn it down."""
    form, accepted = DecisionForm(), submitted("confirmar")

    def done(_: None) -> Response:
        flash("Confirmado." if accepted else "Rechazado: nada cambió.", "ok")
        return htmx.go(url_for("staff.show", username=username))

    return submit(
        form,
        lambda: colleagues.decide(username, actor(), shown=form.propuesta.data, accepted=accepted),
        page=lambda: htmx.invalid("staff/show.html", form, **_words(username, wrong=form)),
        done=done,
        needs_shape=False,
    )


@bp.post("/gestion/personal/<username>/suspension")
@allow(Who.SUPERVISOR)
def suspend(username: str) -> Response:
    colleagues.suspend(username, actor())
    flash("Suspendimos su usuario y cerramos sus sesiones.", "ok")
    return htmx.go(url_for("staff.show", username=username))


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
        page=lambda: htmx.invalid("staff/show.html", form, **_words(username, agency_form=form, wrong=form)),
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
        page=lambda: htmx.invalid("staff/show.html", form, **_words(username, reset_form=form, wrong=form)),
        done=done,
    )


_PROPOSED = "Lo anotamos. Falta que lo confirme otro supervisor; mientras tanto nada cambia."


def _words(
    username: str,
    agency_form: AgencyForm | None = None,
    reset_form: ResetForm | None = None,
    role_form: RoleForm | None = None,
    wrong: Form | None = None,
) -> dict[str, Any]:
    member = staff.member(username, actor())
    present = member.agency.code if member.agency else ""
    return {
        "member": member,
        "role_name": ROLE_NAMES[member.role],
        "agency_form": agency_form or AgencyForm(data={"agencia": present}),
        "reset_form": reset_form or ResetForm(),
        "role_form": role_form or RoleForm(formdata=None, data={"funcion": member.role}),
        "role_names": ROLE_NAMES,
        # As it is proposed now, whatever was posted.
        "decision": DecisionForm(formdata=None, propuesta=member.proposal.id if member.proposal else None),
        "wrong": wrong or ResetForm(formdata=None),
    }
