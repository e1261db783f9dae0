"""The wizard's routes: go on, see a step, answer it; and the summary at its end."""

from flask import request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.purchase import bp
from portal.blueprints.purchase.flow import FLOW
from portal.domain import clock
from portal.domain.errors import NotAllowed
from portal.domain.policy import PolicyState
from portal.services.catalogue import offers
from portal.services.policies import family_card
from portal.services.sale import progress, purchasing
from portal.services.sale.policy_limit import RenewalGone
from portal.services.sale.purchasing import ChangeGone, QuoteExpired
from portal.web import drafts, htmx, refusals
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.wizard import pages


@bp.get("/compras/<public_id>")
@allow(Who.CUSTOMER)
def show(public_id: str) -> Response:
    """Go on where the purchase stands."""
    return pages.go_on(FLOW, public_id)


@bp.get("/compras/<public_id>/<slug>")
@allow(Who.CUSTOMER)
def show_step(public_id: str, slug: str) -> Response:
    """See a step, unless the purchase has moved past it or not come to it."""
    return pages.show(FLOW, public_id, slug)


@bp.post("/compras/<public_id>/<slug>")
@allow(Who.CUSTOMER)
@drafts.keeps(lambda args: FLOW.form_of(args["slug"]), page="purchase.show_step")
def save_step(public_id: str, slug: str) -> Response:
    """Answer a step, and go on to the next."""
    return pages.answer(FLOW, public_id, slug)


@bp.get("/compras/<public_id>/resumen")
@allow(Who.CUSTOMER)
def summary(public_id: str) -> Response:
    """S24, S25: what was bought."""
    purchase = purchasing.get(public_id, actor())
    found = progress.of(purchase)
    if found.policy is None:
        return pages.go_on(FLOW, public_id)
    now = clock.now()
    if found.policy.state_at(now) is PolicyState.CANCELLED:
        return htmx.leave(url_for("policies.show", number=found.policy.number))
    if found.endorsement is not None:
        return htmx.leave(
            url_for("servicing.plan_changed", number=found.policy.number, endorsement=found.endorsement.number)
        )
    product, plan = offers.plan_of(purchase.quote)
    is_new = clock.lima(found.policy.issued_at).date() == clock.today()  # later its own page knows of a death
    return htmx.render(
        "purchase/summary.html",
        purchase=purchase,
        progress=found,
        policy=found.policy,
        product=product,
        plan=plan,
        has_card=is_new and family_card.is_offered(found.policy, now, death_is_told=False),
    )


def _way_back(error: NotAllowed) -> Response:
    """To the quote that ran out or the policy that changed, or on where the purchase stands."""
    if isinstance(error, QuoteExpired):
        return htmx.leave(url_for("quotes.show", number=error.number))
    if isinstance(error, ChangeGone):
        return htmx.leave(url_for("servicing.plan", number=error.policy))
    if isinstance(error, RenewalGone):
        return htmx.leave(url_for("servicing.renew", number=error.policy))
    return htmx.go(url_for("purchase.show", public_id=(request.view_args or {})["public_id"]))


refusals.lead_to(bp, _way_back)
