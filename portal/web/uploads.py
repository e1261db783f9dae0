"""Requests that bring a file: how large they may be, when they are read, and the file itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge

from portal.domain.errors import DomainError
from portal.domain.received_file import LARGEST, FileRefused, NoRoom, Refusal
from portal.extensions import csrf, limiter
from portal.web.limits import REFUSED_UPLOAD_LIMIT, UPLOAD_LIMIT, account_key, was_refused
from portal.web.sent import holds_nul

View = TypeVar("View", bound=Callable[..., Any])

_BESIDE_IT = 64 * 1024  # bytes of a body that are not the file: fields, and the lines between the parts
_PARTS = 10
_CAMERAS = "blueprints with a camera"


def takes_file(view: View) -> View:
    """A view whose form brings a file: `@takes_file` right above the function, under `@allow`. Its body is read once it
    is known who asks, so that nobody else's is. All such views share the limit of an account, or of a visitor's
    network."""

    @wraps(view)
    def reading(*args: Any, **named: Any) -> Any:
        try:
            csrf.protect()
        except RequestEntityTooLarge:
            raise FileRefused(Refusal.TOO_LARGE) from None
        except OSError as error:  # a large form is laid on disk while it is read
            raise NoRoom from error
        if holds_nul(request.form):
            abort(400)
        return view(*args, **named)

    reading.takes_file = True  # type: ignore[attr-defined]  # a mark on a function
    limited = limiter.shared_limit(UPLOAD_LIMIT, scope="uploads", key_func=account_key)(reading)
    refused = limiter.shared_limit(
        REFUSED_UPLOAD_LIMIT, scope="refused uploads", key_func=account_key, deduct_when=was_refused
    )
    return csrf.exempt(refused(limited))  # type: ignore[no-any-return]


def sent_file(*names: str) -> FileStorage:
    """The file of the first of these fields that holds one. Raises DomainError when none was chosen."""
    for name in names:
        file = request.files.get(name)
        if file is not None and file.filename:
            return file
    raise DomainError("Elija una foto o un PDF y envíelo.", names[0])


def init_uploads(app: Flask) -> None:
    """Let such requests be as large as a file. Before whatever looks at a form."""

    @app.before_request
    def allow_a_file() -> None:
        if is_awaited():
            request.max_content_length = LARGEST + _BESIDE_IT
            request.max_form_parts = _PARTS


def takes_photos() -> bool:
    """Whether the present page may use the camera: it belongs to a feature that takes files. A page of the feature is
    put into another one of it without a new document, whose permissions it then has."""
    known: dict[str | None, bool] = current_app.extensions.setdefault(_CAMERAS, {})
    if request.blueprint not in known:
        views = current_app.view_functions.items()
        known[request.blueprint] = any(
            getattr(view, "takes_file", False) for name, view in views if name.rpartition(".")[0] == request.blueprint
        )
    return known[request.blueprint]


def is_awaited() -> bool:
    """Whether the present request may bring a file: its form is then not looked at before its view does."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "takes_file", False)
