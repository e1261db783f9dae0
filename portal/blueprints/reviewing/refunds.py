"""/gestion/pagos/devoluciones: a refund by the bank without outcome, and the word of two people that ends it."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.reviewing import bp
from portal.blueprints.reviewing.forms import DecisionForm, Explained, IssueForm, RefundForm
from portal.services.controls import four_eyes
from portal.services.payments import open_refunds, review
from portal.services.payments.open_refunds import OpenRefund
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted

_REFUND = "/gestion/pagos/devoluciones/<refund_number>"


@bp.get(_REFUND)
@allow(Who.STAFF)
def refund(refund_number: str) -> Response:
    """One: its facts, what to ask, and what is proposed."""
    found = open_refunds.one(refund_number)
    return htmx.render("reviewing/refund.html", **_words(found, _form(found)))


@bp.post(_REFUND)
@allow(Who.STAFF)
@drafts.keeps(Explained, page="reviewing.refund")
def propose_refund(refund_number: str) -> Response:
    """Write down what the bank said."""
    form = _form(open_refunds.one(refund_number))

    def use_case() -> None:
        note = form.explicacion.data or ""
        reference = form.referencia.data or "" if isinstance(form, RefundForm) else ""
        was_moved = not isinstance(form, RefundForm) or form.was_made
        review.propose(refund_number, was_moved=was_moved, reference=reference, note=note, actor=actor())

    def done(_: None) -> Response:
        flash("Lo anotamos. Falta que lo confirme un supervisor que no sea usted; mientras tanto nada cambia.", "ok")
        return htmx.go(url_for("reviewing.refund", refund_number=refund_number))

    return submit(form, use_case, page=lambda: _again(refund_number, form), done=done)


@bp.post(f"{_REFUND}/decision")
@allow(Who.SUPERVISOR)
def decide_refund(refund_number: str) -> Response:
    """Confirm what another person proposed, or turn it down."""
    form, accepted = _form(open_refunds.one(refund_number)), submitted("confirmar")

    def done(_: None) -> Response:
        flash("Confirmado: avisamos al cliente por correo." if accepted else "Rechazado: sigue por confirmar.", "ok")
        return htmx.go(url_for("reviewing.refund", refund_number=refund_number))

    return submit(
        form,
        lambda: review.decide(refund_number, actor(), shown=DecisionForm().propuesta.data, accepted=accepted),
        page=lambda: _again(refund_number, form),
        done=done,
        needs_shape=False,
    )


def _form(found: OpenRefund) -> RefundForm | IssueForm:
    return IssueForm() if found.is_to_follow_up else RefundForm()


def _again(refund_number: str, form: Form) -> Response:
    return htmx.invalid("reviewing/refund.html", **_words(open_refunds.one(refund_number), form))


def _words(found: OpenRefund, form: Form) -> dict[str, Any]:
    return {
        "review": found,
        "refund": found.refund,
        "may_decide": found.proposal is not None and four_eyes.may_decide(found.proposal, actor()),
        "form": form,
        # As it is proposed now, whatever was posted.
        "decision": DecisionForm(formdata=None, propuesta=found.proposal.id if found.proposal else None),
    }
