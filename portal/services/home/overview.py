"""What a customer finds on returning: what needs doing now, what protects them, the last mails. A query a subject."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import null, select
from sqlalchemy.orm import lazyload

from portal.domain import calendar, clock
from portal.domain.actor import Actor
from portal.domain.policy import PolicyState
from portal.extensions import db
from portal.models import Claim, Evidence, Policy
from portal.services.catalogue.renewals import renewal_terms
from portal.services.claims import listing as claims
from portal.services.claims.listing import Waiting
from portal.services.evidence import collecting
from portal.services.messaging import inbox
from portal.services.messaging.inbox import Line
from portal.services.payments import refund_ways
from portal.services.policies import listing
from portal.services.policies.listing import OwnPolicy
from portal.services.sale import listing as own_quotes
from portal.services.sale.listing import OwnQuote

_MOST = 50
_SHOWN = 4  # policies: the page shows three, and says whether there are more
_NEWS = 3
# What has no deadline of its own stands between what ends within these days and what ends later.
_NO_DEADLINE = timedelta(days=3)


class Task(StrEnum):
    """What there may be to do."""

    PAY_SLIP = "pay_slip"
    FINISH_PURCHASE = "finish_purchase"
    CORRECT_ADDRESS = "correct_address"
    COLLECT_REFUND = "collect_refund"
    CHOOSE_REFUND = "choose_refund"
    SEND_EVIDENCE = "send_evidence"
    ACT_ON_CLAIM = "act_on_claim"
    RENEW = "renew"


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing that only its reader can do, until `due` if it has an end. `about`: a OwnQuote for the first two
    tasks, then undelivered messages, a refund with its agency, one that the bank refused, a policy with its evidence,
    a claim that waits, a OwnPolicy."""

    task: Task
    about: Any
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The start page. `paying`: purchases whose money moves, where there is nothing to do but wait."""

    to_do: Sequence[ToDo]
    paying: Sequence[OwnQuote]
    quotes: Sequence[OwnQuote]
    policies: Sequence[OwnPolicy]
    news: Sequence[Line]


def of(actor: Actor) -> Overview:
    """What waits for the actor now, the most urgent first. Ended policies and quotes are left to their lists."""
    quotes = own_quotes.unfinished(actor, limit=_MOST)
    policies = listing.in_force(actor, ending=_MOST, others=_SHOWN)
    buying = [line for line in quotes if line.is_being_bought]
    news, lost = inbox.newest_and_lost(actor, newest=_NEWS, lost=2)
    to_do = [*_purchases(buying), *_mails(lost), *_refunds(actor), *_asked(actor), *_ending(policies)]
    no_deadline = clock.now() + _NO_DEADLINE
    return Overview(
        to_do=sorted(to_do, key=lambda one: one.due or no_deadline),
        paying=[line for line in buying if line.is_paying],
        quotes=[line for line in quotes if not line.is_being_bought],
        policies=[line for line in policies if line.state.protects],
        news=news,
    )


def _purchases(buying: Sequence[OwnQuote]) -> Iterator[ToDo]:
    for line in buying:
        if line.slip:
            yield ToDo(Task.PAY_SLIP, line, line.slip.due_at)
        elif not line.is_paying:
            yield ToDo(Task.FINISH_PURCHASE, line, line.quote.valid_until)


def _mails(lost: Sequence[Line]) -> Iterator[ToDo]:
    """One thing to do however many mails were lost: most often all went to the same wrong address."""
    if lost:
        yield ToDo(Task.CORRECT_ADDRESS, lost)


def _refunds(actor: Actor) -> Iterator[ToDo]:
    for refund, agency in refund_ways.waiting_for(actor):
        yield ToDo(Task.COLLECT_REFUND, (refund, agency)) if agency else ToDo(Task.CHOOSE_REFUND, refund)


def _asked(actor: Actor) -> list[ToDo]:
    """What is asked of the actor about their policies: evidence again, and what their claims wait for. One query."""
    again = (
        select(Policy.id.label("policy_id"), Evidence.id.label("evidence_id"), null().label("claim_id"))
        .join(Evidence, collecting.is_asked_again())
        .where(Policy.account_id == actor.account_id)
    )
    waiting = select(Claim.policy_id, null(), Claim.id).where(claims.waits_for(actor))
    asked = again.union_all(waiting).subquery()
    query = (
        select(Policy, Evidence, *claims.waiting_columns())
        .join(asked, asked.c.policy_id == Policy.id)
        .outerjoin(Evidence, Evidence.id == asked.c.evidence_id)
        .outerjoin(Claim, Claim.id == asked.c.claim_id)
        .order_by(Claim.id.is_not(None), Evidence.reviewed_at, Claim.id)
        .limit(_MOST)
        .options(lazyload("*"))
    )
    return [
        ToDo(Task.SEND_EVIDENCE, (policy, evidence)) if evidence else ToDo(Task.ACT_ON_CLAIM, Waiting(*claim))
        for policy, evidence, *claim in db.session.execute(query)
    ]


def _ending(policies: Sequence[OwnPolicy]) -> Iterator[ToDo]:
    """Those that end soon, or may be renewed for some days more."""
    for line in policies:
        if line.is_near_end:
            yield ToDo(Task.RENEW, line, line.policy.ends_at)
        elif line.state is PolicyState.EXPIRED and line.may_be_renewed:
            yield ToDo(Task.RENEW, line, calendar.noon(renewal_terms().closes_on(line.policy.ends_at)))
