"""The background work as a whole: its families of jobs, and which of its parts stands still."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.services.messaging.jobs import MAIL
from portal.services.payments.bank_refunds import REFUNDS
from portal.services.payments.charging import CHARGES
from portal.services.payments.payouts import PAYOUTS
from portal.services.platform import heartbeats
from portal.services.platform.job_families import Part
from portal.services.printing.contracting import CONTRACTING
from portal.services.printing.jobs import DOCUMENTS, QUOTES

FAMILIES = (CHARGES, REFUNDS, PAYOUTS, DOCUMENTS, QUOTES, CONTRACTING, MAIL)

SCHEDULE = "schedule"
PARTS = {family.job.queue: family.part for family in FAMILIES} | {
    SCHEDULE: Part("La revisión periódica", "está detenida", "Nada se pierde, pero lo que falló no se reintenta.")
}


@dataclass(frozen=True, slots=True)
class Stopped:
    """A part that nobody is at; `since` is None when nothing tells."""

    part: Part
    since: datetime | None


def stopped() -> Sequence[Stopped]:
    """The parts that nobody is at. One query."""
    return [Stopped(PARTS[one.part], one.stopped_at) for one in heartbeats.standing(PARTS) if not one.is_alive]
