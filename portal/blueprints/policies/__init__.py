"""Policies as their holder reads them."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("policies", __name__)
refusals.lead_to(bp, "policies.show")

from portal.blueprints.policies import routes  # noqa: E402,F401  their routes need bp
