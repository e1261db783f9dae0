"""What was typed and not sent, and how long the session still lasts."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from portal.services.platform import drafts as store
from portal.web import drafts

bp = Blueprint("drafts", __name__)


@bp.record_once
def _store(state: BlueprintSetupState) -> None:
    drafts.store_in(state.app, store)


from portal.blueprints.drafts import routes  # noqa: E402,F401  their routes need bp
