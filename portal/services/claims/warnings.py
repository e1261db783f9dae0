"""What speaks against a claim as it is told: said to who tells it, so that a slip is mended, never a reason to stop.

The rule is `portal/domain/claim_warnings.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from portal.domain import claim_warnings as rules
from portal.domain.claim import ClaimState
from portal.domain.claim_warnings import ClaimWarning
from portal.domain.clock import lima
from portal.extensions import db
from portal.models import Claim
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.policies import renewing


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning: what it is, as `title`, and what to do, as `words`. `alike`: the number of the claim that it may be
    already."""

    warning: ClaimWarning
    alike: str | None = None

    @property
    def title(self) -> str:
        """Its first sentence."""
        return self.warning.words.partition(". ")[0].rstrip(".")

    @property
    def words(self) -> str:
        """The others."""
        return self.warning.words.partition(". ")[2]


def of(claim: Claim) -> list[Warned]:
    """All of a claim whose day is known, the most telling first. Two queries."""
    return [*_of_policy(claim), *_alike(claim)]


def names_of(claim: Claim) -> list[str]:
    """Which there are, as the row of a registered claim keeps them."""
    return [one.warning.kind.name.lower() for one in of(claim)]


def _of_policy(claim: Claim) -> Iterator[Warned]:
    coverage, policy = terms.coverage_of(claim), claim.policy
    if coverage is None or claim.event_date is None:
        return
    product = terms.product_of(claim)
    others = renewing.others_covers(policy)
    found = rules.date_warnings(
        coverage, product, policy.cover, claim.event_date, claim.cause, others, policy.insured_since
    )
    for one in (*found, *rules.plan_warnings(coverage, terms.plan_of(claim))):
        yield Warned(one)


def _alike(claim: Claim) -> Iterator[Warned]:
    query = (
        select(Claim.number, Claim.registered_at)
        .where(
            Claim.policy_id == claim.policy_id,
            Claim.id != claim.id,
            Claim.coverage_code == claim.coverage_code,
            Claim.event_date == claim.event_date,
            Claim.state.not_in((*rows.UNSENT, ClaimState.WITHDRAWN)),
        )
        .order_by(Claim.id.desc())
        .limit(1)
    )
    for number, registered_at in db.session.execute(query):
        if number and registered_at:
            yield Warned(rules.alike_warning(number, lima(registered_at).date()), alike=number)
