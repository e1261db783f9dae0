"""/gestion/pagos: payments without outcome, and the word of two people that ends them."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from portal.blueprints.reviewing import bp, two_people
from portal.blueprints.reviewing.forms import CHARGED, Explained, IssueForm, OutcomeForm, ReturnForm
from portal.services.payments import late_charges, open_payments, open_payouts, open_refunds, refund_ways, review
from portal.services.payments.open_payments import OpenPayment
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form


@bp.get("/gestion/pagos")
@allow(Who.STAFF)
def index() -> Response:
    """What waits, the oldest first."""
    reviews = open_payments.waiting()
    outcomeless = [one for one in reviews if not one.is_owed_back]
    return htmx.render(
        "reviewing/index.html",
        owed_back=[one for one in reviews if one.is_owed_back],
        in_review=[one for one in outcomeless if one.payment.answer_by],
        being_asked=[one for one in outcomeless if not one.payment.answer_by],
        payouts=open_payouts.waiting(),
        refunds=refund_ways.left(),
        open_refunds=open_refunds.waiting(),
    )


@bp.get("/gestion/pagos/<number>")
@allow(Who.STAFF)
def show(number: str) -> Response:
    """One payment: its facts, what to ask the bank, and what is proposed."""
    found = open_payments.one(number)
    return htmx.render("reviewing/show.html", **_words(found, _form(found)))


@bp.post("/gestion/pagos/<number>")
@allow(Who.STAFF)
@drafts.keeps(Explained, page="reviewing.show")
def propose(number: str) -> Response:
    """Write down what the bank said."""
    form = _form(open_payments.one(number))
    # Of a policy still owed, the charge is known: only the explanation is asked for.
    said = form if isinstance(form, OutcomeForm) else None
    reference, note = (said.referencia.data or "") if said else "", form.explicacion.data or ""

    def use_case() -> None:
        if isinstance(form, ReturnForm):
            late_charges.propose(number, reference=reference, note=note, actor=actor())
        else:
            was_charged = said is None or said.resultado.data == CHARGED
            review.propose(number, was_moved=was_charged, reference=reference, note=note, actor=actor())

    return two_people.proposed(form, use_case, here=_here(number), again=lambda: _again(number, form))


@bp.post("/gestion/pagos/<number>/decision")
@allow(Who.SUPERVISOR)
def decide(number: str) -> Response:
    """Confirm what another person proposed, or turn it down."""
    form = _form(open_payments.one(number))
    is_return = isinstance(form, ReturnForm)
    return two_people.decided(
        form,
        late_charges if is_return else review,
        number,
        here=_here(number),
        again=lambda: _again(number, form),
        told=_DECIDED[is_return],
    )


# By whether it is about a charge to give back: when it was accepted, and when it was not.
_DECIDED = {
    False: ("Confirmado: avisamos al cliente por correo.", "Rechazado: el pago sigue en revisión."),
    True: (
        "Confirmado: avisamos al cliente por correo y el pago sale de la lista.",
        "Rechazado: el cobro sigue por devolver.",
    ),
}


def _here(number: str) -> str:
    return url_for("reviewing.show", number=number)


def _form(found: OpenPayment) -> OutcomeForm | IssueForm:
    if found.is_owed_back:
        return ReturnForm()
    return IssueForm() if found.payment.owes_policy else OutcomeForm()


def _again(number: str, form: Form) -> Response:
    return htmx.invalid("reviewing/show.html", **_words(open_payments.one(number), form))


def _words(found: OpenPayment, form: Form) -> dict[str, Any]:
    return {"payment": found.payment, **two_people.words(found, form)}
