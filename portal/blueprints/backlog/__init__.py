"""The queue in business words."""

from flask import Blueprint

bp = Blueprint("backlog", __name__)

from portal.blueprints.backlog import routes  # noqa: E402,F401  their routes need bp
