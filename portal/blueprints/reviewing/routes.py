"""/gestion/pagos: payments without outcome, and the word of two people that ends them."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.reviewing import bp
from portal.blueprints.reviewing.forms import CHARGED, DecisionForm, IssueForm, OutcomeForm, ReturnForm
from portal.domain.errors import NotAllowed
from portal.domain.payment import PAYMENT_NAMES
from portal.services.controls import four_eyes
from portal.services.payments import review as reviewing
from portal.services.payments.review import Review
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted


@bp.get("/gestion/pagos")
@allow(Who.STAFF)
def index() -> Response:
    """What waits, the oldest first."""
    reviews = reviewing.waiting()
    outcomeless = [one for one in reviews if not one.is_owed_back]
    return htmx.render(
        "reviewing/index.html",
        owed_back=[one for one in reviews if one.is_owed_back],
        in_review=[one for one in outcomeless if one.payment.answer_by],
        being_asked=[one for one in outcomeless if not one.payment.answer_by],
    )


@bp.get("/gestion/pagos/<number>")
@allow(Who.STAFF)
def show(number: str) -> Response:
    """One payment: its facts, what to ask the bank, and what is proposed."""
    review = reviewing.one(number)
    return htmx.render("reviewing/show.html", **_words(review, _form(review)))


@bp.post("/gestion/pagos/<number>")
@allow(Who.STAFF)
def propose(number: str) -> Response:
    """Write down what the bank said."""
    form = _form(reviewing.one(number))

    def use_case() -> None:
        # Of a policy still owed, the charge is known: only the explanation is asked for.
        said = form if isinstance(form, OutcomeForm) else None
        reviewing.propose(
            number,
            was_charged=said is None or said.resultado is None or said.resultado.data == CHARGED,
            reference=said.referencia.data or "" if said else "",
            note=form.explicacion.data or "",
            actor=actor(),
        )

    def done(_: None) -> Response:
        flash("Lo anotamos. Falta que lo confirme un supervisor que no sea usted; mientras tanto nada cambia.", "ok")
        return htmx.go(url_for("reviewing.show", number=number))

    return submit(form, use_case, page=lambda: _again(number, form), done=done)


@bp.post("/gestion/pagos/<number>/decision")
@allow(Who.SUPERVISOR)
def decide(number: str) -> Response:
    """Confirm what another person proposed, or turn it down."""
    form, accepted = _form(reviewing.one(number)), submitted("confirmar")

    def done(_: None) -> Response:
        flash(_DECIDED[isinstance(form, ReturnForm), accepted], "ok")
        return htmx.go(url_for("reviewing.show", number=number))

    return submit(
        form,
        lambda: reviewing.decide(number, actor(), shown=DecisionForm().propuesta.data, accepted=accepted),
        page=lambda: _again(number, form),
        done=done,
        needs_shape=False,
    )


@bp.errorhandler(NotAllowed)
def not_now(error: NotAllowed) -> Response:
    flash(error.message, "warn")
    return htmx.go(url_for("reviewing.show", number=(request.view_args or {})["number"]))


# By whether it is about a charge to give back, and whether it was accepted.
_DECIDED = {
    (False, True): "Confirmado: avisamos al cliente por correo.",
    (False, False): "Rechazado: el pago sigue en revisión.",
    (True, True): "Confirmado: avisamos al cliente por correo y el pago sale de la lista.",
    (True, False): "Rechazado: el cobro sigue por devolver.",
}


def _form(review: Review) -> OutcomeForm | IssueForm:
    if review.is_owed_back:
        return ReturnForm()
    return IssueForm() if review.payment.owes_policy else OutcomeForm()


def _again(number: str, form: Form) -> Response:
    review = reviewing.one(number)
    return htmx.invalid("reviewing/show.html", **_words(review, form))


def _words(review: Review, form: Form) -> dict[str, Any]:
    return {
        "review": review,
        "payment": review.payment,
        "state_name": PAYMENT_NAMES[review.payment.state],
        "may_decide": review.proposal is not None and four_eyes.may_decide(review.proposal, actor()),
        "form": form,
        # As it is proposed now, whatever was posted.
        "decision": DecisionForm(formdata=None, propuesta=review.proposal.id if review.proposal else None),
    }
