""" "Desvincular" with the customer at the desk: what it would do, read to them, and the code that their mail gets."""

from werkzeug.wrappers import Response

from portal.blueprints.assisted_changes import bp
from portal.blueprints.assisted_changes.place import POLICY, Desk
from portal.blueprints.servicing import ending
from portal.extensions import limiter
from portal.web.access import Who, allow
from portal.web.limits import MAIL_LIMIT, account_key, types_a_code

_END = f"{POLICY}/desvincular"


@bp.get(_END)
@allow(Who.STAFF)
def end(account_id: int, number: str) -> Response:
    """What ending the policy would do, to be read to the customer."""
    place = Desk(number, account_id)
    return ending.page(place, place.policy())


@bp.post(_END)
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def ask_to_end(account_id: int, number: str) -> Response:
    """Have the code mailed to the customer, for what the page showed."""
    return ending.ask(Desk(number, account_id))


@bp.get(f"{_END}/codigo")
@allow(Who.STAFF)
def end_code(account_id: int, number: str) -> Response:
    """Where the code is typed that the customer says."""
    return ending.code_page(Desk(number, account_id))


@bp.post(f"{_END}/codigo")
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key, exempt_when=types_a_code)
def confirm_end(account_id: int, number: str) -> Response:
    """End the policy; or have another code mailed."""
    return ending.confirm(Desk(number, account_id))
