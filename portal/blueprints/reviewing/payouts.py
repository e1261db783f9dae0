"""/gestion/pagos/a-personas: a payout without outcome, or made twice, and the word of two people that ends it."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.reviewing import bp
from portal.blueprints.reviewing.forms import DecisionForm, Explained, IssueForm, PayoutForm, TwiceForm
from portal.services.controls import four_eyes
from portal.services.payments import open_payouts, paid_twice, review
from portal.services.payments.open_payouts import OpenPayout
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted

_PAYOUT = "/gestion/pagos/a-personas/<payout_number>"


@bp.get(_PAYOUT)
@allow(Who.STAFF)
def payout(payout_number: str) -> Response:
    """One: its facts, what to ask, and what is proposed."""
    found = open_payouts.one(payout_number)
    return htmx.render("reviewing/payout.html", **_words(found, _form(found)))


@bp.post(_PAYOUT)
@allow(Who.STAFF)
@drafts.keeps(Explained, page="reviewing.payout")
def propose_payout(payout_number: str) -> Response:
    """Write down what the bank said, or how what is too much came back."""
    form = _form(open_payouts.one(payout_number))

    def use_case() -> None:
        note = form.explicacion.data or ""
        reference = "" if isinstance(form, IssueForm) else form.referencia.data or ""
        if isinstance(form, TwiceForm):
            paid_twice.propose(payout_number, reference=reference, note=note, actor=actor())
        else:  # of one that the bank made and we could not follow up, all is known but what was mended
            was_paid = isinstance(form, IssueForm) or form.was_paid
            review.propose(payout_number, was_moved=was_paid, reference=reference, note=note, actor=actor())

    def done(_: None) -> Response:
        flash("Lo anotamos. Falta que lo confirme un supervisor que no sea usted; mientras tanto nada cambia.", "ok")
        return htmx.go(url_for("reviewing.payout", payout_number=payout_number))

    return submit(form, use_case, page=lambda: _again(payout_number, form), done=done)


@bp.post(f"{_PAYOUT}/decision")
@allow(Who.SUPERVISOR)
def decide_payout(payout_number: str) -> Response:
    """Confirm what another person proposed, or turn it down."""
    found = open_payouts.one(payout_number)
    form, accepted, service = _form(found), submitted("confirmar"), paid_twice if found.was_twice else review

    def done(_: None) -> Response:
        flash("Confirmado." if accepted else "Rechazado: sigue por confirmar.", "ok")
        return htmx.go(url_for("reviewing.payout", payout_number=payout_number))

    return submit(
        form,
        lambda: service.decide(payout_number, actor(), shown=DecisionForm().propuesta.data, accepted=accepted),
        page=lambda: _again(payout_number, form),
        done=done,
        needs_shape=False,
    )


def _form(found: OpenPayout) -> PayoutForm | TwiceForm | IssueForm:
    if found.was_twice:
        return TwiceForm()
    return IssueForm() if found.is_to_follow_up else PayoutForm()


def _again(payout_number: str, form: Form) -> Response:
    return htmx.invalid("reviewing/payout.html", **_words(open_payouts.one(payout_number), form))


def _words(found: OpenPayout, form: Form) -> dict[str, Any]:
    return {
        "review": found,
        "payout": found.payout,
        "may_decide": found.proposal is not None and four_eyes.may_decide(found.proposal, actor()),
        "form": form,
        # As it is proposed now, whatever was posted.
        "decision": DecisionForm(formdata=None, propuesta=found.proposal.id if found.proposal else None),
    }
