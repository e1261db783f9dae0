"""Nothing typed is lost (B26): a form that could not be sent comes back as it was.

A form says what of it may be kept, `typed` and with it `kept_with`; the view that takes it says, by `@keeps`, which
form that is and on which page it stands. All else happens here, in `Form` and in `submit`. What is kept belongs to the
account of the page, which the page itself states by a mark, or of a sign-up to the browser; the store is a service.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from flask import current_app, g, has_request_context, request, url_for
from flask.sansio.app import App
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from portal.web import browser

View = TypeVar("View", bound=Callable[..., Any])

KEEPING = "drafts.keep"  # where a page sends what is being typed
MARK = "de_quien"  # the form's field that says whose page it stood on
STALE = "La página estuvo abierta mucho tiempo. No se envió nada y lo que escribió sigue aquí. Presione otra vez."
OTHERS = "Esa página era de otra cuenta. No se envió nada de lo que tenía escrito."
_EXTENSION, _PAGES = "drafts", "pages of drafts"


class Kept(Protocol):
    """A draft as its owner finds it."""

    @property
    def values(self) -> Mapping[str, Sequence[str]]: ...

    @property
    def saved_at(self) -> datetime: ...


class Store(Protocol):
    """Where drafts lie: services/platform/drafts.py, which says what each does."""

    def mark_of(self, owner: str) -> str: ...

    def is_of(self, mark: str, owner: str) -> bool: ...

    def keep(self, mark: str, place: str, values: Mapping[str, Sequence[str]]) -> bool: ...

    def find(self, owner: str, place: str) -> Kept | None: ...

    def forget(self, owner: str, place: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """The form that a view takes, by the values of its address, and the endpoint of the page where it stands."""

    form: Callable[[Mapping[str, Any]], Any]
    page: str


def keeps(form: Any, *, page: str) -> Callable[[View], View]:
    """State which form a POST takes, and on which page it stands: `@keeps(QuoteForm, page="quotes.create")`. A function
    of the address's values says it where several forms share an address."""

    def mark(view: View) -> View:
        view.kept = Kind(form if not isinstance(form, type) else lambda _args: form, page)  # type: ignore[attr-defined]
        return view

    return mark


def store_in(app: App, store: Store) -> None:
    """State where drafts lie."""
    app.extensions[_EXTENSION] = store


def mark() -> str:
    """What a form of the present page carries; empty on a page that is nobody's."""
    return _store().mark_of(_account()) if current_user.is_authenticated else ""


def is_stale() -> bool:
    """Whether this POST came with a token that is too old: it is answered with its page, and nothing is done."""
    return bool(g.get("stale_token"))


def restore(form: Any) -> None:
    """Put what its owner typed into a form that is shown; `restored_at` says so."""
    kinds = _pages().get(request.endpoint or "", ())
    kind = next((one for one in kinds if isinstance(form, _class(one, request.view_args))), None)
    if kind is None:
        return
    whose, place = _owner(type(form)), _place(kind, type(form), request.view_args or {}, request.args)
    kept = _store().find(whose, place) if whose else None
    if kept is None or not _may_be_shown(type(form), kept):
        return
    values: MultiDict[str, str] = MultiDict({name: list(kept.values.get(name, ())) for name in _names(type(form))})
    for name in _names(type(form)):
        if name in form._fields and name in kept.values:
            form._fields[name].process(values)
    g.restored = (kept.saved_at, place)


def restored() -> tuple[datetime, str] | None:
    """When what the page shows was kept, and where; None when it shows no draft."""
    shown: tuple[datetime, str] | None = g.get("restored") if has_request_context() else None
    return shown


def keep_sent() -> str | None:
    """Keep what the present POST brings, for whoever its page belonged to. The page to come back to; None when nothing
    was kept."""
    kind = _kind(request.endpoint)
    return None if kind is None else _keep(kind, request.view_args or {}, request.values, request.form)


