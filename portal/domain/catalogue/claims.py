"""What a product says of its claims: whose clock runs, how a coverage is computed, which papers prove what."""

import re
from dataclasses import dataclass
from enum import StrEnum


class ClaimRegime(StrEnum):
    """Whose law runs a claim's clock. Source: docs/rules.md, Claims."""

    MICROINSURANCE = "microseguro"
    GENERAL = "general"


class Computes(StrEnum):
    """How a coverage's sum is made: once, for each whole day or month, or what somebody spent."""

    FIXED = "fixed"
    PER_DAY = "per_day"
    PER_MONTH = "per_month"
    REIMBURSEMENT = "reimbursement"


class DocumentOf(StrEnum):
    """Whose a paper is: the claim's, handed in once, or each paid person's own."""

    CLAIM = "claim"
    PERSON = "person"


class PayeeType(StrEnum):
    """What a paid person is, where papers depend on it."""

    ADULT = "adult"
    MINOR = "minor"
    HEIR = "heir"


def payee_types(*, is_minor: bool, is_heir: bool) -> frozenset[PayeeType]:
    """What somebody is who is paid: of age or not, and an heir or not."""
    age = PayeeType.MINOR if is_minor else PayeeType.ADULT
    return frozenset({age, PayeeType.HEIR} if is_heir else {age})


@dataclass(frozen=True, slots=True)
class RequiredDocument:
    """A paper that a claim needs. `code` names the same paper in every coverage of the product.

    `what` says what it is, `where` who gives it and what it costs, `instead` what serves when it can't be had. `when`
    limits it to a case in words ("si conducía un vehículo") that `case` names; None is always. `payee_types` limits it
    to people of one of these types; none is everybody. `original`: a photo is not enough. `by_registering`: registering
    the claim is this paper, so nobody hands it in.
    """

    code: str
    name: str
    what: str | None = None
    where: str | None = None
    instead: str | None = None
    when: str | None = None
    case: str | None = None
    of: DocumentOf = DocumentOf.CLAIM
    payee_types: tuple[PayeeType, ...] = ()
    original: bool = False
    by_registering: bool = False

    @property
    def is_conditional(self) -> bool:
        """Whether it is asked for only once its case is found to be so. One for heirs, say, depends on who is paid."""
        return self.case is not None or (self.when is not None and not self.payee_types)

    @property
    def is_identity(self) -> bool:
        """Whether it shows who somebody is."""
        return self.code.startswith("dni-")

    def is_for(self, types: frozenset[PayeeType]) -> bool:
        """Whether it is asked of, or because of, somebody of these types."""
        return not self.payee_types or not types.isdisjoint(self.payee_types)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A case in which nothing is paid: `text` as the conditions have it, `short` for a list of choices.

    `coverages` are the codes that it touches, none meaning all; `papers`, the codes of the documents that show it.
    """

    text: str
    short: str
    coverages: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()

    def touches(self, coverage_code: str) -> bool:
        """Whether the coverage may be refused on this ground."""
        return not self.coverages or coverage_code in self.coverages


_PER_DAY = re.compile(r"por día, hasta ([0-9]+) días al año")
_PER_MONTH = re.compile(r"cada mes, por ([0-9]+) meses")
_SUM_IS_THE_MOST = "suma máxima"
_ONCE = ("una vez al año", "una sola vez")


@dataclass(frozen=True, slots=True)
class Measure:
    """How often a benefit's amount is paid in a year of cover: at most `days`, `months` or `times`; None is no cap."""

    days: int | None = None
    months: int | None = None
    times: int | None = None


def measure_said(per: str | None) -> Measure | None:
    """The numbers that the text of a benefit states; None for a text that is not one of the catalogue's."""
    if per is None or per == _SUM_IS_THE_MOST:
        return Measure()
    if by_day := _PER_DAY.fullmatch(per):
        return Measure(days=int(by_day[1]))
    if by_month := _PER_MONTH.fullmatch(per):
        return Measure(months=int(by_month[1]))
    return Measure(times=1) if per in _ONCE else None
