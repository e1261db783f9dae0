"""Quotes: asked, read, mailed, downloaded, and where a purchase begins."""

from flask import Blueprint

bp = Blueprint("quotes", __name__)

from portal.blueprints.quotes import routes  # noqa: E402,F401  their routes need bp
