"""Routes of messages."""

from portal.blueprints.messages import bp
from portal.web.access import Who, allow


@bp.get("/comunicaciones")
@allow(Who.CUSTOMER)
def index() -> str:
    return ""


@bp.get("/comunicaciones/<int:message_id>")
@allow(Who.CUSTOMER)
def show(message_id: int) -> str:
    return ""
