"""The queues of staff work: what waits in each, its list, and whose work it is. The desk's menu is drawn from them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain.actor import Actor
from portal.domain.backlog import Noun, Waiting
from portal.domain.staff import ROLE_NAMES
from portal.services.claims import acting, appeals, notice_desk, telling, unpaid
from portal.services.claims import queue as claims
from portal.services.desk import person_correction
from portal.services.evidence import review as evidence
from portal.services.messaging.backlog import LATE_MAIL, LOST_MAIL, POLICY, mails
from portal.services.operation import bordereaux
from portal.services.payments import refund_ways, settlement_differences
from portal.services.payments.backlog import CONFIRMING, IN_REVIEW, LATE_CHARGE, PAID_TWICE, payments
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform.pending import Grouped, Pending, counted, grouped
from portal.services.printing.backlog import LATE_DOCUMENT, LOST_DOCUMENT, documents


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkQueue:
    """`endpoint`: its list, open to `roles` and nobody else. `nouns`: what can wait in it, the most pressing first;
    `grouped(actor)`: so much of each does, as far as the actor is to see it; or `pending(actor)`, where there is one
    noun, and nothing but people ends it: all of these are asked together. `label` and `icon`: its place in the desk's
    menu; none when another page leads to its list."""

    endpoint: str
    roles: Collection[str]
    nouns: Sequence[Noun]
    pending: Callable[[Actor], Pending] | None = None
    grouped: Callable[[Actor], Grouped] | None = None
    label: str = ""
    icon: str = ""


# What the desk counts, the most pressing first.
DESK = (
    WorkQueue(
        endpoint="desk_notices.index",
        roles=ROLE_NAMES,
        nouns=(notice_desk.TO_MATCH,),
        pending=notice_desk.pending,
        label="Avisos sin póliza",
        icon="umbrella",
    ),
    WorkQueue(endpoint="desk_notices.families", roles=ROLE_NAMES, nouns=(telling.TO_TELL,), pending=telling.pending),
    WorkQueue(endpoint="desk_notices.families", roles=ROLE_NAMES, nouns=(acting.ALONE,), pending=acting.pending),
    WorkQueue(
        endpoint="reviewing.index",
        roles=ROLE_NAMES,
        nouns=(LATE_CHARGE, PAID_TWICE, refund_ways.LEFT, IN_REVIEW, CONFIRMING),
        grouped=payments,
        label="Pagos por confirmar",
        icon="credit-card",
    ),
    WorkQueue(
        endpoint="settlements.index",
        roles=ROLE_NAMES,
        nouns=(settlement_differences.MISSING, settlement_differences.DIFFERENCE),
        grouped=settlement_differences.pending,
        label="Cuadre con el banco",
        icon="book",
    ),
    WorkQueue(
        endpoint="bordereaux.index",
        roles=ROLE_NAMES,
        nouns=(bordereaux.LATE,),
        pending=bordereaux.pending,
        label="Relación diaria",
        icon="envelope",
    ),
    WorkQueue(
        endpoint="evidence.review_index",
        roles=ROLE_NAMES,
        nouns=(evidence.TO_REVIEW,),
        pending=evidence.pending,
        label="Evidencias",
        icon="camera",
    ),
    WorkQueue(
        endpoint="assessing.index",
        roles=ROLE_NAMES,
        nouns=(claims.LATE, claims.TO_CONFIRM, claims.TO_CHECK, claims.NEW, claims.TO_PAY),
        grouped=claims.waiting,
        label="Siniestros",
        icon="journal-check",
    ),
    WorkQueue(
        endpoint="claim_reviews.index",
        roles=ROLE_NAMES,
        nouns=(appeals.TO_ANSWER,),
        pending=appeals.pending,
        label="Revisiones",
        icon="arrow-repeat",
    ),
    WorkQueue(
        endpoint="payees.awaiting",
        roles=ROLE_NAMES,
        nouns=(unpaid.REFUSED,),
        pending=unpaid.pending,
        label="Pagos de siniestros",
        icon="cash-coin",
    ),
    WorkQueue(endpoint="backlog.index", roles=ROLE_NAMES, nouns=(POLICY, LOST_MAIL, LATE_MAIL), grouped=mails),
    WorkQueue(endpoint="backlog.index", roles=ROLE_NAMES, nouns=(LOST_DOCUMENT, LATE_DOCUMENT), grouped=documents),
)
# What the counter of an agency counts.
COUNTER = (
    WorkQueue(endpoint="cash.refunds_index", roles=ROLE_NAMES, nouns=(CASH_REFUND.noun,), pending=CASH_REFUND.pending),
    WorkQueue(endpoint="cash.payouts_index", roles=ROLE_NAMES, nouns=(CASH_PAYOUT.noun,), pending=CASH_PAYOUT.pending),
)
# What whoever looks for a customer counts: it is done with the person at the desk.
CUSTOMERS = (
    WorkQueue(
        endpoint="corrections.index",
        roles=ROLE_NAMES,
        nouns=(person_correction.TO_CONFIRM,),
        pending=person_correction.pending,
        label="Correcciones",
        icon="people",
    ),
)
QUEUES = (*DESK, *COUNTER, *CUSTOMERS)


def waiting(queues: Sequence[WorkQueue], actor: Actor) -> list[tuple[WorkQueue, Waiting]]:
    """All that waits for the actor in these queues, the most pressing first; empty when everything is done. One query
    for all that are `pending` and one for those that are `grouped`, however much there is."""
    mine = [queue for queue in queues if actor.role in queue.roles]
    asked = [(queue, queue.pending(actor)) for queue in mine if queue.pending]
    found: dict[WorkQueue, Sequence[Waiting]] = {
        queue: _one(queue, *counts)
        for (queue, _), counts in zip(asked, counted([one for _, one in asked]), strict=True)
    }
    together = [(queue, queue.grouped(actor)) for queue in mine if queue.grouped]
    found |= dict(zip((queue for queue, _ in together), grouped([one for _, one in together]), strict=True))
    lines = []
    for queue in mine:
        waits = {one.what: one for one in found[queue]}
        lines += [(queue, waits[noun]) for noun in queue.nouns if noun in waits]
    return lines


def _one(queue: WorkQueue, number: int, since: datetime | None) -> Sequence[Waiting]:
    (noun,) = queue.nouns
    return [Waiting(noun, number, since, needs_people=True)] if since else []
