"""Another plan of a policy: why it can't be had, and the endorsement that states it.

Source: docs/rules.md, Administer.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import exists, select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import calendar, clock, plan_change
from portal.domain.catalogue import Plan, Product
from portal.domain.formats import day
from portal.domain.identity import age_on
from portal.domain.plan_change import PlanChanged
from portal.domain.policy import EndorsementKind, PolicyState
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import Document, Endorsement, Payment, Policy, PolicyChange, Quote
from portal.services.catalogue import offers
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import PlanChangeDone
from portal.services.policies import claimed, endorsing
from portal.services.policies import policy as policies


def why_not(policy: Policy, moment: datetime) -> str | None:
    """Why no other plan of the policy can be had now, whichever: in words for its holder. Claims apart."""
    early = policy.early_end(moment)
    if early:
        return early
    state = policy.state_at(moment)
    if state is PolicyState.EXPIRED:
        return "Esta póliza ya terminó."
    if state is PolicyState.PENDING:
        return f"Su seguro empieza el {day(policy.starts_at)}, al mediodía. Desde ese momento puede cambiar de plan."
    ahead = scheduled(policy, moment)
    if ahead is not None:
        return f"Su plan ya cambia el {day(ahead.effective_at)}, al mediodía. Después puede cambiarlo otra vez."
    return None


def scheduled(policy: Policy, moment: datetime) -> Endorsement | None:
    """The change of plan that is done and begins later; one that was undone is none."""
    today = policy.terms_at(moment).plan_code
    ahead = (policy.terms_at(one.effective_at) for one in _ahead(policy, moment))
    return next((one for one in ahead if one.plan_code != today), None)


def _ahead(policy: Policy, moment: datetime) -> list[Endorsement]:
    """What states plans from later on."""
    changes = (one for one in policy.endorsements if one.kind is EndorsementKind.PLAN_CHANGE)
    return [one for one in changes if one.effective_at > moment]


def paid_ahead(policy: Policy, until: datetime) -> Decimal:
    """What was paid, in soles, for plans that begin no earlier than `until`; below zero what was given back."""
    changes = [one for one in policy.endorsements if one.kind is EndorsementKind.PLAN_CHANGE]
    return sum((figures_done(one).difference for one in changes if one.effective_at >= until), Decimal(0))


def figures_done(endorsement: Endorsement) -> PlanChanged:
    """What a change of plan that was done did."""
    before = endorsement.policy.terms_before(endorsement).premium_total
    cover = endorsement.policy.cover
    return plan_change.at(cover, endorsement.effective_at, before=before, after=endorsement.premium_total)


def why_not_this(policy: Policy, product: Product, figures: PlanChanged) -> str | None:
    """Why this plan can't be had, when all others may be: too few days are left, or the insured's age then."""
    if figures.effective_at >= policy.ends_at:
        return f"A su seguro le quedan pocos días: termina el {day(policy.ends_at)}, antes de que el cambio empiece."
    born = policy.insured.birth_date
    if not product.age_allowed(born, figures.day):
        return (
            f"Este seguro es para personas de {product.min_age} a {product.max_age} años. El {day(figures.day)} la "
            f"persona asegurada tiene {age_on(born, figures.day)}."
        )
    return None


def figures_of(policy: Policy, plan: Plan, moment: datetime) -> PlanChanged:
    """What changing to the plan at `moment` does: never from before what states a plan already, which would hold after
    it (one that was undone, with the plan that holds again)."""
    before = policy.terms_at(moment).premium_total
    found = plan_change.change(policy.cover, before=before, after=plan.total, moment=moment)
    latest = max((one.effective_at for one in _ahead(policy, moment)), default=found.effective_at)
    return plan_change.at(policy.cover, max(found.effective_at, latest), before=before, after=plan.total)


def why_quote_fails(quote: Quote) -> str | None:
    """Why what the quote of another plan says can't be had any more; None as long as it can."""
    policy = _policy(quote)
    moment = clock.now()
    product, plan = offers.plan_of(quote)
    found = figures_sold(quote)
    reason = why_not(policy, moment) or why_not_this(policy, product, found)
    if reason is None and (found.to_pay != quote.premium_total or policy.terms_at(moment).plan_code == plan.code):
        reason = "Su póliza cambió mientras tanto."
    number = claimed.claimed(policy).open
    if reason is None and number:
        reason = f"Primero termina el siniestro {number}."
    return reason


