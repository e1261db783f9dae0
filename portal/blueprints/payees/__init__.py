"""How a person of a claim is paid: chosen by themself, with an account or by their notice, or entered at the desk."""

from flask import Blueprint

bp = Blueprint("payees", __name__)

from portal.blueprints.payees import routes  # noqa: E402,F401  its routes need bp
