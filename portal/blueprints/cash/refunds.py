"""Cash to be given back: one of the agency hands it over, another one confirms it."""

from collections.abc import Callable
from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.cash import bp
from portal.blueprints.cash.forms import ConfirmForm, HandOverForm
from portal.domain.identity import veiled_email
from portal.extensions import limiter
from portal.services.controls import four_eyes
from portal.services.payments import refunds
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, shown_at, submit
from portal.web.limits import MAIL_LIMIT, account_key


@bp.get("/gestion/caja/devoluciones")
@allow(Who.STAFF)
def refunds_index() -> Response:
    """What waits to be given back at the agency."""
    return htmx.render("cash/refunds.html", lines=refunds.waiting(actor()))


@bp.get("/gestion/caja/devoluciones/<refund_number>")
@allow(Who.STAFF)
def refund(refund_number: str) -> Response:
    """One refund, and who has to do what."""
    words = _words(refund_number)
    return htmx.render("cash/refund.html", form=ConfirmForm() if words["line"].proposal else HandOverForm(), **words)


@bp.post("/gestion/caja/devoluciones/<refund_number>/codigo")
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def send_refund_code(refund_number: str) -> Response:
    """Mail the customer a code, the first or another."""

    def done(_: None) -> Response:
        flash("Enviamos un código al correo del cliente. Pídale que se lo diga.", "ok")
        return htmx.go(url_for("cash.refund", refund_number=refund_number))

    def use_case() -> None:
        refunds.CODE.send(refund_number, actor(), shown=shown_at())

    return _submit(HandOverForm(), refund_number, use_case, done, needs_shape=False)


@bp.post("/gestion/caja/devoluciones/<refund_number>/entregar")
@allow(Who.STAFF)
def hand_over(refund_number: str) -> Response:
    """The first person: the money was handed over, against the customer's code."""
    form = HandOverForm()

    def done(_: None) -> Response:
        flash("Anotado. Ahora otra persona de la agencia confirma que se entregó el dinero.", "ok")
        return htmx.go(url_for("cash.refund", refund_number=refund_number))

    return _submit(form, refund_number, lambda: refunds.hand_over(refund_number, form.codigo.data or "", actor()), done)


@bp.post("/gestion/caja/devoluciones/<refund_number>/confirmar")
@allow(Who.STAFF)
def confirm(refund_number: str) -> Response:
    """The second person: it was, or it was not."""
    form = ConfirmForm()

    def use_case() -> None:
        refunds.confirm(refund_number, actor(), handed_over=form.was_handed_over)

    def done(_: None) -> Response:
        if form.was_handed_over:
            flash(f"Devolución {refund_number} terminada. Avisamos al cliente por correo.", "ok")
        else:
            flash(f"La devolución {refund_number} sigue por entregar.", "warn")
        return htmx.go(url_for("cash.refund", refund_number=refund_number))

    return _submit(form, refund_number, use_case, done)


def _submit(
    form: Form,
    refund_number: str,
    use_case: Callable[[], None],
    done: Callable[[None], Response],
    *,
    needs_shape: bool = True,
) -> Response:
    def page() -> Response:
        words = _words(refund_number)
        if isinstance(form, HandOverForm) and words["code"] is None:
            form.speak_above()
        return htmx.invalid("cash/refund.html", form, **words)

    return submit(form, use_case, page=page, done=done, needs_shape=needs_shape)


def _words(refund_number: str) -> dict[str, Any]:
    line = refunds.get(refund_number, actor())
    return {
        "line": line,
        "email": veiled_email(line.email),
        "code": refunds.CODE.open_code(line.refund),
        "may_confirm": line.proposal is not None and four_eyes.may_decide(line.proposal, actor()),
    }
