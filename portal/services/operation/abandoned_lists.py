"""People whom somebody named to be paid and never confirmed: strangers to us, who are not kept for what led to nothing.

Source: docs/rules.md, Administer; Ley 29733.
"""

from datetime import timedelta

from sqlalchemy import delete, select

from portal.domain import clock
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.models import Payment, PolicyChange, Purchase, PurchaseBeneficiary, Quote
from portal.models.transaction import NOT_THE_KEY

_CHANGE = timedelta(days=7)  # as long as what was typed into a form
_PURCHASE = timedelta(days=30)  # after the last day on which it could be paid


def forget() -> None:
    """Withdraw the lists of beneficiaries that were begun and not confirmed, with whom they name, and forget whom a
    purchase names that can't be paid any more and never was; in the present transaction."""
    now = clock.now()
    begun = (
        PolicyChange.kind == ChangeKind.BENEFICIARIES,
        PolicyChange.state == ChangeState.OPEN,
        PolicyChange.created_at < now - _CHANGE,
    )
    held = (
        select(PolicyChange).where(*begun).with_for_update(of=PolicyChange, **NOT_THE_KEY)
    )  # not while it is confirmed
    for change in db.session.scalars(held):
        change.move_to(ChangeState.WITHDRAWN)
        change.ended_at, change.beneficiaries = now, []
    was_asked = select(Payment.id).where(Payment.purchase_id == Purchase.id).exists()
    abandoned = (
        select(Purchase.id)
        .join(Quote, Quote.id == Purchase.quote_id)
        .where(Purchase.state == PurchaseState.OPEN, Quote.valid_until < now - _PURCHASE, ~was_asked)
    )
    its = PurchaseBeneficiary.purchase_id.in_(abandoned)
    db.session.execute(delete(PurchaseBeneficiary).where(its).execution_options(synchronize_session=False))
