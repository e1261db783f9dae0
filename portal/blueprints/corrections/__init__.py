"""Corrections of a customer's data that wait for a second person."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("corrections", __name__)
refusals.lead_to(bp, "corrections.index")

from portal.blueprints.corrections import routes  # noqa: E402,F401  their routes need bp
