"""Evidence of a sale: sent by the customer or by a clerk beside them, and reviewed."""

from flask import Blueprint

bp = Blueprint("evidence", __name__)

from portal.blueprints.evidence import own  # noqa: E402,F401  their routes need bp
