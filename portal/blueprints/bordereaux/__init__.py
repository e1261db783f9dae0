"""What each insurer is told of each day, and whether it left."""

from flask import Blueprint

bp = Blueprint("bordereaux", __name__)

from portal.blueprints.bordereaux import routes  # noqa: E402,F401  its routes need bp
