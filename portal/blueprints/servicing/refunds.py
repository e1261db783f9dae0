"""Another way for money that the bank would not give back to the account it came from."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp
from portal.blueprints.servicing.forms import RefundWayForm
from portal.extensions import limiter
from portal.services.payments import refund_ways
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.payout_way import TRIES


@bp.get("/devoluciones/<refund_number>")
@allow(Who.CUSTOMER)
def refund(refund_number: str) -> Response:
    """How it stands, and how else to have it."""
    return htmx.render("servicing/refund.html", form=RefundWayForm(), **_shown(refund_number))


@bp.post("/devoluciones/<refund_number>")
@allow(Who.CUSTOMER)
@limiter.limit(TRIES)
def choose_refund(refund_number: str) -> Response:
    """Choose another account, or the agency."""
    form = RefundWayForm()

    def done(_: str) -> Response:
        goes = "le espera en esa agencia" if form.is_cash else "va a esa cuenta"
        flash(f"Listo: su dinero {goes}. Le enviamos un correo.", "ok")
        return htmx.go(url_for("servicing.refund", refund_number=refund_number))

    return submit(
        form,
        lambda: refund_ways.choose(refund_number, form.chosen(), actor()),
        page=lambda: htmx.invalid("servicing/refund.html", form, **_shown(refund_number)),
        done=done,
    )


def _shown(refund_number: str) -> dict[str, Any]:
    return refund_ways.standing(refund_number, actor())._asdict()
