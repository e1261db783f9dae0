"""A receipt: to print, and to reverse when it was a mistake."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.cash import bp
from portal.blueprints.cash.forms import ReversalForm, SearchForm
from portal.domain.receipt import ReversalReason
from portal.services.documents import kinds, store
from portal.services.payments import receipt_facts, receipts, reversals
from portal.web import downloads, drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit


@bp.get("/gestion/caja/recibos/<receipt_number>")
@allow(Who.STAFF)
def receipt(receipt_number: str) -> Response:
    """A receipt of the agency."""
    return htmx.render("cash/receipt.html", form=ReversalForm(), **_words(receipt_number))


@bp.get("/gestion/caja/recibos/<receipt_number>/pdf")
@allow(Who.STAFF)
def receipt_pdf(receipt_number: str) -> Response:
    """The receipt's PDF, to print it for the customer."""
    document = store.of(kinds.RECEIPT, receipts.get(receipt_number, actor()))
    back = url_for("cash.receipt", receipt_number=receipt_number)
    return downloads.pdf(*store.content(document, actor()), back=back)


@bp.post("/gestion/caja/recibos/<receipt_number>/anular")
@allow(Who.STAFF)
@drafts.keeps(ReversalForm, page="cash.receipt")
def reverse(receipt_number: str) -> Response:
    """Reverse a receipt recorded by mistake."""
    form = ReversalForm()

    def done(_: None) -> Response:
        flash(f"Anulamos el recibo {receipt_number} y avisamos al cliente por correo.", "ok")
        return htmx.go(url_for("cash.receipt", receipt_number=receipt_number))

    return submit(
        form,
        lambda: reversals.reverse(receipt_number, ReversalReason(form.motivo.data), form.detalle.data or "", actor()),
        page=lambda: htmx.invalid("cash/receipt.html", form, **_words(receipt_number)),
        done=done,
    )


def _words(receipt_number: str) -> dict[str, Any]:
    found = receipts.get(receipt_number, actor())
    facts = receipt_facts.of(found)
    return {
        "receipt": found,
        "facts": facts,
        "why_not": reversals.why_not(facts, actor()),
        # Whoever took this money serves the next customer now.
        "seek": None if found.reversed_at else SearchForm(formdata=None),
        "is_mine": found.received_by_id == actor().account_id,
    }
