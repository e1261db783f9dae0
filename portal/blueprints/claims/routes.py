""" "Mis Siniestros": the list, one claim, and its receipt."""

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.claims import bp, pages
from portal.extensions import limiter
from portal.services.claims import claim as claims
from portal.services.claims import drafts, letters, listing, receipt
from portal.services.documents import kinds, store
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.limits import MAIL_LIMIT, account_key
from portal.web.paging import LARGEST_KEY, page_of


@bp.get("/siniestros")
@allow(Who.CUSTOMER)
def index() -> Response:
    """Those that were registered, what was begun and not sent, and whose turn it is (S40)."""
    policy = request.args.get("poliza")
    return htmx.render(
        "claims/index.html",
        policy=policy,
        page=page_of(lambda **window: listing.lines(actor(), policy=policy, **window)),
        drafts=drafts.lines(actor()),
        waiting=listing.waiting_for(actor(), limit=3),
    )


@bp.get("/siniestros/<number>")
@allow(Who.CUSTOMER)
def show(number: str) -> Response:
    """One of them: who acts now, its papers, what would be paid, its course (B02)."""
    return pages.show(number)


@bp.get("/siniestros/<number>/constancia")
@allow(Who.CUSTOMER)
def receipt_pdf(number: str) -> Response:
    """The receipt that says what was registered."""
    document = store.of(kinds.CLAIM_RECEIPT, claims.get(number, actor()))
    back = url_for("claims.show", number=number)
    return downloads.pdf(*store.content(document, actor()), back=back)


@bp.get(f"/siniestros/<number>/cartas/<int(max={LARGEST_KEY}):letter_id>")
@allow(Who.CUSTOMER)
def letter(number: str, letter_id: int) -> Response:
    """A letter of its answer, or of a review's, to the reader or to a minor for whom they act."""
    found = letters.find(claims.get(number, actor()), letter_id, actor())
    return downloads.pdf(*store.content(found, actor()), back=url_for("claims.show", number=number))


@bp.post("/siniestros/<number>/reenviar")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def mail(number: str) -> Response:
    """ "Reenviar": the same receipt by mail again."""

    def done(address: str) -> Response:
        flash(f"Enviamos la constancia del {number} a {address}.", "ok")
        return htmx.go(url_for("claims.show", number=number))

    return submit(
        Form(),
        lambda: receipt.send_again(number, actor()),
        page=lambda: htmx.go(url_for("claims.show", number=number)),
        done=done,
    )
