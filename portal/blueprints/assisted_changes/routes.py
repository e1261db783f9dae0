"""A customer's policy at the desk, and what can be changed in it."""

from werkzeug.wrappers import Response

from portal.blueprints.assisted_changes import bp
from portal.blueprints.assisted_changes.place import POLICY, Desk
from portal.domain import clock
from portal.services.policies import policy as policies
from portal.services.policies import renewing
from portal.services.servicing import options, renewal
from portal.web import htmx
from portal.web.access import Who, allow


@bp.get(POLICY)
@allow(Who.STAFF)
def index(account_id: int, number: str) -> Response:
    """Each change, or why it can't be made now."""
    place, now = Desk(number, account_id), clock.now()
    policy = place.policy()
    product, plan = policies.plan_of(policy, now)
    return htmx.render(
        "assisted_changes/index.html",
        place=place,
        policy=policy,
        product=product,
        plan=plan,
        state=policy.state_at(now),
        premium=policy.terms_at(now).premium_total,
        options=options.of(policy, product, now),
        not_renewable=renewal.why_not(policy, now, renewing.sight(policy)),
    )
