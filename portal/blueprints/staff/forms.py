"""Forms about somebody of the staff."""

from typing import Any

from wtforms import RadioField
from wtforms.fields import SelectChoice

from portal.domain.staff import RESET_NAMES
from portal.services.catalogue import agencies
from portal.web.forms import Form, SelectField, chosen


class AgencyForm(Form):
    """Where a collaborator works; empty is nowhere."""

    agencia = SelectField("Agencia")

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        known = [
            SelectChoice(one.code, f"{one.name} ({one.code}{', cerrada' if one.is_gone else ''})")
            for one in agencies.all_agencies()
        ]
        self.agencia.choices = [SelectChoice("", "Ninguna"), *known]


class ResetForm(Form):
    """Why somebody's second step is reset."""

    motivo = RadioField(
        "Motivo",
        [chosen("Elija el motivo.")],
        choices=[SelectChoice(reason.value, name) for reason, name in RESET_NAMES.items()],
    )
