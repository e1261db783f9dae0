"""The other policies of whom a claim is about. Once a death is paid, one that has not begun ends, and all of its money
goes back; one that has goes on, and the desk sees it on the claim's page (others.py).

Source: docs/rules.md, Administer.
"""

import secrets
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.purchase import PaymentMethod
from portal.extensions import db
from portal.models import Claim, Payment, Person, Policy, PolicyChange
from portal.models.people import names_person
from portal.models.transaction import NOT_THE_KEY
from portal.services.catalogue import agencies
from portal.services.claims import coverage as terms
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_payments import PolicyNotBegun
from portal.services.messaging.mails.renewal import ASKS_TO_RENEW
from portal.services.payments import returning
from portal.services.platform import audit
from portal.services.policies import cancellation


def ask_no_more(claim: Claim) -> None:
    """A death was told: what asks to renew a policy of theirs is not sent any more, in the present transaction."""
    coverage = terms.coverage_of(claim)
    if coverage is not None and coverage.on_death:
        insured = names_person(Person, claim.policy.insured.identity)
        outgoing.end_calls(ASKS_TO_RENEW, Policy.insured_id.in_(select(Person.id).where(insured)))


def end_unbegun(claim: Claim, actor: Actor) -> None:
    """Of a death that was paid: end those that have not begun, and give their money back, in the present
    transaction."""
    query = _others(claim).where(Policy.starts_at > clock.now(), Policy.cancelled_at.is_(None))
    for policy in db.session.scalars(query.with_for_update(of=Policy, **NOT_THE_KEY)).all():
        _end(policy, claim, actor)


def _others(claim: Claim) -> Any:
    insured = aliased(Person)
    of_the_same = names_person(insured, claim.policy.insured.identity)
    others = select(Policy).join(insured, insured.id == Policy.insured_id)
    return others.where(of_the_same, Policy.id != claim.policy_id).order_by(Policy.id)


def _end(policy: Policy, claim: Claim, actor: Actor) -> None:
    paid = returning.paid_for(policy)
    amount = returning.kept_of(paid)
    agency = next((_agency(one.payment) for one in paid if one.left and one.payment.method is PaymentMethod.CASH), None)
    endorsement = cancellation.end_unbegun(policy)
    change = PolicyChange(
        public_id=secrets.token_urlsafe(9),
        policy=policy,
        asked_by_id=policy.account_id,
        kind=ChangeKind.END,
        state=ChangeState.DONE,
        effective_at=policy.starts_at,
        refund=amount,
        refund_method=PaymentMethod.CASH if agency else PaymentMethod.ACCOUNT,
        refund_agency=agency.code if agency else None,
        endorsement=endorsement,
        ended_at=clock.now(),
    )
    db.session.add(change)
    db.session.flush()
    refunds = returning.give_back(change, amount, actor, agency) if amount else []
    paper = store.order(kinds.ENDORSEMENT, endorsement)
    if not policy.holder_is_insured:
        mail = PolicyNotBegun(policy=policy, endorsement=endorsement, refunds=refunds, agency=agency)
        outgoing.queue_for_buyer(mail, policy.purchase, policy=policy, attachments=[paper])
    told = {"claim": claim.number, "refund": str(amount), "endorsement": endorsement.number}
    audit.record(actor, "policy.end_unbegun", policy.number, **told)


def _agency(payment: Payment) -> Agency:
    """Where it was paid or, where that has closed, the first that is open."""
    offered = agencies.offered()
    return next((one for one in offered if one.code == payment.agency_code), offered[0])
