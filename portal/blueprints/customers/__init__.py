"""The staff's search for a customer, what they read of one, and the corrections of their address and data."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("customers", __name__)
refusals.lead_to(bp, "customers.index")

from portal.blueprints.customers import contracting, email, mail, person, routes  # noqa: E402,F401  their routes need bp
