"""Cash at an agency: slips paid, receipts, and money given back."""

from flask import Blueprint

bp = Blueprint("cash", __name__)

from portal.blueprints.cash import hand_over, receipts, routes  # noqa: E402,F401  their routes need bp
