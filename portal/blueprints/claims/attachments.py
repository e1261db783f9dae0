"""What is sent for a claim: each file a request of its own, before it is registered and after."""

from collections.abc import Mapping

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.claims import bp, pages, sending
from portal.blueprints.claims.flow import FLOW
from portal.domain.errors import NotAllowed
from portal.services.claims import attachments, drafts
from portal.services.claims import claim as claims
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY
from portal.web.uploads import sent_file, takes_file
from portal.web.wizard import pages as steps

_DRAFT = "/siniestros/nuevo/<public_id>"
_CLAIM = "/siniestros/<number>"
_PAPER = f"documentos/<int(max={LARGEST_KEY}):paper_id>"
_FILE = f"archivos/<int(max={LARGEST_KEY}):file_id>"
_STEP = "documentos"
Errors = Mapping[int, str]


@bp.post(f"{_DRAFT}/{_PAPER}")
@allow(Who.CUSTOMER)
@takes_file
def send_draft_file(public_id: str, paper_id: int) -> Response:
    """A file for one of the papers, while the claim is filled in."""
    claim = drafts.get(public_id, actor())
    back = url_for("claims.show_step", public_id=public_id, slug=_STEP)
    return sending.take(
        lambda: sending.send(claim, paper_id),
        back,
        lambda status, words: steps.again(FLOW, public_id, _STEP, status, errors={paper_id: words}),
    )


@bp.post(f"{_DRAFT}/{_FILE}/quitar")
@allow(Who.CUSTOMER)
def remove_draft_file(public_id: str, file_id: int) -> Response:
    """One that its sender does not want to have sent."""
    try:
        attachments.take_away(file_id, drafts.get(public_id, actor()), actor())
    except NotAllowed as refused:
        flash(refused.message, "warn")
    else:
        flash("Quitado. Puede enviar otro.", "ok")
    return htmx.go(url_for("claims.show_step", public_id=public_id, slug=_STEP))


@bp.get(f"{_DRAFT}/{_FILE}")
@allow(Who.CUSTOMER)
def draft_file(public_id: str, file_id: int) -> Response:
    """What was sent, to be saved."""
    return sending.file(attachments.find(file_id, drafts.get(public_id, actor()), actor()))


@bp.get(f"{_DRAFT}/{_FILE}/miniatura")
@allow(Who.CUSTOMER)
def draft_thumbnail(public_id: str, file_id: int) -> Response:
    """Its small picture."""
    return sending.thumbnail(attachments.find(file_id, drafts.get(public_id, actor()), actor()))


@bp.post(f"{_CLAIM}/{_PAPER}")
@allow(Who.CUSTOMER)
@takes_file
def send_file(number: str, paper_id: int) -> Response:
    """A file for one of the papers of a registered claim: one that was missing, or is asked again."""
    claim = claims.get(number, actor())
    return sending.take(
        lambda: sending.send(claim, paper_id),
        url_for("claims.show", number=number, _anchor="adjuntos"),
        lambda status, words: pages.show(number, status, errors={paper_id: words}),
    )


@bp.post(f"{_CLAIM}/documentos")
@allow(Who.CUSTOMER)
@takes_file
def send_other_file(number: str) -> Response:
    """One that nobody asked for."""
    claim = claims.get(number, actor())
    return sending.take(
        lambda: attachments.send_other(claim, sent_file("foto", "archivo").stream, actor()),
        url_for("claims.show", number=number, _anchor="adjuntos"),
        lambda status, words: pages.show(number, status, errors={0: words}),
    )


@bp.get(f"{_CLAIM}/{_FILE}")
@allow(Who.CUSTOMER)
def file(number: str, file_id: int) -> Response:
    """What was sent, to be saved."""
    return sending.file(attachments.find(file_id, claims.get(number, actor()), actor()))


@bp.get(f"{_CLAIM}/{_FILE}/miniatura")
@allow(Who.CUSTOMER)
def thumbnail(number: str, file_id: int) -> Response:
    """Its small picture."""
    return sending.thumbnail(attachments.find(file_id, claims.get(number, actor()), actor()))
