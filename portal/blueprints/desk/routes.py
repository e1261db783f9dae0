"""The collaborators' first page."""

from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.desk import bp
from portal.domain import clock
from portal.domain.staff import ROLE_NAMES
from portal.services.catalogue import offers
from portal.services.desk import background, work_queues
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.greeting import greeting


@bp.get("/gestion")
@allow(Who.STAFF)
def index() -> Response:
    """What waits, who is signed in, and the products to read."""
    return htmx.render(
        "desk/index.html",
        greeting=greeting(clock.now()),
        role_name=ROLE_NAMES[current_user.role],
        products=[offer.product for offer in offers.offers()],
        waiting=work_queues.waiting(work_queues.DESK, actor()),
        stopped=background.stopped(),
    )
