"""Quotes: asked, read, mailed, downloaded, and where a purchase begins."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("quotes", __name__)
refusals.lead_to(bp, "quotes.show")

from portal.blueprints.quotes import routes  # noqa: E402,F401  their routes need bp
