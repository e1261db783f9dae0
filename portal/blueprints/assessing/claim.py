"""/gestion/siniestros/<number>: one claim on one page, its documents looked at one by one, and notes."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.assessing import bp
from portal.blueprints.assessing.forms import (
    ConfirmForm,
    NoteForm,
    ObserveForm,
    SeenForm,
    proposal_form,
)
from portal.domain.claim import PARTY_NAMES
from portal.domain.errors import DomainError
from portal.domain.received_file import FileState
from portal.services.claims import answers, assessment, notes, paper_review, sight, sums
from portal.services.claims.assessment import File, Paper
from portal.services.claims.sight import Sight
from portal.services.claims.sums import Facts, Sum
from portal.services.controls import four_eyes
from portal.services.evidence import uploads
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.paging import LARGEST_KEY

CLAIM = "/gestion/siniestros/<number>"
_PAPER = f"{CLAIM}/documentos/<int(max={LARGEST_KEY}):paper_id>"
_FILE = f"{CLAIM}/archivos/<int(max={LARGEST_KEY}):file_id>"


@bp.get(CLAIM)
@allow(Who.STAFF)
def show(number: str) -> Response:
    """The claim: all of it for who decides, where it stands for everybody else."""
    return page(number)


@bp.post(f"{CLAIM}/notas")
@allow(Who.STAFF)
def note(number: str) -> Response:
    """Write something down for colleagues."""
    form = NoteForm()
    return submit(
        form,
        lambda: notes.write(number, form.nota.data or "", actor()),
        page=lambda: page(number, note=form),
        done=lambda _: _back(number, "La nota quedó guardada."),
    )


@bp.post(f"{_PAPER}/aceptar")
@allow(Who.STAFF)
def accept(number: str, paper_id: int) -> Response:
    """The document proves what it must."""
    form = SeenForm()

    def use_case() -> None:
        paper_review.accept(number, paper_id, actor(), shown=form.visto.data)

    def again() -> Response:
        return page(number, seen=form, open_paper=paper_id)

    return submit(form, use_case, page=again, done=lambda _: _next(number, "Documento aceptado."))


@bp.post(f"{_PAPER}/observar")
@allow(Who.STAFF)
def observe(number: str, paper_id: int) -> Response:
    """The document must be sent again."""
    form = ObserveForm()
    said = "Documento observado. En unos minutos sale el correo, con todo lo que observe hasta entonces."
    return submit(
        form,
        lambda: paper_review.observe(number, paper_id, form.words, actor(), shown=form.visto.data),
        page=lambda: page(number, observed=form, open_paper=paper_id),
        done=lambda _: _next(number, said),
    )


@bp.post(f"{_PAPER}/<any(pedir, sobra):verb>")
@allow(Who.STAFF)
def decide_case(number: str, paper_id: int, verb: str) -> Response:
    """A document of some cases is needed in this one, or is not."""
    service, words = {
        "pedir": (paper_review.need, "Ahora este documento hace falta."),
        "sobra": (paper_review.spare, "Este documento ya no hace falta."),
    }[verb]
    form = Form()
    return submit(
        form,
        lambda: service(number, paper_id, actor()),
        page=lambda: page(number, seen=form),
        done=lambda _: _back(number, words),
    )


@bp.get(_FILE)
@allow(Who.STAFF)
def file(number: str, file_id: int) -> Response:
    """A file as it was kept: each look is recorded."""
    found = sight.file(number, file_id, actor())
    name = f"{number}-{file_id}.{_ENDINGS.get(found.type, 'bin')}"
    return downloads.attachment(name, uploads.content(found, actor()), found.type)


@bp.get(f"{_FILE}/miniatura")
@allow(Who.STAFF)
def thumbnail(number: str, file_id: int) -> Response:
    """Its first page, small."""
    found = sight.file(number, file_id, actor())
    return downloads.attachment(f"{number}-{file_id}-m.jpg", uploads.thumbnail(found, actor()), "image/jpeg")


_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def page(number: str, *, open_paper: int | None = None, preview: Sum | None = None, **forms: Form) -> Response:
    """The claim with its forms, as they were sent or empty. Open is the document asked for, else the first that waits,
    else the first; of its files the one that the address names is shown large, a look that is recorded. `preview`: what
    would be paid, by the facts that were sent."""
    found = assessment.get(number, actor())
    if isinstance(found, Sight):
        return htmx.render("assessing/standing.html", sight=found, me=actor().account_id)
    opened = _opened(found, open_paper or request.args.get("documento", type=int))
    stored = [one for one in opened.files if one.state is FileState.STORED] if opened else []
    words = {
        "file": found,
        "opened": opened,
        "visto": opened.stamp if opened else 0,
        "first_file": next((one.id for one in stored), None),
        "picture": next((one for one in stored if one.id == request.args.get("foto", type=int)), None),
        "checks": answers.of(found),
        "party_names": PARTY_NAMES,
        "note": forms.get("note") or NoteForm(formdata=None),
        "observed": forms.get("observed") or ObserveForm(formdata=None),
        "confirm": forms.get("confirm") or ConfirmForm(formdata=None),
        "may_decide": found.decision is not None and four_eyes.may_decide(found.decision, actor()),
        **_proposal(found, forms.get("proposal"), preview),
    }
    sent = next(iter(forms.values()), None)
    if sent is None or preview is not None:
        return htmx.render("assessing/show.html", form=None, **words)
    return htmx.invalid("assessing/show.html", sent, **words)


def _proposal(found: File, sent: Form | None, preview: Sum | None) -> dict[str, Any]:
    """What stands where an answer is proposed, as long as one can be: `why_not` nothing can be approved yet, and what
    would be paid where that needs no facts."""
    if found.decision is not None or found.is_answered:
        return {"proposal": None, "preview": None, "why_not": "", "computes": None}
    why_not = ""
    if preview is None and not found.why_not_approved:
        try:
            preview = sums.of(found.claim, Facts(), found.used) if found.pays_once else None
        except DomainError as error:
            why_not = error.message
    return {
        "proposal": sent or proposal_form(found),
        "preview": preview,
        "why_not": why_not or found.why_not_approved,
        "computes": sums.computes(found.claim),
    }


def _opened(found: File, paper_id: int | None) -> Paper | None:
    asked = [one for one in found.papers if one.row.id == paper_id]
    return next(iter([*asked, *found.to_review, *found.papers]), None)


def _next(number: str, words: str) -> Response:
    flash(words, "ok")
    return htmx.go(url_for("assessing.show", number=number, _anchor="documentos"))


def _back(number: str, words: str) -> Response:
    flash(words, "ok")
    return htmx.go(url_for("assessing.show", number=number))
