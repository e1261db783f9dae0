"""Claims: how to give notice, and the covers that answer."""

from flask import Blueprint

bp = Blueprint("claims", __name__)

from portal.blueprints.claims import routes  # noqa: E402,F401  their routes need bp
