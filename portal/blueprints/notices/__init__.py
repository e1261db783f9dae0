"""Notices of a death or an accident, by somebody without an account (B01)."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("notices", __name__)
refusals.lead_to(bp, "notices.start")

from portal.blueprints.notices import following, routes  # noqa: E402,F401  their routes need bp
