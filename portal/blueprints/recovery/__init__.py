""" "¿Olvidó su contraseña?"."""

from flask import Blueprint

bp = Blueprint("recovery", __name__)

from portal.blueprints.recovery import routes  # noqa: E402,F401  their routes need bp
