"""Signing in and out."""

from flask import Blueprint

from portal.extensions import login_manager
from portal.services.authentication import sessions

bp = Blueprint("auth", __name__)

login_manager.user_loader(sessions.load)

from portal.blueprints.auth import routes, second_step  # noqa: E402,F401  their routes need bp
