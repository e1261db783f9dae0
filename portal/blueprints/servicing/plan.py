"""Change of plan (S33, B04): what another would do, buying a dearer one, and the code for one that costs no more."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp, codes
from portal.blueprints.servicing.ending import agency_of
from portal.blueprints.servicing.forms import CodeForm, PlanForm
from portal.blueprints.servicing.place import Own, Place
from portal.domain import clock
from portal.domain.policy_change import ChangeKind
from portal.extensions import limiter
from portal.models import Policy, PolicyChange
from portal.services.catalogue import offers
from portal.services.payments import returning
from portal.services.policies import plan_changing
from portal.services.policies import policy as policies
from portal.services.servicing import being_bought, ending, plan_change
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
    return page(Own(number))


@bp.post("/polizas/<number>/cambiar-plan")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def change_plan(number: str) -> Response:
    """Go on with what the page showed: to paying a dearer plan, or to the code of another."""
    return change(Own(number))


@bp.post("/polizas/<number>/cambiar-plan/retirar")
@allow(Who.CUSTOMER)
def leave_plan(number: str) -> Response:
    """Give up the plan that was begun to be bought."""
    return leave(Own(number))


@bp.get("/polizas/<number>/cambiar-plan/codigo")
@allow(Who.CUSTOMER)
def plan_code(number: str) -> Response:
    """Where the mailed code is typed."""
    return code_page(Own(number))


@bp.post("/polizas/<number>/cambiar-plan/codigo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key, exempt_when=types_a_code)
def confirm_plan(number: str) -> Response:
    """Change the plan; or mail another code."""
    return confirm(Own(number))


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


def page(place: Place) -> Response:
    """Another plan beside the one of today: what it would do."""
    found = plan_change.preview(place.policy(), clock.now())
    choice = found.choice(request.args.get("plan"))
    return htmx.render("servicing/plan.html", **_shown(place, found, choice, _form(found, choice)))


def change(place: Place) -> Response:
    """Go on with what the page showed: begin a dearer plan, or ask for the code of another."""
    found = plan_change.preview(place.policy(), clock.now())
    choice = found.choice(request.form.get("plan"))
    form = _form(found, choice)
    agency = form.agencia.data if "agencia" in form else None
    code, shown = form.plan.data or "", form.cuenta.data or ""

    def work() -> str | None:
        if submitted("pagar"):
            return plan_change.buy(place.number, code, actor(), shown=shown)
        plan_change.ask(place.number, code, actor(), agency_code=agency, shown=shown)
        return None

    def again() -> Response:
        form.show_anew(plan_change.stamp(choice) if choice else "", plan_change.STALE)
        return htmx.invalid("servicing/plan.html", **_shown(place, found, choice, form))

    def done(bought: str | None) -> Response:
        return htmx.go(place.to("plan_code") if bought is None else place.go_on_with(bought))

    return submit(form, work, page=again, done=done)


def leave(place: Place) -> Response:
    """Give up the plan that was begun to be bought."""
    back = place.to("plan")

    def done(is_left: bool) -> Response:
        whose = "La" if place.at_desk else "Su"
        left = f"Retiramos ese cambio. {whose} póliza sigue igual y no se le cobró nada."
        # It may have been paid while the page stood open: the one that follows says how it stands.
        flash(left if is_left else "Ese cambio ya no estaba pendiente.", "ok" if is_left else "info")
        return htmx.go(back)

    return submit(Form(), lambda: being_bought.leave(place.number, actor()), page=lambda: htmx.go(back), done=done)


def code_page(place: Place) -> Response:
    """Where the mailed code is typed."""
    policy = place.policy()
    asked = place.asked(policy, ChangeKind.PLAN)
    if asked is None:
        return htmx.go(place.to("plan"))
    return htmx.render("servicing/plan_code.html", form=CodeForm(), **_authorised(place, policy, asked))


def confirm(place: Place) -> Response:
    """Change the plan; or mail another code."""
    policy = place.policy()
    asked = place.asked(policy, ChangeKind.PLAN)
    if asked is None:
        return htmx.go(place.to("plan"))
    figures = place.to("plan", plan=asked.plan_code)

    def done(endorsement: int | None) -> Response:
        if endorsement is None:
            return codes.show_anew(place, figures)
        if place.at_desk:
            flash(f"Listo: la póliza {policy.number} cambia de plan. El endoso va al correo del cliente.", "ok")
            return htmx.go(place.home)
        return htmx.go(place.to("plan_changed", endorsement=endorsement))

    return codes.answer(
        place,
        asked,
        plan_change.CODE,
        plan_change.confirm,
        view="plan_code",
        words=lambda: _authorised(place, policy, asked),
        done=done,
    )


def _form(found: Preview, choice: Choice | None) -> PlanForm:
    form = PlanForm()
    in_cash = found.is_open and choice is not None and found.in_cash(choice)
    form.offer(in_cash=in_cash, default=agency_of(found.parts(choice)) if choice else None)
    if not form.is_submitted() and choice is not None:
        form.plan.data, form.cuenta.data = choice.plan.code, plan_change.stamp(choice)
    return form


def _shown(place: Place, found: Preview, choice: Choice | None, form: PlanForm) -> dict[str, Any]:
    return {
        "place": place,
        "form": form,
        "found": found,
        "policy": found.policy,
        "choice": choice,
        "stamp": plan_change.stamp(choice) if choice else "",
    }


def _authorised(place: Place, policy: Policy, change: PolicyChange) -> dict[str, Any]:
    product, before = policies.plan_of(policy, clock.now())
    return {
        "place": place,
        "policy": policy,
        "change": change,
        "product": product,
        "before": before,
        "plan": product.plan(change.plan_code or ""),
        "where": returning.where_of(policy, change.refund),
        "code": plan_change.CODE.open_code(change),
        "code_life": plan_change.CODE.code_life(change),
    }
