"""Issuing a policy: in the very commit that records the approved payment."""

import secrets
from datetime import datetime

from sqlalchemy import select

from portal.domain import calendar, clock, verification
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import Endorsement, Payment, Policy, PolicyBeneficiary, Quote
from portal.services.catalogue import offers
from portal.services.documents import contracting, kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.sale import PolicySent
from portal.services.platform.numbering import next_number
from portal.services.policies import insured_limit, renewing


def is_refused(quote: Quote) -> bool:
    """Whether no policy can be issued by the quote any more, and its money goes back: its insured has all that one may
    have, what it renews can't be renewed, or a claim of the insured's death was paid. Asked in the transaction that
    records the money."""
    return insured_limit.is_reached(quote) or renewing.is_over(quote) or renewing.has_died(quote.insured)


def issue(payment: Payment) -> Policy:
    """The policy of an approved payment, with endorsement zero, its PDF and its mail owed; in the present transaction.

    The schema allows one policy a purchase: a second issue fails and rolls everything back.
    """
    purchase = payment.purchase
    quote = purchase.quote
    product, plan = offers.plan_of(quote)
    starts_at = quote.starts_if_paid_at(_paid_at(payment))
    policy = Policy(
        number=next_number(product.code),
        verification_token=secrets.token_urlsafe(24),
        verification_code=_unused_code(),
        purchase=purchase,
        payment=payment,
        account_id=purchase.account_id,
        holder=quote.holder,
        insured=quote.insured,
        seller_id=purchase.seller_id,
        agency_code=purchase.agency_code,
        product_version_id=quote.product_version_id,
        starts_at=starts_at,
        ends_at=calendar.cover_end(starts_at),
    )
    zero = Endorsement(
        policy=policy,
        number=0,
        plan_code=quote.plan_code,
        premium_net=quote.premium_net,
        premium_igv=quote.premium_igv,
        premium_total=quote.premium_total,
        effective_at=starts_at,
    )
    for named in purchase.beneficiaries:
        row = PolicyBeneficiary()
        row.take(named.as_value())
        zero.beneficiaries.append(row)
    db.session.add(policy)
    renewing.link(policy, quote)
    db.session.flush()
    purchase.move_to(PurchaseState.ISSUED)
    quote.move_to(QuoteState.BOUGHT)
    document = store.order(kinds.POLICY, zero)
    contracting.added(purchase.id)
    mail = PolicySent(
        policy=policy, terms=zero, beneficiaries=zero.beneficiaries, payment=payment, product=product, plan=plan
    )
    outgoing.queue_for_buyer(mail, purchase, policy=policy, attachments=[document])
    return policy


def _unused_code() -> str:
    code = verification.new_code()
    taken = db.session.scalar(select(Policy.id).where(Policy.verification_code == code))
    return code if taken is None else _unused_code()


def _paid_at(payment: Payment) -> datetime:
    """When it counts as paid. `processed_at` is the bank's clock; cover never begins before what is certainly past, so
    it is our own of now. Only what renews a policy, and was pressed before that one's last noon, is paid at its press,
    however late the bank answers: no cover begins that was not there before. Source: docs/rules.md, Administer."""
    policy = payment.purchase.quote.policy if payment.purchase.quote.is_renewal else None
    pressed_at = payment.processing_at
    return pressed_at if policy and pressed_at and pressed_at < policy.ends_at else clock.now()
