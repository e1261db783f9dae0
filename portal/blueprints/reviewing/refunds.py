"""/gestion/pagos/devoluciones: a refund by the bank without outcome or made twice, and the word of two that ends it."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from portal.blueprints.reviewing import bp, two_people
from portal.blueprints.reviewing.forms import Explained, IssueForm, RefundForm, TwiceForm
from portal.services.payments import open_refunds, review
from portal.services.payments.open_refunds import OpenRefund
from portal.services.payments.paid_twice import REFUNDED_TWICE
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form

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
    """Write down what the bank said, or how what is too much came back."""
    form = _form(open_refunds.one(refund_number))

    def use_case() -> None:
        # Of one that the bank made and we could not follow up, all is known but what was mended.
        said = form if isinstance(form, RefundForm) else None
        was_made, reference = (said.was_made, said.referencia.data or "") if said else (True, "")
        note = form.explicacion.data or ""
        if isinstance(form, TwiceForm):
            REFUNDED_TWICE.propose(refund_number, reference=form.referencia.data or "", note=note, actor=actor())
            return
        review.propose(refund_number, was_moved=was_made, reference=reference, note=note, actor=actor())

    return two_people.proposed(form, use_case, here=_here(refund_number), again=lambda: _again(refund_number, form))


@bp.post(f"{_REFUND}/decision")
@allow(Who.SUPERVISOR)
def decide_refund(refund_number: str) -> Response:
    """Confirm what another person proposed, or turn it down."""
    found = open_refunds.one(refund_number)
    form, service = _form(found), REFUNDED_TWICE if found.was_twice else review
    return two_people.decided(
        form,
        service,
        refund_number,
        here=_here(refund_number),
        again=lambda: _again(refund_number, form),
        told=("Confirmado.", "Rechazado: sigue por confirmar."),
    )


def _here(refund_number: str) -> str:
    return url_for("reviewing.refund", refund_number=refund_number)


def _form(found: OpenRefund) -> RefundForm | TwiceForm | IssueForm:
    if found.was_twice:
        return TwiceForm()
    return IssueForm() if found.is_to_follow_up else RefundForm()


def _again(refund_number: str, form: Form) -> Response:
    return htmx.invalid("reviewing/refund.html", **_words(open_refunds.one(refund_number), form))


def _words(found: OpenRefund, form: Form) -> dict[str, Any]:
    return {"refund": found.refund, **two_people.words(found, form)}
