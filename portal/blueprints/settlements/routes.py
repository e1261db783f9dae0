"""/gestion/cuadre: what the bank and we tell differently of a day, and how it ended."""

from datetime import date
from functools import partial
from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.settlements import bp
from portal.blueprints.settlements.forms import DecisionForm, ResolveForm
from portal.domain.errors import NotFound
from portal.domain.settlement import LineKind
from portal.services.controls import four_eyes
from portal.services.payments import settlement_differences
from portal.services.payments.settlement_differences import OneDifference
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.paging import LARGEST_KEY, page_of, queue_of

_ONE = f"/gestion/cuadre/diferencias/<int(max={LARGEST_KEY}):difference_id>"


@bp.get("/gestion/cuadre")
@allow(Who.STAFF)
def index() -> Response:
    """What is open, the oldest first, and the days that did not come."""
    return htmx.render(
        "settlements/index.html",
        page=queue_of(settlement_differences.waiting),
        missing=settlement_differences.missing_days(),
    )


@bp.get("/gestion/cuadre/dias")
@allow(Who.STAFF)
def days() -> Response:
    """Every day, and how it stands."""
    return htmx.render("settlements/days.html", page=page_of(settlement_differences.days))


@bp.get("/gestion/cuadre/dias/<settled_day>")
@allow(Who.STAFF)
def day(settled_day: str) -> Response:
    """One, with all that differed, ended or not."""
    found = settlement_differences.day_of(_day(settled_day))
    lines = page_of(partial(settlement_differences.of_day, found.id))
    return htmx.render("settlements/day.html", found=found, page=lines)


@bp.get(_ONE)
@allow(Who.STAFF)
def show(difference_id: int) -> Response:
    """One difference: what each side says, who ends it and how."""
    return htmx.render("settlements/show.html", form=ResolveForm(), **_words(difference_id))


@bp.post(_ONE)
@allow(Who.STAFF)
@drafts.keeps(ResolveForm, page="settlements.show")
def propose(difference_id: int) -> Response:
    """Write down how it ended."""
    form = ResolveForm()

    def use_case() -> None:
        reference, note = form.referencia.data or "", form.explicacion.data or ""
        settlement_differences.propose(difference_id, reference=reference, note=note, actor=actor())

    def done(_: None) -> Response:
        flash("Lo anotamos. Falta que lo confirme un supervisor que no sea usted.", "ok")
        return htmx.go(url_for("settlements.show", difference_id=difference_id))

    return submit(form, use_case, page=lambda: _again(difference_id, form), done=done)


@bp.post(f"{_ONE}/decision")
@allow(Who.SUPERVISOR)
def decide(difference_id: int) -> Response:
    """Confirm what another person proposed, or turn it down."""
    form, accepted = ResolveForm(), submitted("confirmar")

    def done(_: None) -> Response:
        flash("Confirmado." if accepted else "Rechazado: sigue por resolver.", "ok")
        return htmx.go(url_for("settlements.show", difference_id=difference_id))

    return submit(
        form,
        lambda: settlement_differences.decide(
            difference_id, actor(), shown=DecisionForm().propuesta.data, accepted=accepted
        ),
        page=lambda: _again(difference_id, form),
        done=done,
        needs_shape=False,
    )


def _again(difference_id: int, form: ResolveForm) -> Response:
    return htmx.invalid("settlements/show.html", form, **_words(difference_id))


def _words(difference_id: int) -> dict[str, Any]:
    found = settlement_differences.one(difference_id)
    return {
        "found": found,
        "difference": found.difference,
        "review": _review(found),
        "may_decide": found.proposal is not None and four_eyes.may_decide(found.proposal, actor()),
        # As it is proposed now, whatever was posted.
        "decision": DecisionForm(formdata=None, propuesta=found.proposal.id if found.proposal else None),
    }


def _review(found: OneDifference) -> str | None:
    """The page where its money is reviewed, of what has one by now."""
    if not found.is_reviewed:
        return None
    if found.is_refund:
        return url_for("reviewing.refund", refund_number=found.row.number)
    if found.difference.movement is LineKind.PAYOUT:
        return url_for("reviewing.payout", payout_number=found.row.number)
    return url_for("reviewing.show", number=found.row.number)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise NotFound from error