def figures_sold(quote: Quote) -> PlanChanged:
    """What a quote of another plan does, as its policy stands now."""
    policy = _policy(quote)
    _, plan = offers.plan_of(quote)
    effective_at = calendar.noon(quote.chosen_start) if quote.chosen_start else quote.valid_until
    before = policy.terms_at(min(clock.now(), effective_at)).premium_total
    return plan_change.at(policy.cover, effective_at, before=before, after=plan.total)


def carry_out(payment: Payment) -> Endorsement | None:
    """Change the plan that the approved payment is for, with the endorsement's papers and mail owed; in the present
    transaction. None when that can't be had any more: the money goes back. Whoever calls it asks `check_unclaimed` once
    its audit row is written."""
    quote = payment.purchase.quote
    policy = _policy(quote)
    policies.hold(policy)
    if why_quote_fails(quote):
        return None
    figures = figures_sold(quote)
    product, plan = offers.plan_of(quote)
    endorsement = endorse(policy, plan, figures.effective_at, payment)
    payment.purchase.move_to(PurchaseState.ISSUED)
    quote.move_to(QuoteState.BOUGHT)
    mail = PlanChangeDone(
        policy=policy,
        endorsement=endorsement,
        product=product,
        plan=plan,
        before=product.plan(policy.terms_before(endorsement).plan_code),
        figures=figures,
        payment=payment,
        refunds=(),
        agency=None,
    )
    outgoing.queue_for_buyer(mail, payment.purchase, policy=policy, attachments=papers(endorsement))
    return endorsement


def endorse(policy: Policy, plan: Plan, effective_at: datetime, payment: Payment | None = None) -> Endorsement:
    """State the plan from then on, in the present transaction."""
    endorsement = endorsing.following(policy, EndorsementKind.PLAN_CHANGE, effective_at)
    endorsement.plan_code, endorsement.payment = plan.code, payment
    endorsement.premium_net, endorsement.premium_igv, endorsement.premium_total = plan.net, plan.igv, plan.total
    db.session.flush()
    return endorsement


def of_payment(policy: Policy, payment: Payment) -> Endorsement:
    """The change of plan that the payment bought."""
    return next(one for one in policy.endorsements if one.payment_id == payment.id)


def undoes(endorsement: Endorsement) -> bool:
    """Whether a reversed receipt made it, by which the plan before holds again: nobody paid or asked for it."""
    if endorsement.kind is not EndorsementKind.PLAN_CHANGE or endorsement.payment_id is not None:
        return False
    return not db.session.scalar(select(exists().where(PolicyChange.endorsement_id == endorsement.id)))


def is_undone(endorsement: Endorsement) -> bool:
    """Whether a change of plan was undone, or undoes one. Only the last can be: what undoes it comes next."""
    changes = [one for one in endorsement.policy.endorsements if one.kind is EndorsementKind.PLAN_CHANGE]
    at = changes.index(endorsement)
    return any(undoes(one) for one in changes[at : at + 2])


def papers(endorsement: Endorsement) -> list[Document]:
    """The endorsement, and the policy with the plan that it states: on their way, in the present transaction."""
    return [store.order(kinds.ENDORSEMENT, endorsement), store.order(kinds.POLICY, endorsement)]


def check_unclaimed(policy: Policy) -> None:
    """Asked last, when the audit row makes writers wait for each other: of a claim that arrives now one of the two sees
    the other. Raises StaleDataError, so that all is judged anew."""
    if claimed.claimed(policy).open:
        raise StaleDataError("a claim arrived at this very moment")


def _policy(quote: Quote) -> Policy:
    if quote.policy is None:
        raise RuntimeError(f"{quote.number} is of no policy")
    return quote.policy
