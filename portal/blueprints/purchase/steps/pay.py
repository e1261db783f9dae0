"""S21, S22: the payment request or the slip, "Procesar Pago", and how it goes on."""

from decimal import Decimal, InvalidOperation
from typing import Any

from wtforms import HiddenField

from portal.domain.actor import Actor
from portal.domain.payment import FirstStep, decline_reason, refusal
from portal.models import Purchase
from portal.services.payments import slips
from portal.services.sale import paying, progress, purchasing
from portal.web.forms import Form
from portal.web.wizard.step import Step


class PayForm(Form):
    """`monto` is the amount that the page showed: compared, never used. `intento` is the try that its button offered:
    a press that comes late begins no other."""

    monto = HiddenField()
    intento = HiddenField()

    def shown(self) -> Decimal | None:
        sent = self.monto.raw_data  # not `data`, which falls back on the page's own when nothing was sent
        try:
            return Decimal(sent[0] if sent else "")
        except InvalidOperation:
            return None

    def asked(self) -> str:
        """The try that was offered. A page that offered none (of the release before) began none."""
        sent = self.intento.raw_data
        return str(sent[0]) if sent else ""

    def offer(self, attempt: str) -> None:
        """Let the button begin this try, whatever the one before it was."""
        self.intento.data = attempt


class Pay(Step[Purchase, PayForm]):
    slug = "pago"
    title = "Pago"
    template = "purchase/pay.html"
    form_class = PayForm

    def is_complete(self, purchase: Purchase) -> bool:
        return False  # the last step: what follows it is the summary

    def initial(self, purchase: Purchase) -> dict[str, Any]:
        return {"monto": str(purchase.amount)}

    def form(self, purchase: Purchase) -> PayForm:
        form = super().form(purchase)
        form.offer(paying.attempt(purchase))
        return form

    def words(self, purchase: Purchase, form: PayForm) -> dict[str, Any]:
        found = progress.of(purchase)
        slip = purchasing.living_slip(purchase)
        refused = purchasing.refused_payment(purchase)
        meant = refusal(refused.reason) if refused else None
        return {
            "progress": found,
            "agency": slips.agency_of(slip) if slip else None,
            "payment": found.payment,
            "refusal": meant,
            "why": decline_reason(refused.reason, refused.bank_name, refused.card_last4) if refused else None,
            "ways": sorted(FirstStep, key=lambda way: way is not meant.first)
            if meant
            else [FirstStep.AGAIN, FirstStep.OTHER_CARD],
        }

    def save(self, purchase: Purchase, form: PayForm, actor: Actor) -> None:
        paying.process(purchase.public_id, form.shown(), actor, asked=form.asked())
