"""Renewal (B07): the year that follows a policy, on one page, and the way to the purchase of it."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp
from portal.blueprints.servicing.forms import ANOTHER, RenewalForm
from portal.domain import clock
from portal.domain.purchase import PaymentMethod
from portal.extensions import limiter
from portal.models import Policy, Purchase
from portal.services.catalogue import offers
from portal.services.catalogue.renewals import renewal_terms
from portal.services.policies import policy as policies
from portal.services.policies import renewing
from portal.services.servicing import renewal
from portal.services.servicing.renewal import Renewal
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.limits import MAIL_LIMIT, account_key


@bp.get("/polizas/<number>/renovar")
@allow(Who.CUSTOMER)
def renew(number: str) -> Response:
    """What the year that follows would be, or why there can be none now."""
    policy, now = policies.get(number, actor()), clock.now()
    seen = renewing.sight(policy)
    why_not = renewal.why_not(policy, now, seen)
    if why_not is not None or seen.offer is None:
        return htmx.render("servicing/not_renewable.html", policy=policy, why_not=why_not)
    found = renewal.preview(policy, now, seen.offer, request.args.get("plan"))
    return htmx.render("servicing/renew.html", **_shown(found, _form(found)))


@bp.get("/polizas/<number>/renovar/condiciones")
@allow(Who.CUSTOMER)
def renewal_conditions(number: str) -> Response:
    """The general conditions of the year that follows: those on sale."""
    product, _ = policies.plan_of(policies.get(number, actor()), clock.now())
    return htmx.render(
        "catalogue/conditions.html",
        product=offers.offer_on_sale(product.slug).product,
        back=url_for("servicing.renew", number=number),
        back_name="Renovar su seguro",
    )


@bp.post("/polizas/<number>/renovar")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def begin_renewal(number: str) -> Response:
    """Agree to it: the purchase goes on with what is left to answer."""
    form = RenewalForm()
    policy = policies.get(number, actor())

    def work() -> tuple[Purchase, str | None]:
        purchase = renewal.begin(
            number,
            actor(),
            plan_code=form.plan.data or "",
            accepts=bool(form.acepta.data),
            shown=form.cuenta.data or "",
        )
        return purchase, renewal.ask_bank(purchase, actor()) if form.forma.data == PaymentMethod.ACCOUNT else None

    def page() -> Response:
        now, seen = clock.now(), renewing.sight(policy)
        if seen.offer is None or renewal.why_not(policy, now, seen) is not None:  # since its page was shown
            return htmx.go(url_for("servicing.renew", number=number))
        found = renewal.preview(policy, now, seen.offer, form.plan.data)
        form.offer(found)
        return htmx.invalid("servicing/renew.html", **_shown(found, form))

    def done(begun: tuple[Purchase, str | None]) -> Response:
        purchase, refused = begun
        if refused:
            flash(refused, "warn")
        way = {PaymentMethod.CASH: "efectivo", ANOTHER: "cuenta"}.get(form.forma.data)
        if way:
            key = purchase.public_id
            return htmx.leave(url_for("purchase.show_step", public_id=key, slug="forma-de-pago", forma=way))
        return htmx.leave(url_for("purchase.show", public_id=purchase.public_id))

    return submit(form, work, page=page, done=done)


def _form(found: Renewal) -> RenewalForm:
    form = RenewalForm()
    form.offer(found)
    form.forma.data = PaymentMethod.ACCOUNT if found.account else None
    return form


def _shown(found: Renewal, form: RenewalForm) -> dict[str, Any]:
    policy: Policy = found.policy
    return {
        "form": form,
        "found": found,
        "policy": policy,
        "text": offers.texts()[renewal.CONSENT],
        "days_left": (clock.lima(policy.ends_at).date() - clock.today()).days,
        "closes_on": renewal_terms().closes_on(policy.ends_at),
    }
