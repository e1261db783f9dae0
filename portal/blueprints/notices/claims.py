"""/avisos/seguimiento/<token>/<número>: a claim for who gave notice of it, without an account."""

from collections.abc import Mapping
from functools import partial

from flask import Response as FlaskResponse
from flask import after_this_request, flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.notices import bp
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.received_file import NotTaken
from portal.services.claims import appeals, course, coverage, following, letters, parties, payees
from portal.services.claims import claimant as claimants
from portal.services.claims.claimant import Claimant
from portal.services.documents import store
from portal.services.evidence import uploads
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import LARGEST_KEY
from portal.web.uploads import sent_file, takes_file

_CLAIM = "/avisos/seguimiento/<token>/<claim_number>"
_FILE = f"{_CLAIM}/archivos/<int(max={LARGEST_KEY}):file_id>"
_SUFFIXES = {"image/jpeg": ".jpg", "application/pdf": ".pdf"}


@bp.get(_CLAIM)
@allow(Who.ANYONE)
def claim(token: str, claim_number: str) -> Response:
    """What is asked of them, whose turn it is, their share, and how they are paid."""
    return _page(token, _claimant(token, claim_number))


@bp.post(f"{_CLAIM}/documentos/<int(max={LARGEST_KEY}):paper_id>")
@allow(Who.ANYONE)
@takes_file
def send_file(token: str, claim_number: str, paper_id: int) -> Response:
    """A file for one of the papers that they bring."""
    found = _claimant(token, claim_number)
    try:
        stream = sent_file("foto", "archivo").stream
        claimants.send(found, paper_id, stream, is_instead="en-su-lugar" in request.args)
    except NotTaken as trouble:
        return _page(token, _claimant(token, claim_number), 503, {paper_id: trouble.message})
    except (NotFound, NotAllowed):
        raise
    except DomainError as refused:
        return _page(token, _claimant(token, claim_number), 422, {paper_id: refused.message})
    if not htmx.is_fragment_request():
        flash("Recibimos el documento.", "ok")
    return htmx.go(url_for("notices.claim", token=token, claim_number=claim_number, _anchor="adjuntos"))


@bp.get(_FILE)
@allow(Who.ANYONE)
def file(token: str, claim_number: str, file_id: int) -> Response:
    """What they sent, to be saved."""
    found = _claimant(token, claim_number)
    sent = claimants.file(found, file_id)
    name = f"documento-{sent.id}{_SUFFIXES[sent.type]}"
    return downloads.attachment(name, uploads.content(sent, found.actor), sent.type)


@bp.get(f"{_FILE}/miniatura")
@allow(Who.ANYONE)
def thumbnail(token: str, claim_number: str, file_id: int) -> Response:
    """Its small picture."""
    found = _claimant(token, claim_number)
    sent = claimants.file(found, file_id)
    return downloads.attachment(f"documento-{sent.id}.jpg", uploads.thumbnail(sent, found.actor), "image/jpeg")


@bp.get(f"{_CLAIM}/cartas/<int(max={LARGEST_KEY}):letter_id>")
@allow(Who.ANYONE)
def letter(token: str, claim_number: str, letter_id: int) -> Response:
    """A letter of its answer, or of a review's, to them or to a minor for whom they act."""
    found = _claimant(token, claim_number)
    document = letters.find(found.claim, letter_id, found.actor)
    back = url_for("notices.claim", token=token, claim_number=claim_number)
    return downloads.pdf(*store.content(document, found.actor), back=back)


def _claimant(token: str, claim_number: str) -> Claimant:
    visit, match = following.open_claim(token, claim_number, actor())

    @after_this_request
    def note_use(response: FlaskResponse) -> FlaskResponse:
        following.note_use(visit)
        return response

    return claimants.of(match, actor())


def _page(token: str, found: Claimant, status: int = 200, errors: Mapping[int, str] | None = None) -> Response:
    return htmx.render(
        "notices/claim.html",
        status,
        token=token,
        claim=found.claim,
        own=found.own,
        is_out=parties.is_out(found.claim, found.actor),
        letters=letters.own(found.claim, found.actor),
        letter_at=partial(url_for, "notices.letter", token=token, claim_number=found.claim.number),
        course=course.of(found.claim, found.actor),
        sent=claimants.attachments(found),
        errors=errors or {},
        instead=request.args.get("sin", type=int),
        product=coverage.product_of(found.claim),
        coverage=coverage.coverage_of(found.claim),
        benefit=coverage.benefit_of(found.claim),
        part_of=coverage.part_of,
        day_words=coverage.day_words(found.claim),
        payments=payees.payments(found.paid),
        standing=appeals.of_claim(found.claim, found.paid),
    )
