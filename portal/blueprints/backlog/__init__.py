"""The queue in business words."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("backlog", __name__)
refusals.lead_to(bp, "backlog.index")

from portal.blueprints.backlog import routes  # noqa: E402,F401  their routes need bp
