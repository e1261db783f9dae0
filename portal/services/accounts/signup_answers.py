"""What the form "Ingresar Datos" asks (S02), checked by the domain's rules and kept until the code is passed."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from portal.domain import clock, printable, ubigeo
from portal.domain.countries import PERU
from portal.domain.errors import DomainError
from portal.domain.identity import (
    DocumentType,
    Identity,
    check_adult,
    check_birth_date,
    clean_name,
    parse_email,
    parse_identity,
    parse_mobile,
)
from portal.domain.typed import line

LONGEST_ADDRESS = 160


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers: as typed, or in their normal form once checked."""

    tipo_documento: str
    numero_documento: str
    nombres: str
    apellido_paterno: str
    apellido_materno: str
    fecha_nacimiento: date
    celular: str
    correo: str
    direccion: str
    distrito: str
    pais_documento: str = PERU

    @property
    def identity(self) -> Identity:
        """Who says to be opening the account, of checked answers."""
        return Identity(DocumentType(self.tipo_documento), self.numero_documento, self.pais_documento)


def check(answers: Answers) -> Answers:
    """The answers in their normal form. Raises DomainError."""
    identity = parse_identity(answers.tipo_documento, answers.numero_documento, answers.pais_documento)
    check_birth_date(answers.fecha_nacimiento, clock.today())
    check_adult(answers.fecha_nacimiento, clock.today())
    if not ubigeo.is_district(answers.distrito):
        raise DomainError("Elija su distrito.", "distrito")
    return Answers(
        tipo_documento=identity.document_type.value,
        numero_documento=identity.number,
        nombres=clean_name(answers.nombres, field="nombres"),
        apellido_paterno=clean_name(answers.apellido_paterno, field="apellido_paterno"),
        apellido_materno=clean_name(answers.apellido_materno, field="apellido_materno", required=False),
        fecha_nacimiento=answers.fecha_nacimiento,
        celular=parse_mobile(answers.celular),
        correo=parse_email(answers.correo),
        direccion=parse_address(answers.direccion),
        distrito=answers.distrito,
        pais_documento=identity.country,
    )


def parse_address(typed: str, *, field: str = "direccion") -> str:
    """Street and number with their spaces in order. Raises DomainError on `field`."""
    address = line(typed)
    printable.check_text(address, field=field)
    if not any(map(str.isalpha, address)):
        raise DomainError("Escriba la calle y el número, o una referencia.", field)
    if len(address) > LONGEST_ADDRESS:
        raise DomainError(f"Use {LONGEST_ADDRESS} letras como máximo.", field)
    return address


def to_keep(answers: Answers) -> dict[str, Any]:
    """The answers as the sign-up's row holds them.

    A country is kept only where it was asked: the release before, which may still run beside this one or come back,
    reads no row that names one.
    """
    kept = asdict(answers) | {"fecha_nacimiento": answers.fecha_nacimiento.isoformat()}
    if answers.pais_documento == PERU:
        del kept["pais_documento"]
    return kept


def from_kept(kept: dict[str, Any]) -> Answers:
    """The answers of a row."""
    return Answers(**kept | {"fecha_nacimiento": date.fromisoformat(kept["fecha_nacimiento"])})
