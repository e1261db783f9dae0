"""The wizard's routes: go on, see a step, answer it; and the summary at its end."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.purchase import bp
from portal.blueprints.purchase.flow import Step, Walk, address
from portal.blueprints.purchase.steps import FLOW
from portal.domain.errors import NotAllowed
from portal.domain.purchase import PurchaseState
from portal.services.catalogue import offers
from portal.services.sale import progress, purchasing
from portal.services.sale.purchasing import Purchase, QuoteExpired
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit


@bp.get("/compras/<public_id>")
@allow(Who.CUSTOMER)
def show(public_id: str) -> Response:
    """Go on where the purchase stands."""
    return htmx.go(_where(purchasing.get(public_id, actor())))


@bp.get("/compras/<public_id>/<slug>")
@allow(Who.CUSTOMER)
def show_step(public_id: str, slug: str) -> Response:
    """See a step, unless the purchase has moved past it or not come to it."""
    purchase = purchasing.get(public_id, actor())
    walk = Walk(FLOW, purchase)
    step = walk.find(slug)
    elsewhere = _elsewhere(step, walk, purchase)
    if elsewhere is not None:
        return elsewhere
    form = step.form(purchase)
    return htmx.render(step.template, **_words(step, walk, purchase, form))


@bp.post("/compras/<public_id>/<slug>")
@allow(Who.CUSTOMER)
def save_step(public_id: str, slug: str) -> Response:
    """Answer a step, and go on to the next."""
    purchase = purchasing.get(public_id, actor())
    walk = Walk(FLOW, purchase)
    step = walk.find(slug)
    elsewhere = _elsewhere(step, walk, purchase)
    if elsewhere is not None:
        return elsewhere
    form = step.form(purchase)

    def page() -> Response:
        now = purchasing.get(public_id, actor())
        return htmx.invalid(step.template, **_words(step, Walk(FLOW, now), now, form))

    return submit(
        form,
        lambda: step.save(purchase, form, actor()),
        page=page,
        done=lambda there: htmx.go(there or _after(step, purchase)),  # as it was saved: read again only if let go
        needs_shape=step.needs_shape(form),
    )


@bp.get("/compras/<public_id>/resumen")
@allow(Who.CUSTOMER)
def summary(public_id: str) -> Response:
    """S24, S25: what was bought."""
    purchase = purchasing.get(public_id, actor())
    found = progress.of(purchase)
    if found.policy is None:
        return htmx.go(_where(purchase))
    if found.policy.annulled_at is not None:
        return htmx.leave(url_for("policies.show", number=found.policy.number))
    product, plan = offers.plan_of(purchase.quote)
    return htmx.render(
        "purchase/summary.html", purchase=purchase, progress=found, policy=found.policy, product=product, plan=plan
    )


@bp.errorhandler(QuoteExpired)
def quote_expired(error: QuoteExpired) -> Response:
    flash(error.message, "warn")
    return htmx.leave(url_for("quotes.show", number=error.number))


@bp.errorhandler(NotAllowed)
def not_now(error: NotAllowed) -> Response:
    flash(error.message, "warn")
    return htmx.go(url_for("purchase.show", public_id=(request.view_args or {})["public_id"]))


def _where(purchase: Purchase) -> str:
    if purchase.state is PurchaseState.ISSUED:
        return url_for("purchase.summary", public_id=purchase.public_id)
    if purchasing.is_committed(purchase):
        return address(purchase, FLOW[-1])
    purchasing.check_quote(purchase.quote)
    return address(purchase, Walk(FLOW, purchase).current)


def _elsewhere(step: Step[Any], walk: Walk, purchase: Purchase) -> Response | None:
    """Where to go instead of `step`, when it can't be stood on now."""
    last = FLOW[-1]
    if purchasing.is_committed(purchase) or purchase.state is PurchaseState.ISSUED:
        found = progress.of(purchase)
        if step is last and found.is_moving:
            return None
        if purchase.state is PurchaseState.ISSUED:
            return htmx.leave(url_for("purchase.summary", public_id=purchase.public_id))
        return None if step is last else htmx.go(address(purchase, last))
    purchasing.check_quote(purchase.quote)
    return None if walk.may_stand(step) else htmx.go(address(purchase, walk.current))


def _after(step: Step[Any], purchase: Purchase) -> str:
    """Where the answer, now kept, leads."""
    if purchase.state is PurchaseState.ISSUED or purchasing.is_committed(purchase):
        return _where(purchase)
    if purchasing.living_slip(purchase):
        return address(purchase, FLOW[-1])  # nothing is left to answer
    return address(purchase, Walk(FLOW, purchase).after(step))


def _words(step: Step[Any], walk: Walk, purchase: Purchase, form: Form) -> dict[str, Any]:
    product, plan = offers.plan_of(purchase.quote)
    items, number = walk.progress(step)
    return {
        "purchase": purchase,
        "quote": purchase.quote,
        "product": product,
        "plan": plan,
        "form": form,
        "step": step,
        "items": items,
        "number": number,
        "slip": purchasing.living_slip(purchase),
        "cancelled": purchasing.cancelled_slip(purchase),
        "previous": items[number - 2] if number > 1 else None,
        "reason": walk.reason(step),
    } | step.words(purchase, form)
