"""The form of a payee's choice."""

from typing import Any

from wtforms import StringField

from portal.services.catalogue import agencies
from portal.web.forms import Form
from portal.web.payout_way import PayoutWayForm


class PayeeForm(PayoutWayForm):
    """How somebody of a claim is paid."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.offer(agencies.offered())


class DeskPayeeForm(PayeeForm):
    """The same at the desk, with the code of who stands there."""

    codigo = StringField("Código que llegó al correo de la persona")


class CodeForm(Form):
    """A button alone."""
