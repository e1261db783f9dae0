"""Notices at the desk: taken, matched to policies, answered, and written down for who tells them (B01)."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("desk_notices", __name__)
refusals.lead_to(bp, "desk_notices.index")

from portal.blueprints.desk_notices import entering, routes, telling  # noqa: E402,F401  their routes need bp
