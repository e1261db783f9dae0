"""The collaborators' side of the portal."""

from flask import Blueprint

bp = Blueprint("desk", __name__)

from portal.blueprints.desk import menu, routes  # noqa: E402,F401  they need bp
