"""One's own data and password."""

from flask import Blueprint

bp = Blueprint("profile", __name__)

from portal.blueprints.profile import routes  # noqa: E402,F401
