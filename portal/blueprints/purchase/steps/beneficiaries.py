"""S14: who is paid when the insured dies. Products that pay nobody named in advance have no such step."""

import re
from decimal import Decimal
from typing import Any

from flask import flash, request
from wtforms import BooleanField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from portal.domain import beneficiaries as rules
from portal.domain.actor import Actor
from portal.domain.beneficiaries import Beneficiary, BeneficiaryKind, Relation
from portal.domain.errors import DomainError
from portal.domain.identity import DOCUMENT_NAMES, clean_name, parse_identity
from portal.models import Purchase
from portal.services.catalogue import offers
from portal.services.sale import beneficiaries
from portal.web.forms import DayField, SelectField, required, submitted
from portal.web.identity_document import issuer
from portal.web.named import AS_TYPED, NamedForm, NameField
from portal.web.wizard.step import Stay, Step

_NEW = "nueva"
# As people write a share; how large and how exact it may be is the rule's to say.
_SHARE = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*%?")


class BeneficiaryForm(NamedForm):
    """One person. All fields are optional here: an untouched form is no person, a touched one is checked whole."""

    typed = ("nombres", "apellidos", "numero_documento", "fecha_nacimiento", "representante")
    kept_with = ("parentesco", "tipo_documento", "pais_documento", "porcentaje", "reemplazo")

    parentesco = SelectField(
        "¿Qué es de la persona asegurada?",
        choices=[
            SelectChoice("", "Elija"),
            *(SelectChoice(one.value, name) for one, name in rules.RELATION_NAMES.items()),
        ],
        validators=[required("Elija qué es de la persona asegurada.")],
    )
    nombres = NameField("Nombres", validators=[required("Escriba los nombres.")])
    apellidos = NameField("Apellidos", validators=[required("Escriba los apellidos.")])
    tipo_documento = SelectField(
        "Documento", choices=[SelectChoice(one.value, name) for one, name in DOCUMENT_NAMES.items()]
    )
    pais_documento = issuer()
    numero_documento = StringField("Número de documento", validators=[Optional()])
    fecha_nacimiento = DayField("Fecha de nacimiento", validators=[required("Escriba la fecha de nacimiento.")])
    porcentaje = StringField("Porcentaje", validators=[required("Escriba el porcentaje.")])
    reemplazo = BooleanField("Es de reemplazo: cobra solo si ninguno de los principales puede cobrar.")
    representante = NameField("Si es menor de edad, ¿quién cobrará en su nombre?", of_another=True)

    @classmethod
    def told_apart(cls, _sent: Any) -> dict[str, str]:
        """Whom it is about."""
        return {"persona": _sent.get("persona") or _NEW}

    @property
    def is_touched(self) -> bool:
        """Whether anything of a person was written. The share does not count: the page fills it in."""
        typed = (self.parentesco, self.nombres, self.apellidos, self.numero_documento, self.fecha_nacimiento)
        return any((field.data or "").strip() for field in (*typed, self.representante))

    def value(self) -> Beneficiary:
        """The person as the rules take it. Raises DomainError on the field at fault."""
        document = (self.numero_documento.data or "").strip()
        country = self.pais_documento.data or ""
        representative = (self.representante.data or "").strip()
        return Beneficiary(
            kind=BeneficiaryKind.CONTINGENT if self.reemplazo.data else BeneficiaryKind.PRIMARY,
            relation=Relation(self.parentesco.data),
            names=clean_name(self.nombres.data or "", field="nombres"),
            surnames=clean_name(self.apellidos.data or "", field="apellidos", longest=90),
            birth_date=self.fecha_nacimiento.given,
            share=_share(self.porcentaje.data or ""),
            identity=parse_identity(self.tipo_documento.data, document, country) if document else None,
            representative=clean_name(representative, field="representante", longest=150) if representative else None,
        )


class Beneficiaries(Step[Purchase, BeneficiaryForm]):
    slug = "beneficiarios"
    title = "Beneficiarios"
    template = "purchase/beneficiaries.html"
    form_class = BeneficiaryForm

    def is_applicable(self, purchase: Purchase) -> bool:
        product, _ = offers.plan_of(purchase.quote)
        return product.has_beneficiaries

    def is_complete(self, purchase: Purchase) -> bool:
        return purchase.beneficiaries_answered

    def initial(self, purchase: Purchase) -> dict[str, Any]:
        row = _edited(purchase)
        if row is None:
            left = _left(purchase)
            return {"porcentaje": str(left) if left > 0 else ""}
        return {
            "parentesco": row.relation.value,
            "nombres": row.names,
            "apellidos": row.surnames,
            "tipo_documento": row.document_type.value if row.document_type else "DNI",
            "pais_documento": row.country or "",
            "numero_documento": row.document_number or "",
            "fecha_nacimiento": f"{row.birth_date:%d/%m/%Y}",
            "porcentaje": str(row.share),
            "reemplazo": row.kind is BeneficiaryKind.CONTINGENT,
            "representante": row.representative or "",
        }

    def words(self, purchase: Purchase, form: BeneficiaryForm) -> dict[str, Any]:
        asked = request.values.get("persona", "")
        totals = {
            kind: sum((one.share for one in purchase.beneficiaries if one.kind is kind), Decimal("0.00"))
            for kind in BeneficiaryKind
        }
        return {
            "edited": _edited(purchase),
            "is_form_open": bool(asked) or not purchase.beneficiaries or form.is_touched,
            "total": totals[BeneficiaryKind.PRIMARY],
            "contingent_total": totals[BeneficiaryKind.CONTINGENT],
            "left": _left(purchase),
            "limit": rules.LIMIT,
        }

    def save(self, purchase: Purchase, form: BeneficiaryForm, actor: Actor) -> Stay | None:
        row = _edited(purchase)
        public_id = purchase.public_id
        if submitted("quitar"):
            beneficiaries.remove(public_id, request.form.get("quitar", 0, type=int), actor)
            return Stay()
        if submitted("sin"):
            beneficiaries.name_nobody(public_id, actor)
            return None
        goes_on = not any(submitted(name) for name in ("guardar", "agregar", "iguales", AS_TYPED))
        if form.is_touched or submitted("guardar"):
            put = beneficiaries.put_last if goes_on else beneficiaries.put
            try:
                put(public_id, row.id if row else None, form.value(), actor)
            except beneficiaries.NotFinished as error:
                # The person was kept: the same form shown again would add them twice.
                flash(error.message, "warn")
                return Stay()
        elif goes_on:
            beneficiaries.finish(public_id, actor)
        if submitted("iguales"):
            beneficiaries.share_equally(public_id, actor)
        return None if goes_on else Stay(persona=_NEW if submitted("agregar") else None)

    def needs_shape(self, form: BeneficiaryForm) -> bool:
        return not (submitted("quitar") or submitted("sin")) and (form.is_touched or submitted("guardar"))


def _edited(purchase: Purchase) -> Any:
    asked = request.values.get("persona", type=int)
    return None if asked is None else beneficiaries.find(purchase, asked)


def _left(purchase: Purchase) -> Decimal:
    given = (one.share for one in purchase.beneficiaries if one.kind is BeneficiaryKind.PRIMARY)
    return rules.WHOLE - sum(given, Decimal("0.00"))


def _share(typed: str) -> Decimal:
    written = _SHARE.fullmatch(typed.strip())
    if written is None:
        raise DomainError("Escriba un porcentaje como 33.34.", "porcentaje")
    return Decimal(written[1].replace(",", "."))
