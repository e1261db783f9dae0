"""The staff's search for a customer, what they read of one, and the correction of their address."""

from flask import Blueprint

bp = Blueprint("customers", __name__)

from portal.blueprints.customers import email, routes  # noqa: E402,F401  their routes need bp
