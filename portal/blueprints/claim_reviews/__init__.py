"""What follows an answer that somebody does not agree with, and taking a claim back before there is one."""

from flask import Blueprint

bp = Blueprint("claim_reviews", __name__)

from portal.blueprints.claim_reviews import routes, staff  # noqa: E402,F401  their routes need bp
