"""Evidence of a sale: sent by the customer or by a clerk beside them, and reviewed."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("evidence", __name__)
refusals.lead_to(bp, "evidence.review_index")

from portal.blueprints.evidence import assisted, own, review  # noqa: E402,F401  their routes need bp
