"""What machines ask of this process: whether it is alive, and whether it should be sent visitors."""

from flask import Blueprint

bp = Blueprint("health", __name__)

from portal.blueprints.health import routes  # noqa: E402,F401  their routes need bp
