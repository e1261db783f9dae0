"""Forms about somebody of the staff."""

from collections.abc import Callable
from typing import Any

from wtforms import EmailField, Field, IntegerField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.widgets import HiddenInput

from portal.domain import identity
from portal.domain.staff import RESET_NAMES, ROLE_NAMES, parse_username
from portal.services.catalogue import agencies
from portal.services.desk import newcomers
from portal.services.desk.newcomers import Newcomer
from portal.web.forms import DayField, Form, SelectField, chosen, obeys, required
from portal.web.identity_document import DocumentForm

_ROLES = [SelectChoice(role, name) for role, name in ROLE_NAMES.items()]


def _name(field: str, needed: bool = True) -> Callable[[Form, Field], None]:
    return obeys(lambda typed: identity.clean_name(typed, field=field, required=needed))


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


class NewcomerForm(DocumentForm, AgencyForm):
    """Who is to work here."""

    typed = (
        "usuario",
        "correo",
        "nombres",
        "apellido_paterno",
        "apellido_materno",
        "fecha_nacimiento",
        "numero_documento",
    )
    kept_with = ("funcion", "tipo_documento", "pais_documento", "agencia")

    usuario = StringField("Usuario", [required("Escriba su usuario."), obeys(parse_username)])
    funcion = RadioField("Función", [chosen("Elija su función.")], choices=_ROLES)
    correo = EmailField("Correo del trabajo", [required("Escriba su correo."), obeys(identity.parse_email)])
    nombres = StringField("Nombres", [required("Escriba sus nombres."), _name("nombres")])
    apellido_paterno = StringField(
        "Apellido paterno", [required("Escriba su apellido paterno."), _name("apellido_paterno")]
    )
    apellido_materno = StringField("Apellido materno", [_name("apellido_materno", needed=False)])
    fecha_nacimiento = DayField("Fecha de nacimiento", [required("Escriba su fecha de nacimiento.")])

    def newcomer(self) -> Newcomer:
        """Who was typed, of a form whose fields have their shape. Raises DomainError at a field."""
        return newcomers.newcomer(
            username=self.usuario.data or "",
            role=self.funcion.data,
            email=self.correo.data or "",
            document_type=self.tipo_documento.data,
            document_number=self.numero_documento.data or "",
            country=self.pais_documento.data or "",
            names=self.nombres.data or "",
            paternal_surname=self.apellido_paterno.data or "",
            maternal_surname=self.apellido_materno.data or "",
            birth_date=self.fecha_nacimiento.given,
            agency_code=self.agencia.data or None,
        )


class RoleForm(Form):
    """What somebody is to be."""

    funcion = RadioField("Función", [chosen("Elija su función.")], choices=_ROLES)


class DecisionForm(Form):
    """`propuesta` is the proposal that the page showed: compared, never used."""

    propuesta = IntegerField(widget=HiddenInput())


class ResetForm(Form):
    """Why somebody's second step is reset."""

    motivo = RadioField(
        "Motivo",
        [chosen("Elija el motivo.")],
        choices=[SelectChoice(reason.value, name) for reason, name in RESET_NAMES.items()],
    )
