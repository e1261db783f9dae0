"""RQ's own dashboard, for supervisors."""

from flask import Blueprint

bp = Blueprint("queue", __name__)

from portal.blueprints.queue import routes  # noqa: E402,F401  their routes need bp
