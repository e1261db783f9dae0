"""What a clerk sends for the customer's claim, before it is registered and after. Each look of theirs is recorded."""

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.assisted_claims import bp, pages
from portal.blueprints.assisted_claims.flow import AssistedFlow
from portal.blueprints.claims import sending
from portal.domain.errors import NotAllowed
from portal.services.claims import attachments
from portal.services.desk import assisted_claims
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY
from portal.web.uploads import takes_file
from portal.web.wizard import pages as steps

_CLAIMS = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/siniestros"
_DRAFT = f"{_CLAIMS}/nuevo/<public_id>"
_CLAIM = f"{_CLAIMS}/<number>"
_PAPER = f"documentos/<int(max={LARGEST_KEY}):paper_id>"
_FILE = f"archivos/<int(max={LARGEST_KEY}):file_id>"
_STEP = "documentos"


@bp.post(f"{_DRAFT}/{_PAPER}")
@allow(Who.STAFF)
@takes_file
def send_draft_file(account_id: int, public_id: str, paper_id: int) -> Response:
    """A file for one of the papers, while the claim is filled in."""
    claim = assisted_claims.draft(account_id, public_id, actor())
    flow = AssistedFlow(account_id)
    return sending.take(
        lambda: sending.send(claim, paper_id),
        _step(account_id, public_id),
        lambda status, words: steps.again(flow, public_id, _STEP, status, errors={paper_id: words}),
    )


@bp.post(f"{_DRAFT}/{_FILE}/quitar")
@allow(Who.STAFF)
def remove_draft_file(account_id: int, public_id: str, file_id: int) -> Response:
    """One that was taken by mistake."""
    claim = assisted_claims.draft(account_id, public_id, actor())
    try:
        attachments.take_away(file_id, claim, actor())
    except NotAllowed as refused:
        flash(refused.message, "warn")
    else:
        flash("Quitado. Puede enviar otro.", "ok")
    return htmx.go(_step(account_id, public_id))


@bp.get(f"{_DRAFT}/{_FILE}")
@allow(Who.STAFF)
def draft_file(account_id: int, public_id: str, file_id: int) -> Response:
    """What was sent, to be saved."""
    return sending.file(attachments.find(file_id, assisted_claims.draft(account_id, public_id, actor()), actor()))


@bp.get(f"{_DRAFT}/{_FILE}/miniatura")
@allow(Who.STAFF)
def draft_thumbnail(account_id: int, public_id: str, file_id: int) -> Response:
    """Its small picture."""
    return sending.thumbnail(attachments.find(file_id, assisted_claims.draft(account_id, public_id, actor()), actor()))


@bp.post(f"{_CLAIM}/{_PAPER}")
@allow(Who.STAFF)
@takes_file
def send_file(account_id: int, number: str, paper_id: int) -> Response:
    """A file for one of the papers of a claim that a clerk of the agency registered."""
    claim = assisted_claims.registered(account_id, number, actor())
    return sending.take(
        lambda: sending.send(claim, paper_id),
        url_for("assisted_claims.show", account_id=account_id, number=number, _anchor="adjuntos"),
        lambda status, words: pages.show(account_id, number, status, errors={paper_id: words}),
    )


@bp.get(f"{_CLAIM}/{_FILE}")
@allow(Who.STAFF)
def file(account_id: int, number: str, file_id: int) -> Response:
    """What was sent, to be saved."""
    return sending.file(attachments.find(file_id, assisted_claims.registered(account_id, number, actor()), actor()))


@bp.get(f"{_CLAIM}/{_FILE}/miniatura")
@allow(Who.STAFF)
def thumbnail(account_id: int, number: str, file_id: int) -> Response:
    """Its small picture."""
    claim = assisted_claims.registered(account_id, number, actor())
    return sending.thumbnail(attachments.find(file_id, claim, actor()))


def _step(account_id: int, public_id: str) -> str:
    return url_for("assisted_claims.show_step", account_id=account_id, public_id=public_id, slug=_STEP)
