"""The staff's search for a customer, and what they read of one."""

from flask import Blueprint

bp = Blueprint("customers", __name__)

from portal.blueprints.customers import routes  # noqa: E402,F401
