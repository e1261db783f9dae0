"""/gestion/avisos: what waits to be matched, and one notice beside the policies that it may be about."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.desk_notices import bp
from portal.blueprints.desk_notices.forms import MatchForm, PersonForm, SearchForm, pick_value, tick
from portal.domain import formats
from portal.domain.claim import EVENT_NAMES
from portal.domain.errors import NotFound
from portal.models import Notice, NoticeMatch
from portal.services.claims import candidates, matching, notice_desk, notice_parties
from portal.services.claims.candidates import MOST
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.paging import LARGEST_KEY

_NOTICE = "/gestion/avisos/<number>"


@bp.get("/gestion/avisos")
@allow(Who.STAFF)
def index() -> Response:
    """What waits, the most pressing first, and what was answered last."""
    return htmx.render("desk_notices/index.html", waiting=notice_desk.waiting(), answered=notice_desk.answered())


@bp.post(f"{_NOTICE}/tomar")
@allow(Who.STAFF)
def take(number: str) -> Response:
    """Have it, and read what it says: the look is recorded."""
    notice_desk.take(number, actor())
    return htmx.go(url_for("desk_notices.show", number=number))


@bp.get(_NOTICE)
@allow(Who.STAFF)
def show(number: str) -> Response:
    """What it says beside each policy; for who has not taken it, only that it is there."""
    notice = notice_desk.get(number)
    if not notice_desk.may_read(notice, actor()):
        return htmx.render("desk_notices/closed.html", told=notice, holder=notice_desk.assignee_of(notice))
    words = _words(notice)
    form = MatchForm(data={"dia": formats.day(notice.event_date) if notice.event_date else ""})
    tick(form, notice, words["candidates"])
    return htmx.render("desk_notices/show.html", form=form, matched=form, search=SearchForm(formdata=None), **words)


@bp.post(_NOTICE)
@allow(Who.STAFF)
def match(number: str) -> Response:
    """It is about these policies: claims, people, mails and tasks in one go."""
    notice, form = _own(number), MatchForm()

    def done(claims: list[str]) -> Response:
        flash(f"Emparejado con {', '.join(claims)}. Vea abajo quién es quien dio el aviso.", "ok")
        return htmx.go(url_for("desk_notices.show", number=number, _anchor="personas"))

    return submit(
        form,
        lambda: matching.match(number, form.picks(), form.dia.day, actor(), joined=form.unir.data or ()),
        page=lambda: htmx.invalid(
            "desk_notices/show.html", form, matched=form, search=SearchForm(formdata=None), **_words(notice)
        ),
        done=done,
    )


@bp.post(f"{_NOTICE}/ninguna")
@allow(Who.STAFF)
def close(number: str) -> Response:
    """None of the policies is meant, or its sender has no part in any: the letter, the same for both."""
    notice_desk.close(number, actor())
    flash("Aviso cerrado. Sale la carta, igual para todos.", "ok")
    return htmx.go(url_for("desk_notices.show", number=number))


@bp.post(f"{_NOTICE}/buscar")
@allow(Who.STAFF)
def search(number: str) -> Response:
    """Another policy beside the notice. Its number stands in the address; what was typed does not."""
    notice, form = _own(number), SearchForm()
    return submit(
        form,
        lambda: candidates.search(form.dato.data or "", actor()),
        page=lambda: htmx.invalid(
            "desk_notices/show.html", form, matched=MatchForm(formdata=None), search=form, **_words(notice)
        ),
        done=lambda numbers: htmx.go(url_for("desk_notices.show", number=number, poliza=numbers)),
    )


@bp.post(f"{_NOTICE}/persona/<int(max={LARGEST_KEY}):match_id>")
@allow(Who.STAFF)
def person(number: str, match_id: int) -> Response:
    """Who its sender is in one of the claims."""
    notice = _own(number)
    one = next((line for line in notice.matches if line.id == match_id), None)
    if one is None:
        raise NotFound
    form = _person_form(one, notice, formdata=True)
    return submit(
        form,
        lambda: notice_parties.choose(match_id, form.persona.data, actor()),
        page=lambda: htmx.invalid(
            "desk_notices/show.html",
            form,
            matched=MatchForm(formdata=None),
            search=SearchForm(formdata=None),
            **_words(notice, sent={match_id: form}),
        ),
        done=lambda _: htmx.go(url_for("desk_notices.show", number=number, _anchor="personas")),
    )


def _own(number: str) -> Notice:
    """The notice, for who has it. Raises NotAllowed."""
    notice = notice_desk.get(number)
    notice_desk.check_read(notice, actor())
    return notice


def _words(notice: Notice, *, sent: dict[int, PersonForm] | None = None) -> dict[str, Any]:
    """What it says, beside the policies that it may be about: once it is matched, only those that are looked for.
    `sent`: what was chosen of its sender and is wrong, by the match."""
    also = request.args.getlist("poliza")[:MOST]
    is_asked = also or not notice.matches
    forms = {one.id: _person_form(one, notice) for one in notice.matches} | (sent or {})
    return {
        "told": notice,
        "candidates": candidates.resembling(notice, actor(), also=also) if is_asked else [],
        "others": notice_desk.of_same_event(notice) if is_asked else [],
        "people": [(one, forms[one.id], notice_parties.doubt(one, notice)) for one in notice.matches],
        "has_part": notice_parties.has_part(notice),
        "pick_value": pick_value,
        "event_names": EVENT_NAMES,
    }


def _person_form(match: NoticeMatch, notice: Notice, *, formdata: bool = False) -> PersonForm:
    form = PersonForm() if formdata else PersonForm(formdata=None, persona=notice_parties.chosen(match))
    form.persona.id = f"persona-{match.id}"  # a page has one for each claim
    form.offer(notice_parties.choices(match, notice))
    return form
