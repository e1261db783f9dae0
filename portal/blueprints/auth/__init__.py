"""Signing in and out."""

from flask import Blueprint

from portal.extensions import login_manager
from portal.services.authentication import sessions
from portal.web import htmx

bp = Blueprint("auth", __name__)


def _load(token: str) -> sessions.SignedIn | None:
    return sessions.load(token, is_use=not htmx.is_asked_by_the_page())


login_manager.user_loader(_load)


from portal.blueprints.auth import routes, second_step  # noqa: E402,F401  their routes need bp
