"""What anybody may see without an account."""

from flask import Blueprint

bp = Blueprint("public", __name__)

from portal.blueprints.public import routes  # noqa: E402,F401  their routes need bp
