""" "Desvincular" (S32, B04): what it would do, the code that confirms it, and what came of it."""

from collections.abc import Sequence
from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp, codes
from portal.blueprints.servicing.forms import CodeForm, EndForm
from portal.blueprints.servicing.place import Own, Place
from portal.domain import clock
from portal.domain.policy_change import ChangeKind
from portal.extensions import limiter
from portal.models import Policy, PolicyChange
from portal.services.payments import returning
from portal.services.payments.returning import Part
from portal.services.policies import policy as policies
from portal.services.servicing import ending, options
from portal.services.servicing.ending import Preview
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.limits import MAIL_LIMIT, account_key, types_a_code


@bp.get("/polizas/<number>/desvincular")
@allow(Who.CUSTOMER)
def end(number: str) -> Response:
    """What ending the policy would do, or did."""
    place = Own(number)
    policy = place.policy()
    done = ending.ended(policy)
    if done is None:
        return page(place, policy)
    product, plan = policies.plan_of(policy, policy.cover.until)
    refunds = ending.refunds_of(done)
    return htmx.render("servicing/ended.html", policy=policy, change=done, product=product, plan=plan, refunds=refunds)


@bp.post("/polizas/<number>/desvincular")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def ask_to_end(number: str) -> Response:
    """Ask for the code, for what the page showed."""
    return ask(Own(number))


@bp.get("/polizas/<number>/desvincular/codigo")
@allow(Who.CUSTOMER)
def end_code(number: str) -> Response:
    """Where the mailed code is typed."""
    return code_page(Own(number))


@bp.post("/polizas/<number>/desvincular/codigo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key, exempt_when=types_a_code)
def confirm_end(number: str) -> Response:
    """End the policy; or mail another code."""
    return confirm(Own(number))


def page(place: Place, policy: Policy) -> Response:
    """What ending it would do."""
    found = ending.preview(policy, clock.now())
    return htmx.render("servicing/end.html", **_shown(place, found, _form(found)))


def ask(place: Place) -> Response:
    """Ask for the code, for what the page showed."""
    found = ending.preview(place.policy(), clock.now())
    form = _form(found)
    agency = form.agencia.data if "agencia" in form else None

    def again() -> Response:
        form.show_anew(ending.stamp(found), ending.STALE)
        return htmx.invalid("servicing/end.html", **_shown(place, found, form))

    return submit(
        form,
        lambda: ending.ask(place.number, actor(), agency_code=agency, shown=form.cuenta.data or ""),
        page=again,
        done=lambda _: htmx.go(place.to("end_code")),
    )


def code_page(place: Place) -> Response:
    """Where the mailed code is typed."""
    policy = place.policy()
    change = place.asked(policy, ChangeKind.END)
    if change is None:
        return htmx.go(place.to("end"))
    return htmx.render("servicing/end_code.html", form=CodeForm(), **_authorised(place, policy, change))


def confirm(place: Place) -> Response:
    """End the policy; or mail another code."""
    policy = place.policy()
    change = place.asked(policy, ChangeKind.END)
    if change is None:
        return htmx.go(place.to("end"))

    def done(is_ended: bool) -> Response:
        if not is_ended:
            return codes.show_anew(place, place.to("end"))
        if place.at_desk:
            flash(f"La póliza {policy.number} quedó desvinculada. El endoso va al correo del cliente.", "ok")
            return htmx.go(place.home)
        return htmx.go(place.to("end"))

    return codes.answer(
        place,
        change,
        ending.CODE,
        ending.confirm,
        view="end_code",
        words=lambda: _authorised(place, policy, change),
        done=done,
    )


def agency_of(parts: Sequence[Part]) -> str | None:
    """Where what goes back in cash was paid."""
    return next((one.payment.agency_code for one in parts if one.is_cash), None)


def _form(found: Preview) -> EndForm:
    form = EndForm()
    form.offer(in_cash=found.in_cash and found.is_offered, default=agency_of(found.parts))
    form.cuenta.data = form.cuenta.data if form.is_submitted() else ending.stamp(found)
    return form


def _shown(place: Place, found: Preview, form: EndForm) -> dict[str, Any]:
    return {
        "place": place,
        "form": form,
        "found": found,
        "policy": found.policy,
        "stamp": ending.stamp(found),
        "options": options.given(found.policy, found.product, found.stops, clock.now()),
    }


def _authorised(place: Place, policy: Policy, change: PolicyChange) -> dict[str, Any]:
    product, plan = policies.plan_of(policy, clock.now())
    return {
        "place": place,
        "policy": policy,
        "change": change,
        "product": product,
        "plan": plan,
        "where": returning.where_of(policy, change.refund),
        "code": ending.CODE.open_code(change),
        "code_life": ending.CODE.code_life(change),
    }
