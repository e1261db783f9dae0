"""/avisos: three short steps, and always a number.

What was typed is shown in the browser where it was typed, and nowhere else. Nothing here says whether the document
that was given is insured.
"""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.notices import bp
from portal.blueprints.notices.forms import CodeForm, EventForm, SenderForm, event_as_typed, sender_as_typed
from portal.domain.errors import NotFound
from portal.domain.identity import DocumentType, bare_email
from portal.extensions import limiter
from portal.services.claims import notices
from portal.services.claims.notices import NoticeProgress
from portal.web import browser, drafts, htmx, typed_here
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import shown_at, submit
from portal.web.limits import mails_of_a_mailbox, went_on

# Many customers of one mobile company share an address, so this limit is wide. No limit counts the document of somebody
# else: nobody can use up what another needs. What one mailbox gets is bounded with the mails of all other pages.
_per_address = limiter.shared_limit("120/hour", scope="notice", deduct_when=went_on)


def _mailbox_of_notice() -> str:
    token: str = (request.view_args or {})["token"]
    try:
        return notices.progress(token).notice.email or token
    except NotFound:
        return token


_codes_per_typed_mailbox = mails_of_a_mailbox(lambda: bare_email(request.form.get("correo", "")))
_codes_per_mailbox = mails_of_a_mailbox(_mailbox_of_notice)


@bp.get("/avisos")
@allow(Who.ANYONE)
def start() -> Response:
    """The first step: what happened."""
    browser.keep()  # what is typed is kept for this browser
    return _event_page(EventForm(tipo_documento=DocumentType.DNI.value), url_for("notices.begin"))


@bp.post("/avisos")
@allow(Who.ANYONE)
@_per_address
@drafts.keeps(EventForm, page="notices.start")
def begin() -> Response:
    return _begin(None)


@bp.get("/avisos/nuevo/<token>")
@allow(Who.ANYONE)
def edit(token: str) -> Response:
    """The same step, to correct what was told."""
    found = _own(token)
    if found.is_done or found.is_over:
        return _on(token)
    return _event_page(EventForm(data=event_as_typed(found.notice)), url_for("notices.begin_again", token=token))


@bp.post("/avisos/nuevo/<token>")
@allow(Who.ANYONE)
@_per_address
@drafts.keeps(EventForm, page="notices.edit")
def begin_again(token: str) -> Response:
    found = _own(token)
    return _on(token) if found.is_done or found.is_over else _begin(token)


@bp.get("/avisos/nuevo/<token>/quien")
@allow(Who.ANYONE)
def who(token: str) -> Response:
    """The second step: who gives the notice."""
    found = _own(token)
    if found.is_done or found.is_over:
        return _on(token)
    return htmx.render("notices/who.html", form=SenderForm(data=sender_as_typed(found.notice)), **_words(token, found))


@bp.post("/avisos/nuevo/<token>/quien")
@allow(Who.ANYONE)
@_per_address
@_codes_per_typed_mailbox
def say_who(token: str) -> Response:
    found = _own(token)
    if found.is_done or found.is_over:
        return _on(token)
    form = SenderForm()
    return submit(
        form,
        lambda: notices.say_who(token, form.sender(), actor()),
        page=lambda: htmx.invalid("notices/who.html", form, **_words(token, found)),
        done=lambda _: htmx.go(url_for("notices.code", token=token)),
    )


@bp.get("/avisos/nuevo/<token>/codigo")
@allow(Who.ANYONE)
def code(token: str) -> Response:
    """The third step, where the mail's link leads too. Opening it changes nothing."""
    found = notices.progress(token)
    if found.is_done or found.is_over or found.notice.identity is None:
        return _on(token)
    return htmx.render("notices/code.html", form=CodeForm(), **_code_words(token, found))


