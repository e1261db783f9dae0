"""Policies as their holder reads them."""

from flask import Blueprint

bp = Blueprint("policies", __name__)

from portal.blueprints.policies import routes  # noqa: E402,F401  their routes need bp
