"""The customer's claims at the desk, the steps of a new one, and the page of one that is registered."""

from functools import partial

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.assisted_claims import bp, pages
from portal.blueprints.assisted_claims.flow import AssistedFlow
from portal.blueprints.claims.flow import FLOW
from portal.blueprints.claims.subject import NEW
from portal.services.claims import drafts
from portal.services.desk import assisted_claims, customers
from portal.web import drafts as typed
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.paging import LARGEST_KEY, page_of
from portal.web.wizard import pages as steps

_CLAIMS = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/siniestros"
_NEW = f"{_CLAIMS}/nuevo"
_DRAFT = f"{_NEW}/<public_id>"
_FIRST = FLOW.steps[0].slug


@bp.get(_CLAIMS)
@allow(Who.STAFF)
def index(account_id: int) -> Response:
    """The customer's claims, where each stands, and what the clerk began."""
    customer = customers.get(account_id, actor())
    return htmx.render(
        "assisted_claims/index.html",
        customer=customer,
        page=page_of(partial(assisted_claims.lines, account_id, actor())),
        drafts=drafts.lines(actor(), account_id=account_id),
    )


@bp.get(_NEW)
@allow(Who.STAFF)
def new(account_id: int) -> Response:
    """Begin: with which of the customer's policies."""
    return steps.show(AssistedFlow(account_id), NEW, _FIRST)


@bp.post(_NEW)
@allow(Who.STAFF)
def begin(account_id: int) -> Response:
    """Keep the first answer."""
    return steps.answer(AssistedFlow(account_id), NEW, _FIRST)


@bp.get(_DRAFT)
@allow(Who.STAFF)
def go_on(account_id: int, public_id: str) -> Response:
    """Go on where it stands."""
    return steps.go_on(AssistedFlow(account_id), public_id)


@bp.get(f"{_DRAFT}/<slug>")
@allow(Who.STAFF)
def show_step(account_id: int, public_id: str, slug: str) -> Response:
    """See a step."""
    return steps.show(AssistedFlow(account_id), public_id, slug)


@bp.post(f"{_DRAFT}/<slug>")
@allow(Who.STAFF)
@typed.keeps(lambda args: FLOW.form_of(args["slug"]), page="assisted_claims.show_step")
def save_step(account_id: int, public_id: str, slug: str) -> Response:
    """Answer a step, and go on to the next."""
    return steps.answer(AssistedFlow(account_id), public_id, slug)


@bp.post(f"{_DRAFT}/descartar")
@allow(Who.STAFF)
def discard(account_id: int, public_id: str) -> Response:
    """Throw away what was not registered, with its files."""
    back = url_for("assisted_claims.index", account_id=account_id)

    def use_case() -> None:
        assisted_claims.draft(account_id, public_id, actor())
        drafts.discard(public_id, actor())

    def done(_: None) -> Response:
        flash("Descartado, con los archivos que se habían enviado.", "ok")
        return htmx.go(back)

    return submit(Form(), use_case, page=lambda: htmx.go(back), done=done)


@bp.get(f"{_CLAIMS}/<number>")
@allow(Who.STAFF)
def show(account_id: int, number: str) -> Response:
    """One that a clerk of the agency registered: its number, and where its papers are added."""
    return pages.show(account_id, number)
