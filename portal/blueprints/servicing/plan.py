"""Change of plan (S33, B04): what another would do, buying a dearer one, and the code for one that costs no more."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp, codes
from portal.blueprints.servicing.ending import agency_of
from portal.blueprints.servicing.forms import CodeForm, PlanForm
from portal.domain import clock
from portal.extensions import limiter
from portal.models import Policy, PolicyChange
from portal.services.catalogue import offers
from portal.services.payments import returning
from portal.services.policies import plan_changing
from portal.services.policies import policy as policies
from portal.services.servicing import ending, plan_change
from portal.services.servicing.plan_change import Choice, Preview
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted
from portal.web.limits import MAIL_LIMIT, account_key, types_a_code


@bp.get("/polizas/<number>/cambiar-plan")
@allow(Who.CUSTOMER)
def plan(number: str) -> Response:
    """Another plan beside the one of today: what it would do."""
    found = plan_change.preview(policies.get(number, actor()), clock.now())
    choice = found.choice(request.args.get("plan"))
    return htmx.render("servicing/plan.html", **_shown(found, choice, _form(found, choice)))


@bp.post("/polizas/<number>/cambiar-plan")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def change_plan(number: str) -> Response:
    """Go on with what the page showed: to paying a dearer plan, or to the code of another."""
    found = plan_change.preview(policies.get(number, actor()), clock.now())
    choice = found.choice(request.form.get("plan"))
    form = _form(found, choice)
    agency = form.agencia.data if "agencia" in form else None
    code, shown = form.plan.data or "", form.cuenta.data or ""

    def work() -> str:
        if submitted("pagar"):
            bought = plan_change.buy(number, code, actor(), shown=shown)
            return url_for("purchase.show", public_id=bought)
        plan_change.ask(number, code, actor(), agency_code=agency, shown=shown)
        return url_for("servicing.plan_code", number=number)

    def page() -> Response:
        form.show_anew(plan_change.stamp(choice) if choice else "", plan_change.STALE)
        return htmx.invalid("servicing/plan.html", **_shown(found, choice, form))

    return submit(form, work, page=page, done=htmx.go)


@bp.post("/polizas/<number>/cambiar-plan/retirar")
@allow(Who.CUSTOMER)
def leave_plan(number: str) -> Response:
    """Give up the plan that was begun to be bought."""
    back = url_for("servicing.plan", number=number)

    def done(_: None) -> Response:
        flash("Retiramos ese cambio. Su póliza sigue igual y no se le cobró nada.", "ok")
        return htmx.go(back)

    return submit(Form(), lambda: plan_change.leave(number, actor()), page=lambda: htmx.go(back), done=done)


@bp.get("/polizas/<number>/cambiar-plan/codigo")
@allow(Who.CUSTOMER)
def plan_code(number: str) -> Response:
    """Where the mailed code is typed."""
    policy = policies.get(number, actor())
    change = plan_change.open_change(policy)
    if change is None:
        return htmx.go(url_for("servicing.plan", number=number))
    return htmx.render("servicing/plan_code.html", form=CodeForm(), **_authorised(policy, change))


@bp.post("/polizas/<number>/cambiar-plan/codigo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key, exempt_when=types_a_code)
def confirm_plan(number: str) -> Response:
    """Change the plan; or mail another code."""
    policy = policies.get(number, actor())
    change = plan_change.open_change(policy)
    if change is None:
        return htmx.go(url_for("servicing.plan", number=number))
    preview = url_for("servicing.plan", number=number, plan=change.plan_code)

    def done(endorsement: int | None) -> Response:
        if endorsement is None:
            flash("Mientras tanto cambió la cuenta. Revísela: todavía no cambió nada en su póliza.", "warn")
            return htmx.go(preview)
        return htmx.go(url_for("servicing.plan_changed", number=number, endorsement=endorsement))

    return codes.answer(
        change,
        plan_change.CODE,
        plan_change.confirm,
        page="servicing/plan_code.html",
        words=lambda: _authorised(policy, change),
        sent=codes.sent_to_holder(url_for("servicing.plan_code", number=number)),
        done=done,
    )


@bp.get("/polizas/<number>/cambiar-plan/<int:endorsement>")
@allow(Who.CUSTOMER)
def plan_changed(number: str, endorsement: int) -> Response:
    """A change that was done: since when, and where its money is. Of one that was undone the policy says what holds."""
    policy = policies.get(number, actor())
    done = plan_change.done_by(policy, endorsement)
    if plan_changing.is_undone(done):
        return htmx.go(url_for("policies.show", number=number))
    change = plan_change.change_of(done)
    product, bought = offers.sold(policy.product_version_id, done.plan_code)
    return htmx.render(
        "servicing/plan_changed.html",
        policy=policy,
        endorsement=done,
        product=product,
        plan=bought,
        before=product.plan(policy.terms_before(done).plan_code),
        change=change,
        payment=done.payment,
        refunds=ending.refunds_of(change) if change else [],
    )


def _form(found: Preview, choice: Choice | None) -> PlanForm:
    form = PlanForm()
    in_cash = found.is_open and choice is not None and found.in_cash(choice)
    form.offer(in_cash=in_cash, default=agency_of(found.parts(choice)) if choice else None)
    if not form.is_submitted() and choice is not None:
        form.plan.data, form.cuenta.data = choice.plan.code, plan_change.stamp(choice)
    return form


def _shown(found: Preview, choice: Choice | None, form: PlanForm) -> dict[str, Any]:
    return {
        "form": form,
        "found": found,
        "policy": found.policy,
        "choice": choice,
        "stamp": plan_change.stamp(choice) if choice else "",
    }


def _authorised(policy: Policy, change: PolicyChange) -> dict[str, Any]:
    product, before = policies.plan_of(policy, clock.now())
    return {
        "policy": policy,
        "change": change,
        "product": product,
        "before": before,
        "plan": product.plan(change.plan_code or ""),
        "where": returning.where_of(policy, change.refund),
        "code": plan_change.CODE.open_code(change),
        "code_life": plan_change.CODE.code_life(change),
    }
