"""S38: when it was, and a short account. A day outside the cover, and what else speaks against it, is warned about;
nothing stops anybody."""

from typing import Any

from wtforms import IntegerField, RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from portal.blueprints.claims.subject import Filing
from portal.domain import clock, formats
from portal.domain.actor import Actor
from portal.domain.claim import Cause
from portal.services.claims import coverage, drafts, warnings
from portal.web.forms import DayField, Form, chosen, required, submitted
from portal.web.wizard.step import Stay, Step

_CAUSES = [
    SelectChoice(Cause.ACCIDENT.value, "Un accidente"),
    SelectChoice(Cause.ILLNESS.value, "Una enfermedad"),
    SelectChoice(Cause.UNKNOWN.value, "No sé"),
]
SURE = "seguir"  # the button of who has read the warning


class FactsForm(Form):
    typed = ("fecha", "dias", "relato")
    kept_with = ("causa",)

    fecha = DayField("Día en que pasó", validators=[required("Escriba el día en que pasó.")])
    causa = RadioField("¿Qué lo causó?", choices=_CAUSES, validators=[chosen("Elija qué lo causó.")])
    dias = IntegerField("Días completos que estuvo ahí", validators=[Optional()])
    relato = TextAreaField("Cuéntelo con sus palabras", validators=[required("Cuéntenos qué pasó, en pocas palabras.")])


class Facts(Step[Filing, FactsForm]):
    slug = "que-paso"
    title = "Qué pasó"
    template = "claims/facts.html"
    form_class = FactsForm

    def is_complete(self, filing: Filing) -> bool:
        return filing.claim is not None and filing.claim.event_date is not None and bool(filing.claim.story)

    def initial(self, filing: Filing) -> dict[str, Any]:
        claim = filing.row
        return {
            "fecha": formats.day(claim.event_date) if claim.event_date else "",
            "causa": claim.cause.value if claim.cause else None,
            "dias": claim.days_told,
            "relato": claim.story,
        }

    def form(self, filing: Filing) -> FactsForm:
        form = super().form(filing)
        if not coverage.asks_cause(filing.row):
            del form.causa
        if not coverage.asks_days(filing.row):
            del form.dias
        return form

    def words(self, filing: Filing, form: FactsForm) -> dict[str, Any]:
        claim = filing.row
        return {
            "day_words": coverage.day_words(claim),
            "today": clock.today(),
            "longest": drafts.LONGEST_STORY,
            "warned": warnings.of(claim) if claim.event_date and not form.errors else [],
            "sure": SURE,
        }

    def save(self, filing: Filing, form: FactsForm, actor: Actor) -> Stay | None:
        asked = form.causa.data if form.causa else None
        cause, days = Cause(asked) if asked else None, form.dias.data if form.dias else None
        told = drafts.tell(filing.key, form.fecha.given, cause, form.relato.data or "", actor, days=days)
        filing.claim = told.claim
        # Said again only when the answers changed: who goes on with the same has read it.
        is_read = submitted(SURE) and not told.changed
        return Stay() if warnings.of(told.claim) and not is_read else None
