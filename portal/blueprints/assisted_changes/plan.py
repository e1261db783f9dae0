"""Change of plan with the customer at the desk: a cheaper one by the code that their mail gets, a dearer one begun for
them to pay."""

from werkzeug.wrappers import Response

from portal.blueprints.assisted_changes import bp
from portal.blueprints.assisted_changes.place import POLICY, Desk
from portal.blueprints.servicing import plan as plans
from portal.extensions import limiter
from portal.web.access import Who, allow
from portal.web.limits import MAIL_LIMIT, account_key, types_a_code

_PLAN = f"{POLICY}/cambiar-plan"


@bp.get(_PLAN)
@allow(Who.STAFF)
def plan(account_id: int, number: str) -> Response:
    """Another plan beside the one of today: what it would do."""
    return plans.page(Desk(number, account_id))


@bp.post(_PLAN)
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def change_plan(account_id: int, number: str) -> Response:
    """Go on with what the page showed: begin a dearer plan, or have the code of another mailed to the customer."""
    return plans.change(Desk(number, account_id))


@bp.post(f"{_PLAN}/retirar")
@allow(Who.STAFF)
def leave_plan(account_id: int, number: str) -> Response:
    """Give up the plan that was begun to be bought."""
    return plans.leave(Desk(number, account_id))


@bp.get(f"{_PLAN}/codigo")
@allow(Who.STAFF)
def plan_code(account_id: int, number: str) -> Response:
    """Where the code is typed that the customer says."""
    return plans.code_page(Desk(number, account_id))


@bp.post(f"{_PLAN}/codigo")
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key, exempt_when=types_a_code)
def confirm_plan(account_id: int, number: str) -> Response:
    """Change the plan; or have another code mailed."""
    return plans.confirm(Desk(number, account_id))
