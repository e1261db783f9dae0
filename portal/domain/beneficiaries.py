"""Who is paid when the insured dies, and the shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from portal.domain.errors import DomainError
from portal.domain.identity import ADULT_AGE, Identity, age_on, check_birth_date
from portal.domain.money import CENT

LIMIT = 10
WHOLE = Decimal("100.00")


class NotFinished(DomainError):
    """The person was kept, and the list is not finished: its words say what the shares lack."""


class BeneficiaryKind(StrEnum):
    PRIMARY = "principal"
    CONTINGENT = "contingente"


class Relation(StrEnum):
    SPOUSE = "conyuge"
    CHILD = "hijo"
    PARENT = "padre"
    SIBLING = "hermano"
    OTHER_FAMILY = "familiar"
    OTHER = "otro"


RELATION_NAMES = {
    Relation.SPOUSE: "Esposo(a) o conviviente",
    Relation.CHILD: "Hijo o hija",
    Relation.PARENT: "Padre o madre",
    Relation.SIBLING: "Hermano o hermana",
    Relation.OTHER_FAMILY: "Otro familiar",
    Relation.OTHER: "Otra persona",
}


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """One person named to be paid; `share` in hundredths of the whole, two decimals."""

    kind: BeneficiaryKind
    relation: Relation
    names: str
    surnames: str
    birth_date: date
    share: Decimal
    identity: Identity | None = None
    representative: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.names} {self.surnames}"


def equal_shares(count: int) -> list[Decimal]:
    """`count` shares that total exactly 100: the first ones carry the spare hundredths (33.34, 33.33, 33.33)."""
    hundredths, spare = divmod(10_000, count)
    return [(hundredths + (i < spare)) * CENT for i in range(count)]


def are_equal(shares: Sequence[Decimal]) -> bool:
    """Whether the whole is shared equally among them; nobody shares nothing equally."""
    return not shares or sorted(shares, reverse=True) == equal_shares(len(shares))


def share_left(others: Sequence[Decimal]) -> Decimal:
    """What somebody gets whose share nobody typed: as much as each of equal others, or else what those leave. Raises
    DomainError where they leave nothing."""
    if are_equal(others):
        return equal_shares(len(others) + 1)[-1]
    left = WHOLE - sum(others, Decimal(0))
    if left <= 0:
        raise DomainError("Los demás ya tienen el 100 %: escriba su porcentaje y baje otro.", "porcentaje")
    return left


def is_minor(birth_date: date, on: date) -> bool:
    """Under 18 on that day."""
    return age_on(birth_date, on) < ADULT_AGE


def check_beneficiary(one: Beneficiary, insured: Identity, on: date) -> None:
    """The rules one beneficiary must keep by itself. Raises DomainError on its field."""
    if not Decimal(0) < one.share <= WHOLE or one.share != one.share.quantize(CENT):
        raise DomainError("Escriba un porcentaje entre 0.01 y 100, con dos decimales.", "porcentaje")
    if one.identity is not None and one.identity == insured:
        raise DomainError("La persona asegurada no puede ser beneficiaria.", "numero_documento")
    check_birth_date(one.birth_date, on)
    if is_minor(one.birth_date, on) and not one.representative:
        raise DomainError(
            "Es menor de edad: escriba quién cobrará en su nombre.",
            "representante",
        )


def check_room(count: int) -> None:
    """There is room for one more. Raises DomainError."""
    if count >= LIMIT:
        raise DomainError(f"Puede nombrar hasta {LIMIT} personas.")


def check_shares(everyone: Sequence[Beneficiary]) -> None:
    """Primaries total exactly 100; contingents too, when there are any. Raises DomainError."""
    if len(everyone) > LIMIT:
        raise DomainError(f"Puede nombrar hasta {LIMIT} personas.")
    for kind, words in (
        (BeneficiaryKind.PRIMARY, "principales"),
        (BeneficiaryKind.CONTINGENT, "de reemplazo"),
    ):
        shares = [one.share for one in everyone if one.kind is kind]
        if not shares and kind is BeneficiaryKind.PRIMARY and everyone:
            raise DomainError("Nombre al menos a un beneficiario principal.")
        if shares and (total := sum(shares, Decimal(0))) != WHOLE:
            difference = abs(WHOLE - total)
            verb = "Faltan" if total < WHOLE else "Sobran"
            raise DomainError(f"Los porcentajes de los beneficiarios {words} suman {total} %. {verb} {difference} %.")
