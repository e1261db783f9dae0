"""One's own data, address, password and sessions."""

from flask import Blueprint

bp = Blueprint("profile", __name__)

from portal.blueprints.profile import email, routes, sessions  # noqa: E402,F401  their routes need bp
