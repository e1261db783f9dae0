"""/polizas/…/evidencia: "Registrar Evidencia" as the customer does it (S26 to S28)."""

from werkzeug.wrappers import Response

from portal.blueprints.evidence import bp
from portal.blueprints.evidence.pages import KINDS, Page
from portal.domain.evidence import EvidenceKind
from portal.services.policies import policy as policies
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY
from portal.web.uploads import takes_file

_EVIDENCE = "/polizas/<number>/evidencia"
_FILE = f"{_EVIDENCE}/archivos/<int(max={LARGEST_KEY}):file_id>"


@bp.get(_EVIDENCE)
@allow(Who.CUSTOMER)
def own_index(number: str) -> Response:
    """What is asked, what was sent, and where to send it."""
    return _page(number).show()


@bp.post(f"{_EVIDENCE}/<{KINDS}:kind>")
@allow(Who.CUSTOMER)
@takes_file
def own_send(number: str, kind: str) -> Response:
    """One file, by a form or by the script."""
    return _page(number).send(EvidenceKind(kind))


@bp.post(f"{_FILE}/quitar")
@allow(Who.CUSTOMER)
def own_take_back(number: str, file_id: int) -> Response:
    """One that they don't want to have sent."""
    return _page(number).take_back(file_id)


@bp.get(_FILE)
@allow(Who.CUSTOMER)
def own_file(number: str, file_id: int) -> Response:
    """What they sent."""
    return _page(number).file(file_id)


@bp.get(f"{_FILE}/miniatura")
@allow(Who.CUSTOMER)
def own_thumbnail(number: str, file_id: int) -> Response:
    """A small picture of it, for the page."""
    return _page(number).thumbnail(file_id)


def _page(number: str) -> Page:
    return Page(policies.get(number, actor()), actor(), "own", {"number": number})
