"""/gestion/clientes/…/polizas/…/evidencia: "Registrar Evidencia" as a clerk does it beside the customer (S26)."""

from werkzeug.wrappers import Response

from portal.blueprints.evidence import bp
from portal.blueprints.evidence.pages import KINDS, Page
from portal.domain.evidence import EvidenceKind
from portal.services.desk import assisted_evidence
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY
from portal.web.uploads import takes_file

_EVIDENCE = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/polizas/<number>/evidencia"
_FILE = f"{_EVIDENCE}/archivos/<int(max={LARGEST_KEY}):file_id>"


@bp.get(_EVIDENCE)
@allow(Who.STAFF)
def assisted_index(account_id: int, number: str) -> Response:
    """What was sent, and where to send more."""
    return _page(account_id, number).show()


@bp.post(f"{_EVIDENCE}/<{KINDS}:kind>")
@allow(Who.STAFF)
@takes_file
def assisted_send(account_id: int, number: str, kind: str) -> Response:
    """One file, sent by the clerk."""
    return _page(account_id, number).send(EvidenceKind(kind))


@bp.post(f"{_FILE}/quitar")
@allow(Who.STAFF)
def assisted_take_back(account_id: int, number: str, file_id: int) -> Response:
    """One that the clerk sent."""
    return _page(account_id, number).take_back(file_id)


@bp.get(_FILE)
@allow(Who.STAFF)
def assisted_file(account_id: int, number: str, file_id: int) -> Response:
    """What the clerk sent."""
    return _page(account_id, number).file(file_id)


@bp.get(f"{_FILE}/miniatura")
@allow(Who.STAFF)
def assisted_thumbnail(account_id: int, number: str, file_id: int) -> Response:
    """A small picture of it, for the page."""
    return _page(account_id, number).thumbnail(file_id)


def _page(account_id: int, number: str) -> Page:
    customer, policy = assisted_evidence.policy_of(account_id, number, actor())
    place = {"account_id": account_id, "number": number}
    return Page(policy, actor(), "assisted", place, customer.person.full_name)
