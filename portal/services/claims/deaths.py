"""What the death of whom policies insure does to them. Told, nobody is asked to renew one any more. Paid, the policy
that paid it ends, and so does each other one of that person that begins after the day of the death; what was paid for
days that insured nobody goes back. One that had begun goes on, and the desk sees it on the claim's page (others.py).

Source: docs/rules.md, Administer.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.domain import calendar, clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.claim import ClaimEventKind
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.purchase import PaymentMethod
from portal.extensions import db
from portal.models import Claim, Endorsement, Message, Payment, Person, Policy, PolicyChange, Refund
from portal.models.people import names_person
from portal.models.transaction import NOT_THE_KEY
from portal.services.catalogue import agencies, offers
from portal.services.claims import coverage as terms
from portal.services.claims import events, telling
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_payments import PolicyEnded, PolicyNotBegun
from portal.services.messaging.mails.notices import InsurerCorrected, InsurerTold
from portal.services.messaging.mails.servicing import ASKS_TO_BUY
from portal.services.payments import returning, slips
from portal.services.platform import audit
from portal.services.policies import cancellation, plan_changing, renewing


class GivenBack(NamedTuple):
    """What goes back, and the agency where the part that was paid in cash is collected."""

    refunds: Sequence[Refund] = ()
    agency: Agency | None = None

    @property
    def amount(self) -> Decimal:
        """All of it, in soles."""
        return sum((one.amount for one in self.refunds), Decimal(0))


def ask_no_more(insured: Person) -> None:
    """Their death was told: what asks to renew a policy of theirs is not sent any more, and nobody is asked to pay at
    an agency for what would change or follow one, in the present transaction, before any number is taken in it."""
    theirs = Policy.insured_id.in_(select(Person.id).where(names_person(Person, insured.identity)))
    outgoing.end_calls(ASKS_TO_BUY, Message.policy_id.in_(select(Policy.id).where(theirs)))
    slips.stop(theirs, insured_died=True)


def was_mistaken(claim: Claim, actor: Actor) -> None:
    """Two of the staff answered that the person lives: their policies can be renewed as before, and whoever has one is
    told of its end again; no family is to be told any more, and the insurer that was is told so, in the present
    transaction."""
    events.record(claim, ClaimEventKind.LIVES, actor)
    renewing.look_again(claim.policy.insured)
    telling.owe_no_more(claim.policy.insured)
    told = select(Message.recipient).where(Message.claim_id == claim.id, Message.kind == InsurerTold.kind)
    for recipient in db.session.scalars(told).all():
        mail = InsurerCorrected(
            insurer=terms.product_of(claim).insurer.name,
            policy_number=claim.policy.number,
            claim_number=claim.number or "",
            insured=claim.policy.insured.full_name,
            document=str(claim.policy.insured.identity),
        )
        outgoing.queue(mail, to=recipient, account=None, claim=claim)


def end_policies(claim: Claim, actor: Actor) -> None:
    """Of a claim that was paid, where it is one of a death: end what has nobody to insure any more, in the present
    transaction, in which the claim's own policy is held. A holder is told, unless they are who died."""
    if not is_of_death(claim) or claim.event_date is None:
        return
    died_by = calendar.end_of(claim.event_date)
    insured = aliased(Person)
    its = select(Policy).join(insured, insured.id == Policy.insured_id)
    others = its.where(names_person(insured, claim.policy.insured.identity), Policy.id != claim.policy_id)
    later = others.where(Policy.starts_at > died_by, Policy.cancelled_at.is_(None)).order_by(Policy.id)
    ending = db.session.scalars(later.with_for_update(of=Policy, **NOT_THE_KEY)).all()
    slips.stop(Policy.id.in_([claim.policy_id, *(one.id for one in ending)]), insured_died=True)
    returning.hold((*ending, claim.policy))
    for policy in ending:
        _end_later(policy, claim, actor)
    _end_paid(claim.policy, claim, died_by, actor)


def _end_later(policy: Policy, claim: Claim, actor: Actor) -> None:
    """It has insured nobody on any day: all of its money goes back."""
    endorsement = cancellation.end_later(policy)
    amount = returning.kept_of(returning.paid_for(policy))
    back = _give_back(endorsement, policy.starts_at, amount, actor)
    paper = store.order(kinds.ENDORSEMENT, endorsement)
    if not policy.holder_is_insured:
        product = offers.offer(policy.product_version_id).product
        mail = PolicyNotBegun(
            policy=policy, endorsement=endorsement, refunds=back.refunds, agency=back.agency, product=product
        )
        outgoing.queue_for_buyer(mail, policy.purchase, policy=policy, attachments=[paper])
    told = {"claim": claim.number, "refund": str(back.amount), "endorsement": endorsement.number}
    audit.record(actor, "policy.end_unbegun", policy.number, **told)


def _end_paid(policy: Policy, claim: Claim, died_by: datetime, actor: Actor) -> None:
    """Nothing is left to insure. What was paid for a dearer plan that begins after the day of the death goes back, but
    where an end that its holder asked for gave it back already."""
    ahead = plan_changing.paid_ahead(policy, died_by) if policy.cancelled_at is None else Decimal(0)
    endorsement = cancellation.end_paid(policy)
    if endorsement is None:
        return
    amount = min(ahead, returning.kept_of(returning.paid_for(policy)))
    back = _give_back(endorsement, endorsement.effective_at, amount, actor) if amount > 0 else GivenBack()
    paper = store.order(kinds.ENDORSEMENT, endorsement)
    if not policy.holder_is_insured:
        mail = PolicyEnded(
            policy=policy,
            endorsement=endorsement,
            claim_number=claim.number or "",
            refunds=back.refunds,
            agency=back.agency,
            product=terms.product_of(claim),
        )
        outgoing.queue(mail, to=policy.account.email, account=policy.account, policy=policy, attachments=[paper])
    audit.record(actor, "policy.end_paid", policy.number, claim=claim.number, refund=str(back.amount))


def _give_back(endorsement: Endorsement, effective_at: datetime, amount: Decimal, actor: Actor) -> GivenBack:
    """`amount` soles of its policy's money, since the endorsement ended it: to the account that was charged, or where
    it was paid in cash. Nobody asked for it, so that no code stands behind it."""
    policy = endorsement.policy
    parts = returning.parts_of(amount, returning.paid_for(policy))
    agency = next((_agency(one.payment) for one in parts if one.is_cash), None)
    change = PolicyChange(
        public_id=secrets.token_urlsafe(9),
        policy=policy,
        asked_by_id=policy.account_id,
        kind=ChangeKind.END,
        state=ChangeState.DONE,
        effective_at=effective_at,
        refund=amount,
        refund_method=PaymentMethod.CASH if agency else PaymentMethod.ACCOUNT,
        refund_agency=agency.code if agency else None,
        endorsement=endorsement,
        ended_at=clock.now(),
    )
    db.session.add(change)
    db.session.flush()
    return GivenBack(returning.give_back(change, amount, actor, agency) if amount else (), agency)


def _agency(payment: Payment) -> Agency:
    """Where it was paid or, where that has closed, the first that is open."""
    offered = agencies.offered()
    return next((one for one in offered if one.code == payment.agency_code), offered[0])


def is_of_death(claim: Claim) -> bool:
    """Whether what it asks for is paid on a death."""
    coverage = terms.coverage_of(claim)
    return coverage is not None and coverage.on_death
