"""The page on which somebody says how they are paid, for each who may: the person, who follows a notice, the desk."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.payees import bp
from portal.blueprints.payees.forms import CodeForm, DeskPayeeForm, PayeeForm
from portal.domain.errors import NotAllowed
from portal.extensions import limiter
from portal.models import ClaimParty
from portal.services.claims import following, payees, payees_at_desk, unpaid
from portal.web import htmx, refusals
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.paging import LARGEST_KEY, page_of
from portal.web.payout_way import TRIES

_PARTY = f"<int(max={LARGEST_KEY}):party_id>"
_OWN = f"/siniestros/<number>/cobro/{_PARTY}"
_NOTICE = f"/avisos/seguimiento/<token>/<claim_number>/cobro/{_PARTY}"
_DESK = f"/gestion/siniestros/<number>/cobro/{_PARTY}"
_SAVED = "Guardado. Enviamos un correo a la persona con su elección."
Load = Callable[[], ClaimParty]


@bp.get(_OWN)
@allow(Who.CUSTOMER)
def own(number: str, party_id: int) -> Response:
    """The way of the reader, or of a minor for whom they act."""
    return _page(partial(payees.own, number, party_id, actor()), url_for("claims.show", number=number))


@bp.post(_OWN)
@allow(Who.CUSTOMER)
@limiter.limit(TRIES)
def choose_own(number: str, party_id: int) -> Response:
    return _choose(partial(payees.own, number, party_id, actor()), url_for("claims.show", number=number))


@bp.get(_NOTICE)
@allow(Who.ANYONE)
def of_notice(token: str, claim_number: str, party_id: int) -> Response:
    """The way of who follows a notice of theirs."""
    return _page(_of_notice(token, claim_number, party_id), url_for("notices.visit", token=token))


@bp.post(_NOTICE)
@allow(Who.ANYONE)
@limiter.limit(TRIES)
def choose_of_notice(token: str, claim_number: str, party_id: int) -> Response:
    return _choose(_of_notice(token, claim_number, party_id), url_for("notices.visit", token=token))


@bp.get(_DESK)
@allow(Who.STAFF)
def at_desk(number: str, party_id: int) -> Response:
    """The way of somebody who stands at the counter, or is on the telephone."""
    return htmx.render("payees/choose.html", form=DeskPayeeForm(), **_desk_words(number, party_id))


@bp.post(f"{_DESK}/codigo")
@allow(Who.STAFF)
def send_code(number: str, party_id: int) -> Response:
    """Mail the code that the person says."""
    here = url_for("payees.at_desk", number=number, party_id=party_id)

    def done(_: None) -> Response:
        flash("Enviamos el código al correo de la persona. Pídaselo.", "ok")
        return htmx.go(here)

    return submit(
        CodeForm(),
        lambda: payees_at_desk.send_code(number, party_id, actor()),
        page=lambda: htmx.invalid("payees/choose.html", DeskPayeeForm(), **_desk_words(number, party_id)),
        done=done,
    )


@bp.post(_DESK)
@allow(Who.STAFF)
def choose_at_desk(number: str, party_id: int) -> Response:
    form = DeskPayeeForm()

    def use_case() -> None:
        payees_at_desk.choose(number, party_id, form.chosen(), form.codigo.data or "", actor())

    def done(_: None) -> Response:
        flash(_SAVED, "ok")
        return htmx.go(url_for("payees.awaiting"))

    return submit(
        form,
        use_case,
        page=lambda: htmx.invalid("payees/choose.html", form, **_desk_words(number, party_id)),
        done=done,
    )


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


def _desk_words(number: str, party_id: int) -> dict[str, Any]:
    found = payees_at_desk.payment(number, party_id, actor())
    needs_code = payees_at_desk.needs_code(found.party)
    return {"payment": found, "back": url_for("payees.awaiting"), "is_desk": True, "needs_code": needs_code}


def _words(load: Load, back: str) -> dict[str, Any]:
    return {"payment": payees.payment(load()), "back": back, "is_desk": False, "needs_code": False}


def _page(load: Load, back: str) -> Response:
    return htmx.render("payees/choose.html", form=PayeeForm(), **_words(load, back))


def _choose(load: Load, back: str) -> Response:
    form = PayeeForm()

    def page() -> Response:
        return htmx.invalid("payees/choose.html", form, **_words(load, back))

    def done(_: None) -> Response:
        flash(_SAVED, "ok")
        return htmx.go(back)

    return submit(form, lambda: payees.choose(load, form.chosen(), actor()), page=page, done=done)
