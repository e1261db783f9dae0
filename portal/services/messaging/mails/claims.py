"""Mails about a claim to who made it: that it was received, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.catalogue import Coverage, Product
from portal.domain.message import Topic
from portal.models import Claim
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True, kw_only=True)
class ClaimReceived(Mail):
    """A claim was registered (S40), with its receipt. `event`: what happened, in words; `missing`: the papers that it
    still needs, each with what serves in its place."""

    kind = "claim_received"
    topic = Topic.CLAIMS
    words = "Siniestro registrado"

    claim: Claim
    product: Product
    coverage: Coverage | None
    event: str
    missing: Sequence[str]

    @property
    def subject(self) -> str:
        return f"Recibimos su aviso: es el {self.claim.number}"
