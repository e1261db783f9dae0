"""What one of the staff begins to buy for a policy's holder, who finishes it: how it is paid, and its code."""

from portal.domain.actor import Actor
from portal.domain.catalogue import Plan, Product
from portal.extensions import db
from portal.models import Account, Policy, Purchase
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import BegunAtDesk


def hand_over(purchase: Purchase, policy: Policy, product: Product, plan: Plan, actor: Actor) -> None:
    """Write down, in the present transaction, who sold it and where, and mail its holder the way to it. Nothing where
    the actor is its holder."""
    if not actor.is_staff:
        return
    clerk = db.session.get_one(Account, actor.account_id)
    purchase.seller_id, purchase.agency_code = clerk.id, clerk.agency_code
    mail = BegunAtDesk(policy=policy, purchase=purchase, quote=purchase.quote, product=product, plan=plan)
    outgoing.queue_for_buyer(mail, purchase, policy=policy)
