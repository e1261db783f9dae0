"""The step that names who is paid when the insured dies, in a purchase and in a policy (S14, S34)."""

import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from flask import flash, request
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from portal.domain import beneficiaries as rules
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.beneficiaries import Beneficiary, BeneficiaryKind, NotFinished, Relation
from portal.domain.errors import DomainError
from portal.domain.identity import ADULT_AGE, DOCUMENT_NAMES, clean_name, parse_identity
from portal.web.forms import DayField, SelectField, chosen, required, submitted
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

    parentesco = RadioField(
        "¿Qué es de la persona asegurada?",
        choices=[SelectChoice(one.value, name) for one, name in rules.RELATION_NAMES.items()],
        validators=[chosen("Elija qué es de la persona asegurada.")],
    )
    nombres = NameField("Nombres", validators=[required("Escriba los nombres.")])
    apellidos = NameField("Apellidos", validators=[required("Escriba los apellidos.")])
    tipo_documento = SelectField(
        "Documento", choices=[SelectChoice(one.value, name) for one, name in DOCUMENT_NAMES.items()]
    )
    pais_documento = issuer()
    numero_documento = StringField("Número de documento", validators=[Optional()])
    fecha_nacimiento = DayField("Fecha de nacimiento", validators=[required("Escriba la fecha de nacimiento.")])
    porcentaje = StringField("Porcentaje", validators=[Optional()])
    reemplazo = BooleanField("Es de reemplazo: cobra solo si ninguno de los principales puede cobrar.")
    representante = NameField("Si es menor de edad, ¿quién cobrará en su nombre?", of_another=True)

    @classmethod
    def told_apart(cls, _sent: Any) -> dict[str, str]:
        """Whom it is about."""
        return {"persona": _sent.get("persona") or _NEW}

    @property
    def is_touched(self) -> bool:
        """Whether anything of a person was written. The share does not count: it comes by itself."""
        typed = (self.parentesco, self.nombres, self.apellidos, self.numero_documento, self.fecha_nacimiento)
        return any((field.data or "").strip() for field in (*typed, self.representante))

    @property
    def is_share_left(self) -> bool:
        """Whether no share was typed: then it is what is left, equal among equal ones."""
        return not (self.porcentaje.data or "").strip()

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
            share=rules.WHOLE if self.is_share_left else _share(self.porcentaje.data or ""),
            identity=parse_identity(self.tipo_documento.data, document, country) if document else None,
            representative=clean_name(representative, field="representante", longest=150) if representative else None,
        )


class Subject(Protocol):
    """What names people."""

    public_id: Any
    beneficiaries: Any


SubjectOf = TypeVar("SubjectOf", bound=Subject)


class Naming(Protocol):
    """The use cases of naming: services/sale/beneficiaries.py, which says what each does."""

    @property
    def earlier(self) -> Callable[[Any], Sequence[Any]]: ...

    def put(
        self, key: str, beneficiary_id: int | None, value: Beneficiary, actor: Actor, *, is_share_left: bool
    ) -> None: ...

    def put_last(
        self, key: str, beneficiary_id: int | None, value: Beneficiary, actor: Actor, *, is_share_left: bool
    ) -> None: ...

    def remove(self, key: str, beneficiary_id: int, actor: Actor) -> None: ...

    def share_equally(self, key: str, actor: Actor) -> None: ...

    def finish(self, key: str, actor: Actor) -> None: ...

    def name_nobody(self, key: str, actor: Actor) -> None: ...

    def name_same(self, key: str, actor: Actor) -> None: ...

    def find(self, subject: Any, beneficiary_id: int) -> Any: ...


class NamingStep(Step[SubjectOf, BeneficiaryForm]):
    """Its template includes `partials/wizard/beneficiaries.html`."""

    slug = "beneficiarios"
    title = "Beneficiarios"
    form_class = BeneficiaryForm

    @property
    @abstractmethod
    def naming(self) -> Naming:
        """How the people of its subjects are named."""

    def initial(self, subject: SubjectOf) -> dict[str, Any]:
        row = self._edited(subject)
        if row is None:
            return {}
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

    def words(self, subject: SubjectOf, form: BeneficiaryForm) -> dict[str, Any]:
        asked = request.values.get("persona", "")
        shares = {kind: [one.share for one in subject.beneficiaries if one.kind is kind] for kind in BeneficiaryKind}
        return {
            "named": subject.beneficiaries,
            "edited": self._edited(subject),
            "is_form_open": bool(asked) or not subject.beneficiaries or form.is_touched,
            "total": sum(shares[BeneficiaryKind.PRIMARY], Decimal("0.00")),
            "contingent_total": sum(shares[BeneficiaryKind.CONTINGENT], Decimal("0.00")),
            "are_equal": all(rules.are_equal(shares[kind]) for kind in BeneficiaryKind),
            "limit": rules.LIMIT,
            "earlier": self.naming.earlier(subject) if not subject.beneficiaries and not form.is_touched else (),
            "adult_age": ADULT_AGE,
            "asks_representative": self._asks_representative(form),
        }

    def save(self, subject: SubjectOf, form: BeneficiaryForm, actor: Actor) -> Stay | None:
        row = self._edited(subject)
        naming, public_id = self.naming, subject.public_id
        if submitted("quitar"):
            naming.remove(public_id, request.form.get("quitar", 0, type=int), actor)
            return Stay()
        if submitted("sin"):
            naming.name_nobody(public_id, actor)
            return None
        if submitted("mismos"):
            naming.name_same(public_id, actor)
            return None
        goes_on = not any(submitted(name) for name in ("guardar", "agregar", "iguales", AS_TYPED))
        if form.is_touched or submitted("guardar"):
            put = naming.put_last if goes_on else naming.put
            try:
                put(public_id, row.id if row else None, form.value(), actor, is_share_left=form.is_share_left)
            except NotFinished as error:
                # The person was kept: the same form shown again would add them twice.
                flash(error.message, "warn")
                return Stay()
        elif goes_on:
            naming.finish(public_id, actor)
        if submitted("iguales"):
            naming.share_equally(public_id, actor)
        return None if goes_on else Stay(persona=_NEW if submitted("agregar") else None)

    def needs_shape(self, form: BeneficiaryForm) -> bool:
        return not any(map(submitted, ("quitar", "sin", "mismos"))) and (form.is_touched or submitted("guardar"))

    @staticmethod
    def _asks_representative(form: BeneficiaryForm) -> bool:
        """Of a minor, whose birth date was typed; a script asks as soon as it is."""
        born = form.fecha_nacimiento.day or None
        is_minor = born is not None and rules.is_minor(born, clock.today())
        return is_minor or bool(form.representante.data or form.representante.errors)

    def _edited(self, subject: SubjectOf) -> Any:
        asked = request.values.get("persona", type=int)
        return None if asked is None else self.naming.find(subject, asked)


def _share(typed: str) -> Decimal:
    written = _SHARE.fullmatch(typed.strip())
    if written is None:
        raise DomainError("Escriba un porcentaje como 33.34.", "porcentaje")
    return Decimal(written[1].replace(",", "."))
