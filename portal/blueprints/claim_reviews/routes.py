"""Asking for a review, with an account or by a notice, and taking a claim back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.claim_reviews import bp
from portal.blueprints.claim_reviews.forms import AppealForm, AppealOfNoticeForm, WithdrawForm
from portal.domain.errors import NotAllowed
from portal.extensions import limiter
from portal.models import ClaimParty
from portal.services.claims import appeals, following, payees, withdrawal
from portal.web import drafts, htmx, refusals
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.paging import LARGEST_KEY

_NOTICE = f"/avisos/seguimiento/<token>/<claim_number>/revision/<int(max={LARGEST_KEY}):party_id>"
_WITHDRAWAL_OF_NOTICE = f"/avisos/seguimiento/<token>/<claim_number>/retirar/<int(max={LARGEST_KEY}):party_id>"
_ASKED = "20/hour"
Load = Callable[[], ClaimParty]


@bp.get("/siniestros/<number>/retirar")
@allow(Who.CUSTOMER)
def withdraw(number: str) -> Response:
    """What it means, before it is done."""
    return _withdrawal(partial(withdrawal.person_of, number, actor()), url_for("claims.show", number=number))


@bp.post("/siniestros/<number>/retirar")
@allow(Who.CUSTOMER)
def confirm_withdrawal(number: str) -> Response:
    return _withdraw(partial(withdrawal.person_of, number, actor()), url_for("claims.show", number=number))


@bp.get(_WITHDRAWAL_OF_NOTICE)
@allow(Who.ANYONE)
def withdraw_of_notice(token: str, claim_number: str, party_id: int) -> Response:
    """The same of who follows a notice of theirs, opened by a mailed code."""
    back = url_for("notices.claim", token=token, claim_number=claim_number)
    return _withdrawal(_of_notice(token, claim_number, party_id), back)


@bp.post(_WITHDRAWAL_OF_NOTICE)
@allow(Who.ANYONE)
@limiter.limit(_ASKED)
def confirm_withdrawal_of_notice(token: str, claim_number: str, party_id: int) -> Response:
    back = url_for("notices.claim", token=token, claim_number=claim_number)
    return _withdraw(_of_notice(token, claim_number, party_id), back)


@bp.get("/siniestros/<number>/revision")
@allow(Who.CUSTOMER)
def appeal(number: str) -> Response:
    """The reader's own reviews of a claim's answer, and asking for one."""
    return _page(partial(appeals.own, number, actor()), url_for("claims.show", number=number), AppealForm())


@bp.post("/siniestros/<number>/revision")
@allow(Who.CUSTOMER)
@limiter.limit(_ASKED)
@drafts.keeps(AppealForm, page="claim_reviews.appeal")
def ask(number: str) -> Response:
    return _ask(partial(appeals.own, number, actor()), url_for("claims.show", number=number), AppealForm())


@bp.get(_NOTICE)
@allow(Who.ANYONE)
def appeal_of_notice(token: str, claim_number: str, party_id: int) -> Response:
    """The same of who follows a notice of theirs."""
    load = _of_notice(token, claim_number, party_id)
    back = url_for("notices.claim", token=token, claim_number=claim_number)
    return _page(load, back, AppealOfNoticeForm())


@bp.post(_NOTICE)
@allow(Who.ANYONE)
@limiter.limit(_ASKED)
def ask_of_notice(token: str, claim_number: str, party_id: int) -> Response:
    load = _of_notice(token, claim_number, party_id)
    back = url_for("notices.claim", token=token, claim_number=claim_number)
    return _ask(load, back, AppealOfNoticeForm())


def _way_back(_error: NotAllowed) -> Response:
    """The page itself, which says how it stands; from where that is refused, the first one of its kind."""
    is_staff = request.path.startswith("/gestion")
    first = url_for("claim_reviews.index" if is_staff else "claims.index")
    return htmx.go(request.path if request.method == "POST" else first)


refusals.lead_to(bp, _way_back)


def _of_notice(token: str, claim_number: str, party_id: int) -> Load:
    return partial(payees.of_notice, following.open_notice_id(token, actor()), claim_number, party_id)


def _withdrawal(load: Load, back: str) -> Response:
    return htmx.render("claim_reviews/withdraw.html", form=WithdrawForm(), **_withdrawn(load, back))


def _withdraw(load: Load, back: str) -> Response:
    form = WithdrawForm()
    is_again = submitted("otra_vez")

    def done(_: None) -> Response:
        flash("Pedido otra vez." if is_again else "Retirado. Le enviamos un correo.", "ok")
        return htmx.go(back)

    return submit(
        form,
        lambda: (withdrawal.resume if is_again else withdrawal.withdraw)(load, actor()),
        page=lambda: htmx.invalid("claim_reviews/withdraw.html", form, **_withdrawn(load, back)),
        done=done,
    )


def _withdrawn(load: Load, back: str) -> dict[str, Any]:
    person = load()
    claim = person.claim
    why_not, is_part = withdrawal.why_not(claim, person), withdrawal.is_part(claim)
    return {"person": person, "claim": claim, "why_not": why_not, "is_part": is_part, "back": back}


def _page(load: Load, back: str, form: AppealForm) -> Response:
    person = load()
    return htmx.render(
        "claim_reviews/appeal.html", form=form, person=person, standing=appeals.standing(person), back=back
    )


def _ask(load: Load, back: str, form: AppealForm) -> Response:
    def page() -> Response:
        person = load()
        standing = appeals.standing(person)
        return htmx.invalid("claim_reviews/appeal.html", form, person=person, standing=standing, back=back)

    def done(number: str) -> Response:
        flash(f"Recibimos su pedido de revisión {number}. Le enviamos un correo.", "ok")
        return htmx.go(request.path)

    return submit(form, lambda: appeals.ask(load, form.motivo.data or "", actor()), page=page, done=done)
