"""/gestion/evidencias: what waits for a reviewer, one after the other (B10)."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.evidence import bp
from portal.blueprints.evidence.forms import ReviewForm
from portal.blueprints.evidence.pages import attached, thumbnail_of
from portal.domain.claim import PaperState
from portal.domain.evidence import EVIDENCE_NAMES, REASONS
from portal.domain.received_file import FileState
from portal.services.evidence import collecting, review
from portal.services.evidence.review import Shown
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.paging import LARGEST_KEY

_ONE = f"/gestion/evidencias/<int(max={LARGEST_KEY}):evidence_id>"
_FILE = f"{_ONE}/archivos/<int(max={LARGEST_KEY}):file_id>"


@bp.get("/gestion/evidencias")
@allow(Who.STAFF)
def review_index() -> Response:
    """What waits, the oldest first."""
    return htmx.render("evidence/review_index.html", lines=review.waiting(actor()), names=EVIDENCE_NAMES)


@bp.post(f"{_ONE}/abrir")
@allow(Who.STAFF)
def review_look(evidence_id: int) -> Response:
    """From the list to one of it: recorded as a search is."""
    review.look(evidence_id, actor())
    return htmx.go(url_for("evidence.review_show", evidence_id=evidence_id))


@bp.get(_ONE)
@allow(Who.STAFF)
def review_show(evidence_id: int) -> Response:
    """One, with what it is compared to."""
    found = review.get(evidence_id, actor())
    return htmx.render("evidence/review.html", **_words(found, ReviewForm(vistas=_files(found))))


@bp.post(_ONE)
@allow(Who.STAFF)
@drafts.keeps(ReviewForm, page="evidence.review_show")
def review_decide(evidence_id: int) -> Response:
    """Accept it and go on to the next, or ask for it again with a reason."""
    form, kind = ReviewForm(), review.kind_of(evidence_id, actor())
    form.ask_about(kind)
    accepts = submitted("aceptar")

    def use_case() -> None:
        if accepts:
            review.accept(evidence_id, actor(), shown=form.shown)
        else:
            review.ask_again(evidence_id, actor(), shown=form.shown, reason=form.reason(kind))

    def done(_: None) -> Response:
        flash("Aceptada." if accepts else "Pedida otra vez: avisamos al cliente por correo.", "ok")
        following = review.look_at_next(actor())
        if following is None:
            return htmx.go(url_for("evidence.review_index"))
        return htmx.go(url_for("evidence.review_show", evidence_id=following))

    def again() -> Response:
        found = review.get(evidence_id, actor())
        if found.evidence.state is not PaperState.RECEIVED:  # somebody else decided, or its sender took it back
            flash(next(iter(form.form_errors), review.DECIDED), "warn")
            return htmx.go(url_for("evidence.review_index"))
        form.vistas.data = _files(found)
        return htmx.invalid("evidence/review.html", form=form, **_words(found, form, without_form=True))

    return submit(form, use_case, page=again, done=done, needs_shape=not accepts)


@bp.get(_FILE)
@allow(Who.STAFF)
def review_file(evidence_id: int, file_id: int) -> Response:
    """A picture as large as it is kept, or a PDF; the look is recorded."""
    return attached(collecting.file_of(review.policy_of(evidence_id, actor()), file_id), actor())


@bp.get(f"{_FILE}/miniatura")
@allow(Who.STAFF)
def review_thumbnail(evidence_id: int, file_id: int) -> Response:
    """A small picture of it, for the page."""
    return thumbnail_of(collecting.file_of(review.policy_of(evidence_id, actor()), file_id), actor())


def _files(found: Shown) -> str:
    return " ".join(str(one.file.id) for one in found.own.files)


def _words(found: Shown, form: ReviewForm, *, without_form: bool = False) -> dict[str, Any]:
    form.ask_about(found.evidence.kind)
    at = found.waiting.index(found.evidence.id) if found.evidence.id in found.waiting else None
    pictures = [sent for one in found.collected for sent in one.files if sent.file.state is FileState.STORED]
    chosen = request.args.get("foto", type=int)
    own = [sent for sent in found.own.files if sent.file.state is FileState.STORED]
    words = {
        "found": found,
        "at": at,
        "before": found.waiting[at - 1] if at else None,
        "after": found.waiting[at + 1] if at is not None and at + 1 < len(found.waiting) else None,
        "pictures": pictures,
        "picture": next((sent for sent in pictures if sent.file.id == chosen), next(iter(own), None)),
        "kinds": {one.evidence.id: one.kind for one in found.collected if one.evidence},
        "names": EVIDENCE_NAMES,
        "sentences": {str(at): one.sentence for at, one in enumerate(REASONS[found.evidence.kind], 1)},
    }
    return words if without_form else words | {"form": form}
