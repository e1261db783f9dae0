"""The answer to a review, as a letter to who asked for it: what was found, and what follows or where else to go."""

from typing import Any

from sqlalchemy import select

from portal.domain import clock
from portal.domain.catalogue import Product
from portal.domain.claim import AppealState
from portal.domain.formats import moment
from portal.extensions import db
from portal.models import Appeal, Claim
from portal.services.catalogue import offers
from portal.services.printing.contents import Contents, verified


def contents(appeal: Appeal) -> Contents:
    """What the letter says."""
    product = offers.offer(appeal.claim.policy.product_version_id).product
    words = words_of(appeal, product, _second(appeal))
    title = f"Respuesta a su revisión {appeal.number}"
    return Contents(words, title=title, footer=f"{title} · {moment(words['decided_at'])} (hora de Lima)")


def words_of(appeal: Appeal, product: Product, second: str | None) -> dict[str, Any]:
    """All that its template asks for. `second`: the number of the claim that looks at it again, of one upheld."""
    claim = appeal.claim
    return {
        "appeal": appeal,
        "claim": claim,
        "policy": claim.policy,
        "party": appeal.party,
        "product": product,
        "coverage": product.coverage(claim.coverage_code) if claim.coverage_code else None,
        "second": second,
        "decided_at": appeal.answered_at or clock.now(),
        "limits": product.limits.claims,
        **verified(claim.policy),
    }


def _second(appeal: Appeal) -> str | None:
    if appeal.state is not AppealState.UPHELD:
        return None
    newest = select(Claim.number).where(Claim.previous_id == appeal.claim_id).order_by(Claim.id.desc())
    return db.session.scalars(newest.limit(1)).one()
