"""The purchase: a wizard whose steps are computed from the answers."""

from flask import Blueprint

bp = Blueprint("purchase", __name__)

from portal.blueprints.purchase import routes, slip  # noqa: E402,F401  their routes need bp
