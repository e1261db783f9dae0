"""/gestion/clientes/…/polizas/…: a customer's policy to print, and how it was contracted, for who may read it."""

from flask import url_for
from werkzeug.wrappers import Response

from portal.blueprints.customers import bp
from portal.services.desk import customers
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY

_POLICY = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/polizas/<number>"
_FILES = f"{_POLICY}/expediente"


@bp.get(f"{_POLICY}/pdf")
@allow(Who.STAFF)
def policy_pdf(account_id: int, number: str) -> Response:
    """The policy as its holder has it. Each look is recorded."""
    back = url_for("assisted_changes.index", account_id=account_id, number=number)
    return downloads.pdf(*customers.open_policy(account_id, number, actor()), back=back)


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
