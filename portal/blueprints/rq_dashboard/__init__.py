"""RQ's own dashboard, for supervisors."""

from flask import Blueprint

bp = Blueprint("rq_dashboard", __name__)

from portal.blueprints.rq_dashboard import routes  # noqa: E402,F401  their routes need bp
