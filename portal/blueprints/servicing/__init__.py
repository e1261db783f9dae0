"""What a holder changes in a policy of theirs: "Desvincular"."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("servicing", __name__)
refusals.lead_to(bp, "policies.show")

from portal.blueprints.servicing import ending  # noqa: E402,F401  its routes need bp
