"""The counter: find a slip, and record its money."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.cash import bp
from portal.blueprints.cash.forms import CODE, AmountForm, ReturnForm, SearchForm
from portal.domain import money
from portal.domain.errors import NotAllowed
from portal.domain.identity import DocumentType, parse_number
from portal.extensions import limiter
from portal.services.catalogue import agencies
from portal.services.controls import conflicts_of_interest
from portal.services.desk import cash_desk, work_queues
from portal.services.payments import receipts
from portal.web import drafts, htmx, refusals
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import shown_at, submit
from portal.web.limits import SEARCH_LIMIT, account_key
from portal.web.paging import page_of

_AWAITED = 10  # lines of the slips that can still be paid


@bp.get("/gestion/caja")
@allow(Who.STAFF)
def index() -> Response:
    """The search, and what the agency took today."""
    return htmx.render("cash/index.html", form=SearchForm(), **_day())


@bp.post("/gestion/caja")
@allow(Who.STAFF)
@limiter.limit(SEARCH_LIMIT, key_func=account_key)
def find() -> Response:
    """A slip by its code or its customer's document, which stays out of every address."""
    form = SearchForm()
    return submit(
        form,
        lambda: _find(form),
        page=lambda: htmx.invalid("cash/index.html", form, **_day()),
        done=lambda number: htmx.go(url_for("cash.slip", number=number)),
    )


@bp.get("/gestion/caja/<number>")
@allow(Who.STAFF)
def slip(number: str) -> Response:
    """A slip, and what to do with it."""
    found = cash_desk.look(number, actor())
    return htmx.render("cash/slip.html", form=AmountForm() if found.is_payable else ReturnForm(), slip=found)


@bp.post("/gestion/caja/<number>/recibo")
@allow(Who.STAFF)
@drafts.keeps(AmountForm, page="cash.slip")
def receive(number: str) -> Response:
    """Record the slip's money: the policy is issued at once."""
    return _record(number, AmountForm(), receipts.receive)


@bp.post("/gestion/caja/<number>/devolucion")
@allow(Who.STAFF)
@drafts.keeps(ReturnForm, page="cash.slip")
def receive_to_return(number: str) -> Response:
    """Record money that was taken for a slip that could not be paid."""
    return _record(number, ReturnForm(), receipts.receive_to_return)


# The page that a refused POST leads back to.
_PAGE_OF = {
    "cash.receive": "cash.slip",
    "cash.receive_to_return": "cash.slip",
    "cash.reverse": "cash.receipt",
    "cash.send_code": "cash.to_hand_over",
    "cash.hand_over": "cash.to_hand_over",
    "cash.confirm": "cash.to_hand_over",
}


def _way_back(error: NotAllowed) -> Response:
    """To the thing, which now says why; to the counter's first page when it is not for this person."""
    shows = {"POST": _PAGE_OF.get(request.endpoint or "")}.get(request.method)
    if shows is None or isinstance(error, conflicts_of_interest.HasPart) or agencies.find_of_member(actor()) is None:
        return htmx.go(url_for("cash.index"))
    return htmx.go(url_for(shows, **(request.view_args or {})))


refusals.lead_to(bp, _way_back)


def _record(number: str, form: AmountForm, use_case: Callable[..., str]) -> Response:
    """On to the receipt, with words that name it and say what came of the money."""

    def done(receipt: str) -> Response:
        if receipts.get(receipt, actor()).issues:
            flash(f"Cobro registrado con el recibo {receipt}. La póliza quedó emitida.", "ok")
        else:
            flash(f"Registrado con el recibo {receipt}. No compra el seguro: se abrió su devolución.", "warn")
        return htmx.go(url_for("cash.receipt", receipt_number=receipt))

    return submit(
        form,
        lambda: use_case(number, money.parse(form.monto.data or "", field="monto"), actor(), shown=shown_at()),
        page=lambda: htmx.invalid("cash/slip.html", form, slip=cash_desk.look(number, actor())),
        done=done,
    )


def _find(form: SearchForm) -> str:
    typed = form.dato.data or ""
    if form.tipo.data == CODE:
        return cash_desk.find_by_code(typed, actor())
    kind = DocumentType(form.tipo.data)
    return cash_desk.find_by_document(kind, parse_number(kind, typed, field="dato"), actor())


def _day() -> dict[str, Any]:
    agency = agencies.find_of_member(actor())
    if agency is None:
        return {"agency": None}
    awaited, number = cash_desk.awaited(agency, _AWAITED)
    return {
        "agency": agency,
        "page": page_of(partial(receipts.of_day, agency)),
        "waiting": work_queues.waiting(work_queues.COUNTER, actor()),
        "awaited": awaited,
        "number_awaited": number,
        "drawer": cash_desk.drawer(agency),
    }
