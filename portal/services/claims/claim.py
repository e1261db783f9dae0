"""One claim: read by whoever may see it, or held to be changed."""

from sqlalchemy import ColumnElement, CompoundSelect, Select, exists, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.domain.actor import Actor
from portal.domain.claim import ClaimState
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import Claim, ClaimPaper, ClaimParty, Endorsement, Policy
from portal.services.platform import paging

UNSENT = (ClaimState.DRAFT, ClaimState.DISCARDED)
# With its people and what its policy says, and by a second query its papers with their files.
WHOLE = (
    joinedload(Claim.policy, innerjoin=True).joinedload(Policy.endorsements).lazyload(Endorsement.beneficiaries),
    joinedload(Claim.parties).immediateload(ClaimParty.claim),
    selectinload(Claim.papers).joinedload(ClaimPaper.files),
)


def get(number: str, actor: Actor) -> Claim:
    """A registered claim of the actor's own policy, or in which they are somebody. Raises NotFound."""
    found = read(select(Claim).join(Policy, Policy.id == Claim.policy_id).where(Claim.number == number, seen_by(actor)))
    if found is None:
        raise NotFound("No encontramos ese pedido.")
    return found


def read(query: Select[Claim]) -> Claim | None:
    """The one claim of a query, whole: two queries. None without one."""
    return db.session.scalars(query.options(*WHOLE)).unique().one_or_none()


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """That the actor's account has the policy, or is known to be of somebody in the claim: a condition on Claim joined
    with Policy. The person who is not the holder sees their own part alone; `parties.own` says which that is."""
    return or_(
        Policy.account_id == actor.account_id,
        exists().where(ClaimParty.claim_id == Claim.id, ClaimParty.account_id == actor.account_id),
    )


def seen_newest(actor: Actor, *, before: int | None, limit: int) -> CompoundSelect[int]:
    """The keys of the newest registered claims that `seen_by` finds, older than the claim `before`: `limit` of them or
    more, as far as there are. Each of its two reasons is read from an index, and no further than that."""
    own = select(Claim.id).where(Claim.account_id == actor.account_id, Claim.number.is_not(None))
    part = (
        select(ClaimParty.claim_id)
        .join(Claim, Claim.id == ClaimParty.claim_id)
        .where(ClaimParty.account_id == actor.account_id, Claim.number.is_not(None))
        .distinct()
    )
    of_policy = paging.newest(own, Claim.id, before=before, limit=limit).subquery()
    of_party = paging.newest(part, ClaimParty.claim_id, before=before, limit=limit).subquery()
    return select(of_policy.c.id).union(select(of_party.c.claim_id))


def hold_with_policy(claim_id: int) -> Claim:
    """As `hold`, its policy first: two claims of one policy that are answered, or paid, at once come one after the
    other."""
    policy_id = select(Claim.policy_id).where(Claim.id == claim_id).scalar_subquery()
    db.session.execute(select(Policy.id).where(Policy.id == policy_id).with_for_update(key_share=True, of=Policy))
    return hold(claim_id)


def hold(claim_id: int) -> Claim:
    """The claim as it stands, in the present transaction: whoever else changes it, its papers or its people waits."""
    query = select(Claim).where(Claim.id == claim_id).with_for_update(key_share=True, of=Claim)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()
