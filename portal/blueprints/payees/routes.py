"""The page on which somebody says how they are paid, for each who may: the person, who follows a notice, the desk."""

from collections.abc import Callable
from functools import partial

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.payees import bp
from portal.blueprints.payees.forms import PayeeForm
from portal.domain.errors import NotAllowed
from portal.extensions import limiter
from portal.models import ClaimParty
from portal.services.claims import following, payees, unpaid
from portal.web import htmx, refusals
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.paging import LARGEST_KEY, page_of

_PARTY = f"<int(max={LARGEST_KEY}):party_id>"
_OWN = f"/siniestros/<number>/cobro/{_PARTY}"
_NOTICE = f"/avisos/seguimiento/<token>/<claim_number>/cobro/{_PARTY}"
_DESK = f"/gestion/siniestros/<number>/cobro/{_PARTY}"
_TRIES = "30/hour"  # more than anybody needs, too few to try numbers
Load = Callable[[], ClaimParty]


@bp.get(_OWN)
@allow(Who.CUSTOMER)
def own(number: str, party_id: int) -> Response:
    """The way of the reader, or of a minor for whom they act."""
    return _page(partial(payees.own, number, party_id, actor()), url_for("claims.show", number=number))


@bp.post(_OWN)
@allow(Who.CUSTOMER)
@limiter.limit(_TRIES)
def choose_own(number: str, party_id: int) -> Response:
    return _choose(partial(payees.own, number, party_id, actor()), url_for("claims.show", number=number))


@bp.get(_NOTICE)
@allow(Who.ANYONE)
def of_notice(token: str, claim_number: str, party_id: int) -> Response:
    """The way of who follows a notice of theirs."""
    return _page(_of_notice(token, claim_number, party_id), url_for("notices.visit", token=token))


@bp.post(_NOTICE)
@allow(Who.ANYONE)
@limiter.limit(_TRIES)
def choose_of_notice(token: str, claim_number: str, party_id: int) -> Response:
    return _choose(_of_notice(token, claim_number, party_id), url_for("notices.visit", token=token))


@bp.get(_DESK)
@allow(Who.STAFF)
def at_desk(number: str, party_id: int) -> Response:
    """The way of somebody who stands at the counter, or is on the telephone."""
    return _page(partial(payees.at_desk, number, party_id, actor()), url_for("payees.awaiting"), is_desk=True)


@bp.post(_DESK)
@allow(Who.STAFF)
def choose_at_desk(number: str, party_id: int) -> Response:
    return _choose(partial(payees.at_desk, number, party_id, actor()), url_for("payees.awaiting"), is_desk=True)


@bp.get("/gestion/pagos-de-siniestros")
@allow(Who.STAFF)
def awaiting() -> Response:
    """What of claims has no way to be paid, and with whom it is mended."""
    return htmx.render("payees/awaiting.html", page=page_of(partial(unpaid.lines, actor())))


def _way_back(_error: NotAllowed) -> Response:
    """The page itself, which says why nothing can be chosen, or where it stands."""
    return htmx.go(request.path if request.method == "POST" else url_for("desk.index"))


refusals.lead_to(bp, _way_back)


def _of_notice(token: str, claim_number: str, party_id: int) -> Load:
    notice_id = following.open_notice_id(token, actor())
    return partial(payees.of_notice, notice_id, claim_number, party_id)


def _page(load: Load, back: str, *, is_desk: bool = False) -> Response:
    found = payees.payment(load())
    return htmx.render("payees/choose.html", form=PayeeForm(), payment=found, back=back, is_desk=is_desk)


def _choose(load: Load, back: str, *, is_desk: bool = False) -> Response:
    form = PayeeForm()

    def page() -> Response:
        found = payees.payment(load())
        return htmx.invalid("payees/choose.html", form, payment=found, back=back, is_desk=is_desk)

    def done(_: None) -> Response:
        flash("Guardado. Enviamos un correo a la persona con su elección.", "ok")
        return htmx.go(back)

    return submit(form, lambda: payees.choose(load, form.chosen(), actor()), page=page, done=done)
