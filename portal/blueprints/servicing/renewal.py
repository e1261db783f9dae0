"""Renewal (B07): the year that follows a policy, on one page, and the way to the purchase of it."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp
from portal.blueprints.servicing.forms import ANOTHER, RenewalForm
from portal.blueprints.servicing.place import Own, Place
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

Begun = TypeVar("Begun")


@bp.get("/polizas/<number>/renovar")
@allow(Who.CUSTOMER)
def renew(number: str) -> Response:
    """What the year that follows would be, or why there can be none now."""
    return page(Own(number))


@bp.get("/polizas/<number>/renovar/condiciones")
@allow(Who.CUSTOMER)
def renewal_conditions(number: str) -> Response:
    """The general conditions of the year that follows: those on sale."""
    return conditions(Own(number))


@bp.post("/polizas/<number>/renovar")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def begin_renewal(number: str) -> Response:
    """Agree to it: the purchase goes on with what is left to answer."""

    def work(form: RenewalForm) -> tuple[Purchase, str | None]:
        purchase = begun(number, form)
        return purchase, renewal.ask_bank(purchase, actor()) if form.forma.data == PaymentMethod.ACCOUNT else None

    def done(form: RenewalForm, found: tuple[Purchase, str | None]) -> Response:
        purchase, refused = found
        if refused:
            flash(refused, "warn")
        way = {PaymentMethod.CASH: "efectivo", ANOTHER: "cuenta"}.get(form.forma.data)
        if way:
            key = purchase.public_id
            return htmx.leave(url_for("purchase.show_step", public_id=key, slug="forma-de-pago", forma=way))
        return htmx.leave(Own(number).go_on_with(purchase.public_id))

    return answer(Own(number), work, done)


def page(place: Place) -> Response:
    """What the year that follows would be, or why there can be none now."""
    policy, now = place.policy(), clock.now()
    seen = renewing.sight(policy)
    why_not = renewal.why_not(policy, now, seen)
    if why_not is not None or seen.offer is None:
        return htmx.render("servicing/not_renewable.html", place=place, policy=policy, why_not=why_not)
    found = renewal.preview(policy, now, seen.offer, request.args.get("plan"))
    return htmx.render("servicing/renew.html", **_shown(place, found, _form(place, found)))


def conditions(place: Place) -> Response:
    """The general conditions of the year that follows: those on sale."""
    product, _ = policies.plan_of(place.policy(), clock.now())
    return htmx.render(
        "catalogue/conditions.html",
        product=offers.offer_on_sale(product.slug).product,
        back=place.to("renew"),
        back_name="Renovar su seguro",
    )


def begun(number: str, form: RenewalForm) -> Purchase:
    """The purchase that is begun by what the form agrees to. Raises as renewal.begin."""
    return renewal.begin(
        number,
        actor(),
        plan_code=form.plan.data or "",
        accepts=bool(form.acepta.data),
        shown=form.cuenta.data or "",
    )


def answer(
    place: Place, work: Callable[[RenewalForm], Begun], done: Callable[[RenewalForm, Begun], Response]
) -> Response:
    """What follows from agreeing to it: `work` begins the purchase, `done` leads on; or the page again."""
    form = _empty(place)
    policy = place.policy()

    def again() -> Response:
        seen = renewing.sight(policy)
        if renewal.why_not(policy, clock.now(), seen) is not None or seen.offer is None:
            return htmx.go(place.to("renew"))
        found = renewal.preview(policy, clock.now(), seen.offer, form.plan.data)
        form.offer(found)
        return htmx.invalid("servicing/renew.html", **_shown(place, found, form))

    return submit(form, lambda: work(form), page=again, done=lambda found: done(form, found))


def _empty(place: Place) -> RenewalForm:
    form = RenewalForm()
    if place.at_desk:
        del form.forma  # its holder says it on their own page
    return form


def _form(place: Place, found: Renewal) -> RenewalForm:
    form = _empty(place)
    form.offer(found)
    if form.forma is not None:
        form.forma.data = PaymentMethod.ACCOUNT if found.account else None
    return form


def _shown(place: Place, found: Renewal, form: RenewalForm) -> dict[str, Any]:
    policy: Policy = found.policy
    return {
        "place": place,
        "form": form,
        "found": found,
        "policy": policy,
        "text": offers.texts()[renewal.CONSENT],
        "days_left": (clock.lima(policy.ends_at).date() - clock.today()).days,
        "closes_on": renewal_terms().closes_on(policy.ends_at),
    }
