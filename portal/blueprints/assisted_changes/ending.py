""" "Desvincular" with the customer at the desk: what it would do, read to them, and the code that their mail gets."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.assisted_changes import bp
from portal.blueprints.servicing import codes
from portal.blueprints.servicing.ending import form_for
from portal.blueprints.servicing.forms import CodeForm, EndForm
from portal.domain import clock
from portal.extensions import limiter
from portal.models import Policy, PolicyChange
from portal.services.desk import assisted_changes
from portal.services.payments import returning
from portal.services.policies import policy as policies
from portal.services.servicing import ending
from portal.services.servicing.ending import Preview
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.limits import MAIL_LIMIT, account_key, types_a_code
from portal.web.paging import LARGEST_KEY

_END = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/polizas/<number>/desvincular"


@bp.get(_END)
@allow(Who.STAFF)
def end(account_id: int, number: str) -> Response:
    """What ending the policy would do, to be read to the customer."""
    found = assisted_changes.preview(account_id, number, actor())
    return htmx.render("assisted_changes/end.html", **_shown(account_id, found, form_for(found)))


@bp.post(_END)
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
def ask_to_end(account_id: int, number: str) -> Response:
    """Have the code mailed to the customer, for what the page showed."""
    found = assisted_changes.preview(account_id, number, actor())
    form = form_for(found)
    agency = form.agencia.data if "agencia" in form else None
    return submit(
        form,
        lambda: ending.ask(number, actor(), agency_code=agency, shown=form.cuenta.data or ""),
        page=lambda: htmx.invalid("assisted_changes/end.html", **_shown(account_id, found, form)),
        done=lambda _: htmx.go(url_for("assisted_changes.end_code", account_id=account_id, number=number)),
    )


@bp.get(f"{_END}/codigo")
@allow(Who.STAFF)
def end_code(account_id: int, number: str) -> Response:
    """Where the code is typed that the customer says."""
    policy = assisted_changes.policy_of(account_id, number, actor())
    change = assisted_changes.asked(policy, actor())
    if change is None:
        return htmx.go(url_for("assisted_changes.end", account_id=account_id, number=number))
    return htmx.render("assisted_changes/end_code.html", form=CodeForm(), **_authorised(account_id, policy, change))


@bp.post(f"{_END}/codigo")
@allow(Who.STAFF)
@limiter.limit(MAIL_LIMIT, key_func=account_key, exempt_when=types_a_code)
def confirm_end(account_id: int, number: str) -> Response:
    """End the policy; or have another code mailed."""
    policy = assisted_changes.policy_of(account_id, number, actor())
    change = assisted_changes.asked(policy, actor())
    preview = url_for("assisted_changes.end", account_id=account_id, number=number)
    if change is None:
        return htmx.go(preview)

    def done(is_ended: bool) -> Response:
        if is_ended:
            flash(f"La póliza {number} quedó desvinculada. El endoso va al correo del cliente.", "ok")
            return htmx.go(url_for("customers.show", account_id=account_id))
        flash("Mientras tanto cambió la cuenta. Muéstresela otra vez al cliente: todavía no cambió nada.", "warn")
        return htmx.go(preview)

    here = url_for("assisted_changes.end_code", account_id=account_id, number=number)
    return codes.answer(
        change,
        ending.CODE,
        ending.confirm,
        page="assisted_changes/end_code.html",
        words=lambda: _authorised(account_id, policy, change),
        sent=("Enviamos otro código al correo del cliente.", here),
        done=done,
    )


def _shown(account_id: int, found: Preview, form: EndForm) -> dict[str, Any]:
    policy = found.policy
    stamp = ending.stamp(found)
    return {"account_id": account_id, "form": form, "found": found, "policy": policy, "stamp": stamp}


def _authorised(account_id: int, policy: Policy, change: PolicyChange) -> dict[str, Any]:
    product, plan = policies.plan_of(policy, clock.now())
    return {
        "account_id": account_id,
        "policy": policy,
        "change": change,
        "product": product,
        "plan": plan,
        "where": returning.where_of(policy, change.refund),
        "code": ending.CODE.open_code(change),
        "code_life": ending.CODE.code_life(change),
    }
