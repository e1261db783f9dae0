"""Products: what is on sale, read before quoting."""

from flask import Blueprint

bp = Blueprint("catalogue", __name__)

from portal.blueprints.catalogue import routes  # noqa: E402,F401  their routes need bp
