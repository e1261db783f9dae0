"""Beneficiaries (S34): who is paid now, and the flow that names others: the list, then its code."""

from typing import Any

from flask import flash
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.servicing import bp
from portal.blueprints.servicing.forms import CodeForm
from portal.blueprints.servicing.place import Own, Place
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.policy_change import ChangeState
from portal.models import PolicyChange
from portal.services.policies import policy as policies
from portal.services.policies import renewing
from portal.services.servicing import naming
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.beneficiaries import Naming, NamingStep
from portal.web.forms import Form, shown_at, submit, submitted
from portal.web.wizard import pages
from portal.web.wizard.flow import Flow
from portal.web.wizard.step import Stay, Step


class Beneficiaries(NamingStep[PolicyChange]):
    template = "servicing/beneficiaries_step.html"

    @property
    def naming(self) -> Naming:
        return naming.NAMING

    def is_complete(self, change: PolicyChange) -> bool:
        return naming.is_whole(change)


class Confirmation(Step[PolicyChange, CodeForm]):
    slug = "confirmacion"
    title = "Confirmación"
    template = "servicing/beneficiaries_code.html"
    form_class = CodeForm

    def is_complete(self, change: PolicyChange) -> bool:
        return False  # passing the code is the end of it

    def words(self, change: PolicyChange, form: CodeForm) -> dict[str, Any]:
        now = clock.now()
        product, plan = policies.plan_of(change.policy, now)
        return {
            "present": change.policy.beneficiaries_at(now),
            "apart": renewing.beside(change.policy, now),
            "product": product,
            "plan": plan,
            "code": naming.CODE.open_code(change),
            "code_life": naming.CODE.code_life(change),
            "is_verified": False,
        }

    def save(self, change: PolicyChange, form: CodeForm, actor: Actor) -> Stay | None:
        if submitted("enviar"):
            naming.CODE.send(change.public_id, actor, shown=shown_at())
            return Stay()
        naming.confirm(change.public_id, form.codigo.data or "", actor)
        if actor.is_staff:
            flash("Listo: los beneficiarios cambiaron. El endoso va al correo del cliente.", "ok")
        else:
            flash(f"Listo: sus beneficiarios cambiaron. Enviamos el endoso a {current_user.email}.", "ok")
        return None


class BeneficiariesFlow(Flow[PolicyChange]):
    label = "Avance de su cambio"
    steps = (Beneficiaries(), Confirmation())

    def __init__(self, place: Place) -> None:
        self._place = place

    def load(self, key: str) -> PolicyChange:
        return naming.newest(self._place.of(key).policy())

    def address(self, change: PolicyChange, step: Step[PolicyChange, Any], /, **query: Any) -> str:
        return self._place.to("show_beneficiaries", slug=step.slug, **query)

    def end(self, change: PolicyChange, step: Step[PolicyChange, Any] | None = None) -> str | None:
        """Who is paid, once it is confirmed or let go, or another's."""
        if change.state is ChangeState.OPEN and self._place.is_gone_on_with(change):
            return None
        return self._place.to("beneficiaries")

    def words(self, change: PolicyChange) -> dict[str, Any]:
        words = {"policy": change.policy, "change": change, "place": self._place}
        return words | {"frame": "menu"} if self._place.at_desk else words


@bp.get("/polizas/<number>/beneficiarios")
@allow(Who.CUSTOMER)
def beneficiaries(number: str) -> Response:
    """Who is paid now, and whether that can be changed."""
    return page(Own(number))


@bp.post("/polizas/<number>/beneficiarios")
@allow(Who.CUSTOMER)
def begin_beneficiaries(number: str) -> Response:
    """Begin to name others, or go on; or let go of what was begun."""
    return begin(Own(number))


@bp.get("/polizas/<number>/beneficiarios/<slug>")
@allow(Who.CUSTOMER)
def show_beneficiaries(number: str, slug: str) -> Response:
    """A step of naming others."""
    return pages.show(BeneficiariesFlow(Own(number)), number, slug)


@bp.post("/polizas/<number>/beneficiarios/<slug>")
@allow(Who.CUSTOMER)
@drafts.keeps(lambda args: BeneficiariesFlow.form_of(args["slug"]), page="servicing.show_beneficiaries")
def save_beneficiaries(number: str, slug: str) -> Response:
    """Answer a step; the last one carries it out."""
    return pages.answer(BeneficiariesFlow(Own(number)), number, slug)


def page(place: Place) -> Response:
    """Who is paid now, and whether that can be changed."""
    policy, now = place.policy(), clock.now()
    product, _ = policies.plan_of(policy, now)
    return htmx.render(
        "servicing/beneficiaries.html",
        place=place,
        policy=policy,
        product=product,
        stated=naming.stated(policy, now),
        why_not=naming.why_not_now(policy, now),
        change=naming.open_change(policy),
        apart=renewing.beside(policy, now) if product.has_beneficiaries else (),
    )


def begin(place: Place) -> Response:
    """Begin to name others, or go on; or let go of what was begun."""
    is_discarded = submitted("descartar")
    work = naming.discard if is_discarded else naming.begin
    landing = place.to("beneficiaries")
    first = place.to("show_beneficiaries", slug=Beneficiaries.slug)
    return submit(
        Form(),
        lambda: work(place.number, actor()),
        page=lambda: htmx.go(landing),
        done=lambda _: htmx.go(landing if is_discarded else first),
    )
