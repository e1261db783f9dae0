"""/gestion/clientes/…/siniestros: a clerk registers a claim with the customer at the desk, and adds its papers."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("assisted_claims", __name__)
refusals.lead_to(bp, "customers.show")

from portal.blueprints.assisted_claims import files, routes  # noqa: E402,F401  their routes need bp
