"""A receipt recorded by mistake: reversed the same day, by another person, with a reason.

Source: docs/rules.md, Cash.
"""

from sqlalchemy import update

from portal.domain import clock, printable
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.formats import hour
from portal.domain.receipt import ReversalReason, can_be_reversed
from portal.domain.typed import line
from portal.extensions import db
from portal.models import CashReceipt, Policy, Refund
from portal.models.transaction import judged_anew, writing
from portal.services.controls import conflicts_of_interest
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.cash import RefundVoid
from portal.services.messaging.mails.sale import PolicyCancelled
from portal.services.messaging.mails.servicing import PlanChangeUndone
from portal.services.payments import receipt_facts, receipts, refunds, slips
from portal.services.payments.receipt_facts import ReceiptFacts
from portal.services.platform import audit
from portal.services.policies import cancellation, plan_changing
from portal.services.policies import policy as policies

_LONGEST_WORDS = 250


def why_not(facts: ReceiptFacts, actor: Actor) -> str | None:
    """Why the actor can't reverse the receipt now, in plain words; None when they can."""
    receipt = facts.receipt
    if receipt.reversed_at is not None:
        return f"Este recibo ya se anuló, a las {hour(receipt.reversed_at)}."
    if not can_be_reversed(receipt.received_at, clock.now()):
        return "Un recibo se anula solo el mismo día, y ese día ya terminó."
    if receipt.received_by_id == actor.account_id:
        return "Lo registró usted: si fue un error, pida a otra persona de la agencia que lo anule."
    if facts.policy is not None and facts.policy.cancelled_at is not None:
        return "La póliza de este recibo ya se desvinculó, y su dinero se devuelve por eso: el recibo no se anula."
    changed = _changed_since(facts)
    if changed:
        return changed
    if conflicts_of_interest.has_any(actor, receipt.payment.purchase):
        return conflicts_of_interest.REFUSED
    return None


def _changed_since(facts: ReceiptFacts) -> str | None:
    """What moved for another plan stands on the money of the receipt: in words; None when nothing did."""
    if facts.policy is None or not facts.replanned:
        return None
    if facts.quote.is_plan_change:
        undone = plan_changing.of_payment(facts.policy, facts.payment)
        if facts.policy.terms_at(facts.policy.ends_at) is not undone:
            return "Después de este recibo la póliza cambió otra vez de plan: el recibo no se anula."
    elif plan_changing.paid_ahead(facts.policy, facts.policy.starts_at):
        return "Después de este recibo la póliza cambió de plan: el recibo no se anula."
    return None


def reverse(number: str, reason: ReversalReason, words: str, actor: Actor) -> None:
    """Reverse the receipt. What it issued is cancelled by an endorsement, what it would give back has no effect; the
    customer is told. Raises NotFound, NotAllowed, DomainError on the field `detalle`.

    The payment stays approved and the purchase issued: they tell what happened, the endorsement what came of it.
    """
    words = line(words)
    if not words:
        raise DomainError("Cuente en pocas palabras qué pasó.", "detalle")
    if len(words) > _LONGEST_WORDS:
        raise DomainError(f"Use {_LONGEST_WORDS} letras como máximo.", "detalle")
    printable.check_text(words, field="detalle")
    judged_anew(lambda: _reverse(number, reason, words, actor))


def _reverse(number: str, reason: ReversalReason, words: str, actor: Actor) -> None:
    with writing():
        receipt = receipts.get(number, actor)
        facts = receipt_facts.of(receipt)
        if facts.policy is not None:
            policies.hold(facts.policy)
            db.session.refresh(receipt, ["reversed_at"])
            facts = receipt_facts.of(receipt)
        refused = why_not(facts, actor)
        if refused:
            raise NotAllowed(refused)
        _mark(receipt, f"{reason.value}: {words}", actor)
        if receipt.issues and receipt.payment.purchase.quote.is_plan_change:
            _undo_plan(facts)
        elif receipt.issues:
            _cancel(facts)
        else:
            _void(refunds.void(receipt), facts)
        audit.record(
            actor,
            "cash.reverse",
            receipt.number,
            slip=receipt.payment.number,
            amount=str(receipt.amount),
            reason=reason.value,
        )


def _mark(receipt: CashReceipt, reason: str, actor: Actor) -> None:
    """By compare-and-swap, since two may come at once: the schema knows that it is another person, not which one."""
    marked = db.session.execute(
        update(CashReceipt)
        .where(CashReceipt.id == receipt.id, CashReceipt.reversed_at.is_(None))
        .values(reversed_at=clock.now(), reversed_by_id=actor.account_id, reversal_reason=reason)
        .returning(CashReceipt.id)
    )
    if marked.first() is None:
        raise NotAllowed("Otra persona acaba de anular este recibo.")
    db.session.refresh(receipt)


def _cancel(facts: ReceiptFacts) -> None:
    if facts.policy is None:
        raise RuntimeError(f"{facts.receipt.number} issued no policy")
    slips.stop(Policy.id == facts.policy.id)
    endorsement = cancellation.cancel(facts.policy)
    mail = PolicyCancelled(
        policy=facts.policy,
        endorsement=endorsement,
        receipt=facts.receipt,
        product=facts.product,
        plan=facts.plan,
        agency=facts.agency,
        holder=facts.quote.holder,
        mistake=facts.reversal,
    )
    paper = store.order(kinds.ENDORSEMENT, endorsement)
    outgoing.queue_for_buyer(mail, facts.payment.purchase, policy=facts.policy, attachments=[paper])


def _undo_plan(facts: ReceiptFacts) -> None:
    """The plan before holds again, from when the other began or, if it has, from now on."""
    if facts.policy is None:
        raise RuntimeError(f"{facts.receipt.number} changed no policy")
    changed = plan_changing.of_payment(facts.policy, facts.payment)
    before = facts.product.plan(facts.policy.terms_before(changed).plan_code)
    endorsement = plan_changing.endorse(facts.policy, before, max(changed.effective_at, clock.now()))
    mail = PlanChangeUndone(
        policy=facts.policy,
        endorsement=endorsement,
        receipt=facts.receipt,
        product=facts.product,
        plan=before,
        agency=facts.agency,
        mistake=facts.reversal,
    )
    papers = plan_changing.papers(endorsement)
    outgoing.queue_for_buyer(mail, facts.payment.purchase, policy=facts.policy, attachments=papers)


def _void(refund: Refund, facts: ReceiptFacts) -> None:
    mail = RefundVoid(
        refund=refund,
        receipt=facts.receipt,
        agency=facts.agency,
        holder=facts.quote.holder,
        mistake=facts.reversal,
    )
    outgoing.queue_for_buyer(mail, facts.payment.purchase)
