"""Mails about evidence: what came, what was accepted, and what is asked for again."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.message import Topic
from portal.models import Evidence, Policy
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True, kw_only=True)
class EvidenceReceived(Mail):
    """What came in one sending (S28)."""

    kind = "evidence_received"
    topic = Topic.POLICIES
    words = "Evidencia recibida"

    policy: Policy
    evidence: Sequence[Evidence]

    @property
    def subject(self) -> str:
        return f"Recibimos su evidencia de la póliza {self.policy.number}"


@dataclass(frozen=True, kw_only=True)
class EvidenceAccepted(Mail):
    """All that was sent is accepted (B10)."""

    kind = "evidence_accepted"
    topic = Topic.POLICIES
    words = "Evidencia aceptada"

    policy: Policy
    evidence: Sequence[Evidence]

    @property
    def subject(self) -> str:
        return f"Aceptamos su evidencia de la póliza {self.policy.number}"


@dataclass(frozen=True, kw_only=True)
class EvidenceAsked(Mail):
    """One is asked for again, with its reason (B10)."""

    kind = "evidence_asked"
    topic = Topic.POLICIES
    words = "Evidencia pedida otra vez"

    policy: Policy
    evidence: Evidence

    @property
    def subject(self) -> str:
        return f"Envíe otra vez: {self.evidence.name.lower()}, póliza {self.policy.number}"
