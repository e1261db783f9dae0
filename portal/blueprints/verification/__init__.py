"""What anybody may see without an account."""

from flask import Blueprint

bp = Blueprint("verification", __name__)

from portal.blueprints.verification import routes  # noqa: E402,F401  their routes need bp