def keep_typed(address: str) -> bool:
    """Keep what a page sends by itself while it is typed; `address` is where its form leads. Whether it was kept."""
    path, _, query = address.partition("?")
    try:
        endpoint, args = current_app.url_map.bind("").match(path, method="POST")
    except HTTPException:
        return False
    kind = _kind(endpoint)
    if kind is None:
        return False
    told = MultiDict(request.form)
    told.update(dict(pair.partition("=")[::2] for pair in query.split("&") if pair))
    return _keep(kind, args, told, request.form) is not None


def forget_sent() -> None:
    """What the present POST brought was used."""
    kind = _kind(request.endpoint)
    if kind is None:
        return
    form = _class(kind, request.view_args)
    whose = _owner(form)
    if whose:
        _store().forget(whose, _place(kind, form, request.view_args or {}, request.values))


def is_place(address: str) -> bool:
    """Whether it is the address of a page of such a form, here."""
    if not address.startswith("/") or address.startswith("//") or not address.isprintable() or "\\" in address:
        return False
    try:
        endpoint, _args = current_app.url_map.bind("").match(address.partition("?")[0], method="GET")
    except HTTPException:
        return False
    return endpoint in _pages()


def forget_at(place: str) -> None:
    """The reader wants nothing of what is kept at `place`."""
    for whose in (_account() if current_user.is_authenticated else "", _browser()):
        if whose:
            _store().forget(whose, place)


def is_of_another() -> bool:
    """Whether the page of this POST belonged to somebody else than who is signed in now."""
    mark = request.form.get(MARK, "")
    return bool(mark) and current_user.is_authenticated and not _store().is_of(mark, _account())


def is_kept_here() -> bool:
    """Whether the present POST is one whose form may be kept."""
    return _kind(request.endpoint) is not None


def found(form: type[Any], place: str) -> Kept | None:
    """What this browser kept of a sign-up, to be asked for."""
    whose = _browser()
    return _store().find(whose, place) if whose and form.of_browser else None


def _keep(kind: Kind, args: Mapping[str, Any], told: Any, sent: MultiDict[str, str]) -> str | None:
    form = _class(kind, args)
    values = {name: sent.getlist(name) for name in _names(form) if name in sent}
    if not any(value.strip() for name in form.typed for value in values.get(name, ())):
        return None
    place = _place(kind, form, args, told)
    if form.of_browser:
        whose = _browser()
        mark = _store().mark_of(whose) if whose else ""
    else:
        mark = request.form.get(MARK, "")
    return place if mark and _store().keep(mark, place, values) else None


def _may_be_shown(form: type[Any], kept: Kept) -> bool:
    return not form.of_browser or form.is_asked_for(kept)


def _place(kind: Kind, form: type[Any], args: Mapping[str, Any], told: Any) -> str:
    rule = next(current_app.url_map.iter_rules(kind.page))
    here = {name: value for name, value in args.items() if name in rule.arguments}
    return url_for(kind.page, **here, **form.told_apart(told))


def _names(form: type[Any]) -> tuple[str, ...]:
    return (*form.typed, *form.kept_with)


def _class(kind: Kind, args: Mapping[str, Any] | None) -> type[Any]:
    form: type[Any] = kind.form(args or {})
    return form


def _kind(endpoint: str | None) -> Kind | None:
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, "kept", None)


def _pages() -> dict[str, list[Kind]]:
    """The forms that may be kept, by the page where they stand."""
    if _PAGES not in current_app.extensions:
        found: dict[str, list[Kind]] = {}
        for view in current_app.view_functions.values():
            if kind := getattr(view, "kept", None):
                found.setdefault(kind.page, []).append(kind)
        current_app.extensions[_PAGES] = found
    pages: dict[str, list[Kind]] = current_app.extensions[_PAGES]
    return pages


def _owner(form: type[Any]) -> str:
    if form.of_browser:
        return _browser()
    return _account() if current_user.is_authenticated else ""


def _account() -> str:
    return f"account:{current_user.account_id}"


def _browser() -> str:
    kept = browser.kept()
    return f"browser:{kept}" if kept else ""


def _store() -> Store:
    store: Store = current_app.extensions[_EXTENSION]
    return store
