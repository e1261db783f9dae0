"""What can't be done now (NotAllowed): the person goes back to a page of the feature, and reads there why."""

from collections.abc import Callable

from flask import Blueprint, current_app, flash, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.web import htmx

Way = Callable[[NotAllowed], Response]

_WAYS = "ways back from a refusal"


def lead_to(bp: Blueprint, where: str | Way) -> None:
    """State where whoever a view of `bp` refuses goes: to a page, by its endpoint, which takes from the refused address
    what its own asks for; or where `where` answers, when that hangs on what was refused."""
    way = where if callable(where) else lambda _: htmx.go(_address(where))

    def keep(state: BlueprintSetupState) -> None:
        state.app.extensions.setdefault(_WAYS, {})[bp.name] = way

    bp.record_once(keep)


def answer(error: NotAllowed) -> Response | None:
    """Back, with the words of why not; None where the blueprint of the request states no way."""
    way: Way | None = current_app.extensions.get(_WAYS, {}).get(request.blueprint)
    if way is None:
        return None
    flash(error.message, "warn")
    return way(error)


def _address(endpoint: str) -> str:
    taken = next(current_app.url_map.iter_rules(endpoint)).arguments
    return url_for(endpoint, **{name: value for name, value in (request.view_args or {}).items() if name in taken})
