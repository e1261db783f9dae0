"""Cash to be given back: one of the agency hands it over, another one confirms it."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.cash import bp
from portal.blueprints.cash.forms import ConfirmForm, HandOverForm
from portal.domain.refund import REFUND_NAMES
from portal.services import decisions, refunds
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit


@bp.get("/gestion/caja/devoluciones")
@allow(Who.STAFF)
def refunds_index() -> Response:
    """What waits to be given back at the agency."""
    return htmx.render("cash/refunds.html", lines=refunds.waiting(actor()))


@bp.get("/gestion/caja/devoluciones/<number>")
@allow(Who.STAFF)
def refund(number: str) -> Response:
    """One refund, and who has to do what."""
    words = _words(number)
    return htmx.render("cash/refund.html", form=ConfirmForm() if words["line"].proposal else HandOverForm(), **words)


@bp.post("/gestion/caja/devoluciones/<number>/entregar")
@allow(Who.STAFF)
def hand_over(number: str) -> Response:
    """The first person: the money was handed over."""

    def done(_: None) -> Response:
        flash("Anotado. Ahora otra persona de la agencia confirma que se entregó el dinero.", "ok")
        return htmx.go(url_for("cash.refund", number=number))

    return _submit(HandOverForm(), number, lambda: refunds.hand_over(number, actor()), done)


@bp.post("/gestion/caja/devoluciones/<number>/confirmar")
@allow(Who.STAFF)
def confirm(number: str) -> Response:
    """The second person: it was, or it was not."""
    form = ConfirmForm()

    def done(_: None) -> Response:
        if form.entregado.data == "si":
            flash(f"Devolución {number} terminada. Avisamos al cliente por correo.", "ok")
        else:
            flash(f"La devolución {number} sigue por entregar.", "warn")
        return htmx.go(url_for("cash.refund", number=number))

    return _submit(
        form, number, lambda: refunds.confirm(number, actor(), handed_over=form.entregado.data == "si"), done
    )


def _submit(form: Form, number: str, use_case: Any, done: Any) -> Response:
    return submit(form, use_case, page=lambda: htmx.invalid("cash/refund.html", form, **_words(number)), done=done)


def _words(number: str) -> dict[str, Any]:
    line = refunds.get(number, actor())
    return {
        "line": line,
        "may_confirm": line.proposal is not None and decisions.may_decide(line.proposal, actor()),
        "state_names": REFUND_NAMES,
    }
