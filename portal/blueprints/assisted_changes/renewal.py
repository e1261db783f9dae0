"""Renewal with the customer at the desk: the clerk begins it, the customer pays and confirms it on their own phone."""

from werkzeug.wrappers import Response

from portal.blueprints.assisted_changes import bp
from portal.blueprints.assisted_changes.place import POLICY, Desk
from portal.blueprints.servicing import renewal
from portal.extensions import limiter
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.limits import MAIL_LIMIT, account_key

_RENEWAL = f"{POLICY}/renovar"


@bp.get(_RENEWAL)
@allow(Who.STAFF)
def renew(account_id: int, number: str) -> Response:
    """What the year that follows would be, or why there can be none now."""
    return renewal.page(Desk(number, account_id))


@bp.get(f"{_RENEWAL}/condiciones")
@allow(Who.STAFF)
def renewal_conditions(account_id: int, number: str) -> Response:
    """The general conditions of the year that follows: those on sale."""
    return renewal.conditions(Desk(number, account_id))


@bp.post(_RENEWAL)
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def begin_renewal(account_id: int, number: str) -> Response:
    """Begin it, as the customer agrees to it."""
    place = Desk(number, account_id)

    return renewal.answer(
        place,
        lambda form: renewal.begun(number, form),
        lambda _form, purchase: htmx.go(place.go_on_with(purchase.public_id)),
    )
