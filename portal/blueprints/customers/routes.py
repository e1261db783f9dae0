"""/gestion/buscar and /gestion/clientes: a customer is found, and then read; the search is recorded first. A claim and
a notice are found by their numbers.

What was typed stays out of every address: where several fit, the browser's session keeps it, sealed, for their list.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import flash, session, url_for
from werkzeug.wrappers import Response

from portal.blueprints.customers import bp
from portal.blueprints.customers.forms import SeekForm
from portal.domain import clock, ubigeo
from portal.domain.errors import DomainError
from portal.domain.identity import age_on
from portal.extensions import limiter
from portal.services.desk import customers, search, work_queues
from portal.services.messaging import inbox
from portal.services.platform import encryption
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.limits import SEARCH_LIMIT, account_key
from portal.web.paging import LARGEST_KEY, Page, page_of

_CUSTOMER = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>"
_TYPED = "busqueda"  # the cookie's name for a search that several fit
_NEWEST = 5  # lines of each kind on the first page

Lines = Callable[..., Sequence[Any]]

# Title, lines and their template, by the name in the address.
_LISTS: dict[str, tuple[str, Lines, str]] = {
    "polizas": ("Pólizas", customers.policies, "partials/customers/policies.html"),
    "cotizaciones": ("Cotizaciones y compras", customers.quotes, "partials/customers/quotes.html"),
    "pagos": ("Pagos", customers.payments, "partials/customers/payments.html"),
    "correos": ("Correos enviados", inbox.of_customer, "partials/customers/mails.html"),
}


@bp.get("/gestion/buscar")
@allow(Who.STAFF)
def index() -> Response:
    """The search."""
    return htmx.render("customers/index.html", form=SeekForm(formdata=None), page=None, waiting=_waiting())


@bp.post("/gestion/buscar")
@allow(Who.STAFF)
@limiter.limit(SEARCH_LIMIT, key_func=account_key)
def find() -> Response:
    """On to what fits, or to the list of the customers who do."""
    form = SeekForm()

    def done(found: search.Found) -> Response:
        if found.claim is not None:
            return htmx.go(url_for("assessing.show", number=found.claim))
        if found.notice is not None:
            return htmx.go(url_for("desk_notices.show", number=found.notice))
        if found.account_id is not None:
            return htmx.go(url_for("customers.show", account_id=found.account_id))
        session[_TYPED] = encryption.seal(form.dato.data or "").decode()
        return htmx.go(url_for("customers.results"))

    return submit(
        form,
        lambda: search.seek(form.dato.data or "", actor()),
        page=lambda: htmx.invalid("customers/index.html", form, page=None, waiting=_waiting()),
        done=done,
    )


@bp.get("/gestion/buscar/resultados")
@allow(Who.STAFF)
def results() -> Response:
    """Those who fit what was typed last, told apart."""
    typed = _typed()
    if typed is None:
        return htmx.go(url_for("customers.index"))
    try:
        page = page_of(partial(search.matches, typed))
    except DomainError:
        return htmx.go(url_for("customers.index"))  # nobody fits any more
    return htmx.render("customers/index.html", form=SeekForm(formdata=None), page=page, waiting=(), district=_district)


@bp.post(_CUSTOMER)
@allow(Who.STAFF)
@limiter.limit(SEARCH_LIMIT, key_func=account_key)
def choose(account_id: int) -> Response:
    """One of the list: recorded, and then read."""
    typed = _typed()
    if typed is None:
        flash("La búsqueda ya no está abierta. Busque al cliente otra vez.", "warn")
        return htmx.go(url_for("customers.index"))
    return htmx.go(url_for("customers.show", account_id=search.choose(typed, account_id, actor())))


@bp.get(_CUSTOMER)
@allow(Who.STAFF)
def show(account_id: int) -> Response:
    """The customer on one page: the newest of everything."""
    customer = customers.get(account_id, actor())
    parts = [
        (name, title, part, Page(found[:_NEWEST], found[-1].id if len(found) > _NEWEST else None, True))
        for name, (title, lines, part) in _LISTS.items()
        for found in [lines(account_id, limit=_NEWEST + 1)]
    ]
    age = age_on(customer.person.birth_date, clock.today())
    return htmx.render("customers/show.html", **_words(customer), parts=parts, age=age)


@bp.get(f"{_CUSTOMER}/<any(polizas, cotizaciones, pagos, correos):name>")
@allow(Who.STAFF)
def listed(account_id: int, name: str) -> Response:
    """All of one kind, a page at a time."""
    customer = customers.get(account_id, actor())
    title, lines, part = _LISTS[name]
    page = page_of(partial(lines, account_id))
    return htmx.render("customers/list.html", **_words(customer), name=name, title=title, part=part, page=page)


def _waiting() -> Sequence[Any]:
    """Each queue of what is done with a customer at the desk, and how much of it waits for the reader."""
    return work_queues.waiting(work_queues.CUSTOMERS, actor())


def _typed() -> str | None:
    sealed = session.get(_TYPED)
    return encryption.unseal(sealed.encode()) if sealed else None


def _words(customer: customers.Customer) -> dict[str, Any]:
    return {"customer": customer, "person": customer.person, "district": _district}


def _district(code: str) -> str:
    return ubigeo.full_name(code) if ubigeo.is_district(ubigeo.current(code)) else "No registrado"
