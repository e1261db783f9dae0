"""The frame of the staff's desk: the places of its menu, with the list of each queue of work, and where one works."""

from flask_login import current_user

from portal.blueprints.desk import bp
from portal.domain import staff
from portal.services.catalogue import agencies
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


@bp.app_template_global()
def a_supervisor() -> str:
    """Whom whoever is signed in asks for what a supervisor does."""
    return staff.a_supervisor(current_user.role)


@bp.app_template_global()
def desk_agency() -> str:
    """The name of the agency where whoever is signed in works; nothing for who has none, or one that is no more."""
    return next((one.name for one in agencies.all_agencies() if one.code == current_user.agency_code), "")
