""" "Desvincular" (S32, B04): what it would do, the code that confirms it, and what came of it."""

from collections.abc import Sequence
from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp, codes
from portal.blueprints.servicing.forms import CodeForm, EndForm
from portal.domain import clock
from portal.extensions import limiter
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
    policy = policies.get(number, actor())
    done = ending.ended(policy)
    if done is not None:
        product, plan = policies.plan_of(policy, policy.cover.until)
        refunds = ending.refunds_of(done)
        return htmx.render(
            "servicing/ended.html", policy=policy, change=done, product=product, plan=plan, refunds=refunds
        )
    found = ending.preview(policy, clock.now())
    return htmx.render("servicing/end.html", **_shown(found, form_for(found)))


@bp.post("/polizas/<number>/desvincular")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def ask_to_end(number: str) -> Response:
    """Ask for the code, for what the page showed."""
    found = ending.preview(policies.get(number, actor()), clock.now())
    form = form_for(found)
    agency = form.agencia.data if "agencia" in form else None

    def page() -> Response:
        form.show_anew(ending.stamp(found), ending.STALE)
        return htmx.invalid("servicing/end.html", **_shown(found, form))

    return submit(
        form,
        lambda: ending.ask(number, actor(), agency_code=agency, shown=form.cuenta.data or ""),
        page=page,
        done=lambda _: htmx.go(url_for("servicing.end_code", number=number)),
    )


@bp.get("/polizas/<number>/desvincular/codigo")
@allow(Who.CUSTOMER)
def end_code(number: str) -> Response:
    """Where the mailed code is typed."""
    policy = policies.get(number, actor())
    change = ending.open_change(policy)
    if change is None:
        return htmx.go(url_for("servicing.end", number=number))
    return htmx.render("servicing/end_code.html", form=CodeForm(), **_authorised(policy, change))


@bp.post("/polizas/<number>/desvincular/codigo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key, exempt_when=types_a_code)
def confirm_end(number: str) -> Response:
    """End the policy; or mail another code."""
    policy = policies.get(number, actor())
    change = ending.open_change(policy)
    if change is None:
        return htmx.go(url_for("servicing.end", number=number))

    def done(is_ended: bool) -> Response:
        if not is_ended:
            flash("Mientras tanto cambió la cuenta. Revísela: todavía no cambió nada en su póliza.", "warn")
        return htmx.go(url_for("servicing.end", number=number))

    return codes.answer(
        change,
        ending.CODE,
        ending.confirm,
        page="servicing/end_code.html",
        words=lambda: _authorised(policy, change),
        sent=codes.sent_to_holder(url_for("servicing.end_code", number=number)),
        done=done,
    )


def form_for(found: Preview) -> EndForm:
    """What is asked before the code: where cash is collected."""
    form = EndForm()
    form.offer(in_cash=found.in_cash and found.is_offered, default=agency_of(found.parts))
    form.cuenta.data = form.cuenta.data if form.is_submitted() else ending.stamp(found)
    return form


def agency_of(parts: Sequence[Part]) -> str | None:
    """Where what goes back in cash was paid."""
    return next((one.payment.agency_code for one in parts if one.is_cash), None)


def _shown(found: Preview, form: EndForm) -> dict[str, Any]:
    return {
        "form": form,
        "found": found,
        "policy": found.policy,
        "stamp": ending.stamp(found),
        "options": options.given(found.policy, found.product, found.stops, clock.now()),
    }


def _authorised(policy: Any, change: Any) -> dict[str, Any]:
    product, plan = policies.plan_of(policy, clock.now())
    return {
        "policy": policy,
        "change": change,
        "product": product,
        "plan": plan,
        "where": returning.where_of(policy, change.refund),
        "code": ending.CODE.open_code(change),
        "code_life": ending.CODE.code_life(change),
    }
