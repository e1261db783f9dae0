"""Claims as who makes them sees them: registering one, its list, its page, and what is sent for it."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("claims", __name__)
refusals.lead_to(bp, "claims.index")

from portal.blueprints.claims import attachments, registering, routes  # noqa: E402,F401  their routes need bp
