"""The first page after signing in: what there is to do now."""

from flask import Blueprint

bp = Blueprint("home", __name__)

from portal.blueprints.home import routes  # noqa: E402,F401  their routes need bp
