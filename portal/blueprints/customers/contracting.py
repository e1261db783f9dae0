"""/gestion/clientes/…/polizas/…/expediente: how a customer's policy was contracted, for who may read it."""

from flask import url_for
from werkzeug.wrappers import Response

from portal.blueprints.customers import bp
from portal.services.desk import customers
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY

_FILES = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/polizas/<number>/expediente"


@bp.get(_FILES)
@allow(Who.STAFF)
def contracting_files(account_id: int, number: str) -> Response:
    """Its editions, the newest first."""
    editions = customers.contracting_files(account_id, number, actor())
    return htmx.render("customers/contracting.html", account_id=account_id, number=number, editions=editions)


@bp.get(f"{_FILES}/<int(max=9999):edition>/pdf")
@allow(Who.STAFF)
def contracting_file_pdf(account_id: int, number: str, edition: int) -> Response:
    """One of them. Each look is recorded."""
    back = url_for("customers.contracting_files", account_id=account_id, number=number)
    return downloads.pdf(*customers.open_contracting_file(account_id, number, edition, actor()), back=back)
