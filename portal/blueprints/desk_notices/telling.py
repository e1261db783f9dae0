"""/gestion/avisos/familias: the named beneficiaries of somebody who died, told within 48 hours."""

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.desk_notices import bp
from portal.blueprints.desk_notices.forms import ToldForm
from portal.services.claims import acting, telling
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.paging import LARGEST_KEY

_CLAIM = "/gestion/avisos/familias/<claim_number>"


@bp.get("/gestion/avisos/familias")
@allow(Who.STAFF)
def families() -> Response:
    """Where somebody is still to be told, the most pressing first, and the minors for whom nobody acts."""
    return htmx.render("desk_notices/families.html", tasks=telling.waiting(), alone=acting.alone())


@bp.get(_CLAIM)
@allow(Who.STAFF)
def family(claim_number: str) -> Response:
    found = telling.get(claim_number, actor())
    return htmx.render("desk_notices/family.html", form=ToldForm(formdata=None), wrong=None, found=found)


@bp.post(f"{_CLAIM}/<int(max={LARGEST_KEY}):party_id>")
@allow(Who.STAFF)
def tell(claim_number: str, party_id: int) -> Response:
    """Somebody was told, or could not be reached."""
    form, was_told = ToldForm(), submitted("avisado")

    def done(_: None) -> Response:
        flash("Anotado.", "ok")
        return htmx.go(url_for("desk_notices.family", claim_number=claim_number))

    return submit(
        form,
        lambda: telling.note(claim_number, party_id, form.como.data or "", actor(), was_told=was_told),
        page=lambda: htmx.invalid(
            "desk_notices/family.html", form, wrong=party_id, found=telling.get(claim_number, actor())
        ),
        done=done,
    )
