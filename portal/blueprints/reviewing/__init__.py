"""Payments whose outcome the bank left open: the staff finds out, two of them decide."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("reviewing", __name__)
refusals.lead_to(bp, "reviewing.show")

from portal.blueprints.reviewing import routes  # noqa: E402,F401  their routes need bp