@bp.post("/avisos/nuevo/<token>/codigo")
@allow(Who.ANYONE)
@limiter.limit("60/minute")
def confirm(token: str) -> Response:
    form = CodeForm()

    def done(_: None) -> Response:
        typed_here.keep(typed_here.NOTICES, token)  # whoever has its code may see its number
        return htmx.go(url_for("notices.number", token=token))

    return submit(
        form,
        lambda: notices.confirm(token, form.codigo.data or "", actor()),
        page=lambda: htmx.invalid("notices/code.html", form, **_code_words(token, notices.progress(token))),
        done=done,
    )


@bp.post("/avisos/nuevo/<token>/codigo/reenviar")
@allow(Who.ANYONE)
@_per_address
@_codes_per_mailbox
def resend(token: str) -> Response:
    form = CodeForm()

    def done(_: None) -> Response:
        flash("Pedimos otro código. El anterior ya no vale.", "ok")
        return htmx.go(url_for("notices.code", token=token))

    return submit(
        form,
        lambda: notices.resend(token, actor(), shown=shown_at()),
        page=lambda: htmx.invalid("notices/code.html", form, **_code_words(token, notices.progress(token))),
        done=done,
        needs_shape=False,
    )


@bp.get("/avisos/nuevo/<token>/listo")
@allow(Who.ANYONE)
def number(token: str) -> Response:
    """Its number, and what happens now: the same for everybody."""
    found = notices.progress(token)
    if not (found.is_done and typed_here.is_own(typed_here.NOTICES, token)):
        return _on(token)
    return htmx.render("notices/number.html", told=found.notice)


def _begin(token: str | None) -> Response:
    form = EventForm()
    action = url_for("notices.begin_again", token=token) if token else url_for("notices.begin")

    def done(token: str) -> Response:
        typed_here.keep(typed_here.NOTICES, token)
        return htmx.go(url_for("notices.who", token=token))

    return submit(
        form,
        lambda: notices.begin(form.event(), actor(), token=token),
        page=lambda: htmx.invalid("notices/event.html", form, **_event_words(action)),
        done=done,
    )


def _event_page(form: EventForm, action: str) -> Response:
    return htmx.render("notices/event.html", form=form, **_event_words(action))


def _event_words(action: str) -> dict[str, Any]:
    return {"action": action, "items": _items(None, None), "number": 1}


def _words(token: str, found: NoticeProgress) -> dict[str, Any]:
    return {"token": token, "progress": found, "items": _items(token, found), "number": 2}


def _code_words(token: str, found: NoticeProgress) -> dict[str, Any]:
    is_own = typed_here.is_own(typed_here.NOTICES, token)
    return {
        "token": token,
        "progress": found,
        "items": _items(token if is_own else None, found),
        "number": 3,
        "email": found.notice.email if is_own else None,  # shown only to the browser where it was typed
    }


def _items(token: str | None, found: NoticeProgress | None) -> list[dict[str, Any]]:
    """The steps as the page shows them; those behind can be edited where they were typed."""
    has_who = found is not None and found.notice.identity is not None
    return [
        {"title": "Qué pasó", "is_done": found is not None, "url": token and url_for("notices.edit", token=token)},
        {"title": "Quién avisa", "is_done": has_who, "url": has_who and token and url_for("notices.who", token=token)},
        {"title": "Código", "is_done": False, "url": None},
    ]


def _own(token: str) -> NoticeProgress:
    if not typed_here.is_own(typed_here.NOTICES, token):
        raise NotFound
    return notices.progress(token)


def _on(token: str) -> Response:
    """To where a notice stands that is not at the step that was asked for."""
    found, is_own = notices.progress(token), typed_here.is_own(typed_here.NOTICES, token)
    if found.is_done:
        return htmx.go(url_for("notices.number", token=token)) if is_own else htmx.render("notices/elsewhere.html")
    if found.is_over or not is_own:
        return htmx.render("notices/over.html")
    return htmx.go(url_for("notices.who", token=token))
