"""/gestion/revisiones: what people ask to be looked at again, and its answer by somebody who did not decide it."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.claim_reviews import bp
from portal.blueprints.claim_reviews.forms import AnswerForm
from portal.domain.errors import NotFound
from portal.services.claims import appeals, letters
from portal.services.documents import store
from portal.web import downloads, drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.paging import page_of


@bp.get("/gestion/revisiones")
@allow(Who.STAFF)
def index() -> Response:
    """What waits for an answer."""
    return htmx.render("claim_reviews/index.html", page=page_of(lambda **window: appeals.waiting(actor(), **window)))


@bp.get("/gestion/revisiones/<appeal_number>")
@allow(Who.STAFF)
def show(appeal_number: str) -> Response:
    """One, and its answer."""
    return htmx.render("claim_reviews/show.html", form=AnswerForm(), **_words(appeal_number))


@bp.get("/gestion/revisiones/<appeal_number>/carta")
@allow(Who.STAFF)
def letter(appeal_number: str) -> Response:
    """The letter of its answer."""
    found = letters.of_appeal(appeals.get(appeal_number, actor()))
    if found is None:
        raise NotFound("No encontramos esa carta.")
    back = url_for("claim_reviews.show", appeal_number=appeal_number)
    return downloads.pdf(*store.content(found, actor()), back=back)


@bp.post("/gestion/revisiones/<appeal_number>")
@allow(Who.STAFF)
@drafts.keeps(AnswerForm, page="claim_reviews.show")
def answer(appeal_number: str) -> Response:
    form = AnswerForm()

    def use_case() -> None:
        appeals.answer(appeal_number, form.respuesta.data or "", actor(), upheld=form.is_upheld)

    def done(_: None) -> Response:
        flash(f"Respondido {appeal_number}. La persona recibe su carta por correo.", "ok")
        return htmx.go(url_for("claim_reviews.show", appeal_number=appeal_number))

    return submit(
        form,
        use_case,
        page=lambda: htmx.invalid("claim_reviews/show.html", form, **_words(appeal_number)),
        done=done,
    )


def _words(appeal_number: str) -> dict[str, Any]:
    found = appeals.get(appeal_number, actor())
    letter = letters.of_appeal(found)
    return {"appeal": found, "may_answer": appeals.may_answer(found, actor()), "has_letter": letter is not None}
