"""Opening an account."""

from flask import Blueprint

bp = Blueprint("signup", __name__)

from portal.blueprints.signup import routes  # noqa: E402,F401  their routes need bp
