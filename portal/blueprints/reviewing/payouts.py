"""/gestion/pagos/a-personas: a payout without outcome, or made twice, and the word of two people that ends it."""

from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from portal.blueprints.reviewing import bp, two_people
from portal.blueprints.reviewing.forms import Explained, IssueForm, PayoutForm, TwiceForm
from portal.services.payments import open_payouts, review
from portal.services.payments.open_payouts import OpenPayout
from portal.services.payments.paid_twice import PAID_TWICE
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form

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
            PAID_TWICE.propose(payout_number, reference=reference, note=note, actor=actor())
        else:  # of one that the bank made and we could not follow up, all is known but what was mended
            was_paid = isinstance(form, IssueForm) or form.was_paid
            review.propose(payout_number, was_moved=was_paid, reference=reference, note=note, actor=actor())

    return two_people.proposed(form, use_case, here=_here(payout_number), again=lambda: _again(payout_number, form))


@bp.post(f"{_PAYOUT}/decision")
@allow(Who.SUPERVISOR)
def decide_payout(payout_number: str) -> Response:
    """Confirm what another person proposed, or turn it down."""
    found = open_payouts.one(payout_number)
    form, service = _form(found), PAID_TWICE if found.was_twice else review
    return two_people.decided(
        form,
        service,
        payout_number,
        here=_here(payout_number),
        again=lambda: _again(payout_number, form),
        told=("Confirmado.", "Rechazado: sigue por confirmar."),
    )


def _here(payout_number: str) -> str:
    return url_for("reviewing.payout", payout_number=payout_number)


def _form(found: OpenPayout) -> PayoutForm | TwiceForm | IssueForm:
    if found.was_twice:
        return TwiceForm()
    return IssueForm() if found.is_to_follow_up else PayoutForm()


def _again(payout_number: str, form: Form) -> Response:
    return htmx.invalid("reviewing/payout.html", **_words(open_payouts.one(payout_number), form))


def _words(found: OpenPayout, form: Form) -> dict[str, Any]:
    return {"payout": found.payout, **two_people.words(found, form)}
