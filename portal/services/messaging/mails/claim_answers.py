"""Mails about what MASSIV makes of a claim: documents to send again, the answer, and the warning of its clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.catalogue import Coverage
from portal.domain.claim_sums import NOTHING
from portal.domain.formats import money
from portal.domain.message import Topic
from portal.models import Claim, ClaimAward, Person
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True, slots=True)
class Asked:
    """A document to be sent again: what it is, why, and what serves when it can't be had."""

    name: str
    reason: str
    instead: str


@dataclass(frozen=True, kw_only=True)
class ClaimObserved(Mail):
    """Documents must come again: only those, all of one sitting together. `address`: where they are sent, a part of the
    portal."""

    kind = "claim_observed"
    topic = Topic.CLAIMS
    words = "Documentos por enviar otra vez"

    greeting_name: str
    claim: Claim
    asked: Sequence[Asked]
    address: str

    @property
    def subject(self) -> str:
        number = len(self.asked)
        what = "un documento" if number == 1 else f"{number} documentos"
        return f"Envíe otra vez {what} de su pedido {self.claim.number}"


@dataclass(frozen=True, kw_only=True)
class ClaimDecided(Mail):
    """The answer to one person, with their letter. `address`: where they find it, a part of the portal."""

    kind = "claim_decided"
    topic = Topic.CLAIMS
    words = "Respuesta a un pedido"

    greeting_name: str
    claim: Claim
    insured: Person
    coverage: Coverage | None
    award: ClaimAward
    pay_by: date | None
    address: str

    @property
    def subject(self) -> str:
        if self.award.amount == NOTHING:
            return f"No podemos pagar el pedido {self.claim.number}: le decimos por qué"
        return f"Aprobamos su pedido {self.claim.number}: le pagamos {money(self.award.amount)}"


@dataclass(frozen=True, kw_only=True)
class ClaimDeadlineNear(Mail):
    """To one of the staff: so many days are left of a claim's clock, or it has run out. `late_words`: what the law
    makes of it."""

    kind = "claim_deadline"
    topic = Topic.CLAIMS
    words = "Plazo de un siniestro"

    greeting_name: str
    number: str
    days_left: int
    deadline: date
    what: str
    late_words: str | None

    @property
    def subject(self) -> str:
        if self.late_words:
            return f"Venció el plazo del siniestro {self.number}"
        left = {0: "vence hoy", 1: "le queda 1 día"}.get(self.days_left, f"le quedan {self.days_left} días")
        return f"{self.number}: {left} para {self.what}"
