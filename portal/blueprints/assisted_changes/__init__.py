"""/gestion/clientes/…/polizas/…: a clerk changes or ends a policy with the customer at the desk."""

from flask import Blueprint

from portal.web import refusals

bp = Blueprint("assisted_changes", __name__)
refusals.lead_to(bp, "customers.show")

from portal.blueprints.assisted_changes import ending, naming, plan, renewal, routes  # noqa: E402,F401  their routes need bp
