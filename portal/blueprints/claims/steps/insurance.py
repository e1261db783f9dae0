"""S36, S37: with which insurance, and what happened, in one answer. Nothing is chosen beforehand."""

from collections.abc import Sequence
from typing import Any

from flask import request
from wtforms import RadioField
from wtforms.fields import SelectChoice

from portal.blueprints.claims.subject import Filing
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.models import Claim
from portal.services.claims import drafts, policies
from portal.services.policies.listing import OwnPolicy
from portal.web.actor import actor as current_actor
from portal.web.forms import Form, chosen
from portal.web.wizard.step import Step

_OTHER = "otro"  # the case of none of the coverages
_OTHER_WORDS = "Mi caso no está aquí"
_BETWEEN = ":"


class InsuranceForm(Form):
    """`caso`: a policy's number and a coverage's code. `lines`: the policies that it offers."""

    lines: Sequence[OwnPolicy] = ()
    caso = RadioField("¿Qué ocurrió?", choices=[], validate_choice=False, validators=[chosen("Elija qué ocurrió.")])


class Insurance(Step[Filing, InsuranceForm]):
    slug = "seguro"
    title = "Seguro"
    template = "claims/insurance.html"
    form_class = InsuranceForm

    def is_complete(self, filing: Filing) -> bool:
        return filing.claim is not None

    def initial(self, filing: Filing) -> dict[str, Any]:
        claim = filing.claim
        return {"caso": _value(claim.policy.number, claim.coverage_code)} if claim else {}

    def form(self, filing: Filing) -> InsuranceForm:
        form = super().form(filing)
        form.lines = self.policies(filing)
        form.caso.choices = [
            SelectChoice(_value(line.policy.number, code), words)
            for line in form.lines
            for code, words in (*((one.code, one.event) for one in line.product.coverages), (None, _OTHER_WORDS))
        ]
        return form

    def words(self, filing: Filing, form: InsuranceForm) -> dict[str, Any]:
        return {
            "lines": form.lines,
            "today": clock.today(),
            "between": _BETWEEN,
            "is_one": bool(request.args.get("poliza")),
        }

    def save(self, filing: Filing, form: InsuranceForm, actor: Actor) -> None:
        number, _, code = (form.caso.data or "").partition(_BETWEEN)
        if not code:
            raise DomainError("Elija qué ocurrió.", "caso")
        key = filing.claim.public_id if filing.claim else None
        filing.claim = self.choose(key, number, None if code == _OTHER else code, actor)

    def choose(self, key: str | None, number: str, code: str | None, actor: Actor) -> Claim:
        """Keep the answer."""
        return drafts.choose(key, number, code, actor)

    def policies(self, filing: Filing) -> Sequence[OwnPolicy]:
        """The one that a link names, or all; that of the claim among them."""
        own = filing.claim.policy.number if filing.claim else None
        return policies.choices(current_actor(), only=request.args.get("poliza"), also=own)


def _value(number: str, code: str | None) -> str:
    return f"{number}{_BETWEEN}{code or _OTHER}"
