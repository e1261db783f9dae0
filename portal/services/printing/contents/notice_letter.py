"""The answer to a notice of which no policy was found: the same for everybody, whatever the reason."""

from portal.domain import clock
from portal.models import Notice
from portal.services.printing.contents import Contents, link


def contents(notice: Notice) -> Contents:
    """What the letter says: who told, what we searched by in general, and where else to ask."""
    title = f"Respuesta a su aviso {notice.number}"
    return Contents(
        {"notice": notice, "closed_at": notice.closed_at or clock.now(), "link": link("/avisos/seguimiento")},
        title=title,
        footer=title,
    )
