"""What an insurance pays: its coverages, whom each pays, and what a plan makes of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from portal.domain.catalogue.claims import Computes, DocumentOf, Measure, PayeeType, RequiredDocument


class Payee(StrEnum):
    """Who a coverage pays. Only beneficiaries are named in advance: receipts show who spent."""

    BENEFICIARIES = "beneficiaries"
    INSURED = "insured"
    SPENDER = "spender"


@dataclass(frozen=True, slots=True)
class WaitingPeriod:
    """The days from the start of a first year in which `event` is not paid; `exempt` says what never waits.

    `event` follows "no se paga" ("el cáncer que se diagnostique") and a limit in time follows it.
    """

    days: int
    event: str
    exempt: str | None

    def ends(self, starts_at: datetime) -> datetime:
        """The moment from which a cover that starts at `starts_at` pays the event."""
        return starts_at + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Coverage:
    """One thing that the insurance pays.

    `plain` follows the sum in a sentence ("S/ 20,000" + "si fallece por un accidente"); `note` is the small
    text under the name; `definition` is the wording of the general conditions; `on_death` says that the
    insured's death is what makes it payable. `event` is what happened, for a choice ("Falleció en un accidente"), and
    `event_date_label` asks for its day. `waits`: the product's waiting period applies to it; `accident_exempt`: but
    not to an accident.
    """

    code: str
    name: str
    plain: str
    note: str
    definition: str
    payee: str
    on_death: bool
    computes: Computes
    event: str
    event_date_label: str
    waits: bool
    accident_exempt: bool
    documents: tuple[RequiredDocument, ...]

    @property
    def reimburses(self) -> bool:
        """Whether it returns what somebody spent."""
        return self.computes is Computes.REIMBURSEMENT

    @property
    def claim_documents(self) -> tuple[RequiredDocument, ...]:
        """The papers that a claim has once, whoever is paid."""
        return tuple(one for one in self.documents if one.of is DocumentOf.CLAIM)

    def documents_of_person(self, types: frozenset[PayeeType]) -> tuple[RequiredDocument, ...]:
        """The papers of their own that a paid person of these types brings."""
        return tuple(one for one in self.documents if one.of is DocumentOf.PERSON and one.is_for(types))

    @property
    def paid_to(self) -> Payee:
        """Who is paid; `payee` says it in words."""
        if self.reimburses:
            return Payee.SPENDER
        return Payee.BENEFICIARIES if self.on_death else Payee.INSURED


@dataclass(frozen=True, slots=True)
class Benefit:
    """What a plan pays for a coverage; `per` says the amount's `measure` ("por día, hasta 30 días al año") or None."""

    coverage_code: str
    amount: Decimal
    per: str | None
    measure: Measure
