"""The menu of the staff's desk: its own places, and the list of each queue of staff work that has one there."""

from portal.blueprints.desk import bp
from portal.services.desk.work_queues import QUEUES
from portal.web.access import may_use

# Endpoint, label, icon.
Place = tuple[str, str, str]

_BEFORE: tuple[Place, ...] = (
    ("desk.index", "Mi escritorio", "house"),
    ("customers.index", "Buscar cliente", "search"),
    ("cash.index", "Caja", "cash-coin"),
    ("backlog.index", "Cola de trabajo", "list"),
)
_AFTER: tuple[Place, ...] = (
    ("staff.index", "Personal", "people"),
    ("profile.show", "Mi Perfil", "person"),
)
_QUEUES = tuple((queue.endpoint, queue.label, queue.icon) for queue in QUEUES if queue.label)


@bp.app_template_global()
def desk_menu() -> list[Place]:
    """The places that whoever is signed in may enter."""
    return [place for place in (*_BEFORE, *_QUEUES, *_AFTER) if may_use(place[0])]
