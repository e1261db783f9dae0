"""A claim while it is filled in: kept at each answer, gone on with on any device, thrown away by who began it.

One of a policy and coverage at a time: beginning it again goes on with the one that is there.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, or_, select

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.catalogue import Product, UnknownCoverage
from portal.domain.claim import Cause, ClaimState
from portal.domain.claim_warnings import check_event_date
from portal.domain.errors import DomainError, NotFound
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.models import Account, Claim, ClaimPaper, Policy, Role, StoredFile
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.catalogue import offers
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.claims import papers, parties
from portal.services.evidence import uploads
from portal.services.platform import audit
from portal.settings import current_settings

LASTS = timedelta(days=30)  # from when it was begun; deleted then
LONGEST_STORY = 2000
_OLDEST = date(1900, 1, 1)
_MOST_DAYS = 999
_AT_A_TIME = 100


def get(public_id: str, actor: Actor) -> Claim:
    """What the actor began to fill in, also once it is registered. Raises NotFound."""
    query = select(Claim).where(Claim.public_id == public_id, Claim.registered_by_id == actor.account_id)
    found = rows.read(query)
    if found is None or found.state is ClaimState.DISCARDED:
        raise NotFound("No encontramos ese registro. Quizá lo descartó.")
    return found


@dataclass(frozen=True, slots=True)
class Unsent:
    """What somebody began and did not register."""

    public_id: str
    policy_number: str
    created_at: datetime
    product: Product
    event: str

    @property
    def kept_until(self) -> datetime:
        """When it is deleted."""
        return self.created_at + LASTS


def lines(actor: Actor, *, account_id: int | None = None) -> list[Unsent]:
    """The actor's own that were not sent, of one customer's policies or all, the newest first. One query."""
    query = (
        select(Claim.public_id, Policy.number, Claim.created_at, Policy.product_version_id, Claim.coverage_code)
        .join(Policy, Policy.id == Claim.policy_id)
        .where(Claim.registered_by_id == actor.account_id, Claim.state == ClaimState.DRAFT)
        .order_by(Claim.id.desc())
    )
    if account_id is not None:
        query = query.where(Policy.account_id == account_id)
    found = []
    for public_id, number, created_at, version_id, code in db.session.execute(query):
        product = offers.offer(version_id).product
        event = product.coverage(code).event if code else terms.OTHER_CASE
        found.append(Unsent(public_id, number, created_at, product, event))
    return found


def choose(public_id: str | None, policy_number: str, coverage_code: str | None, actor: Actor) -> Claim:
    """Begin one, or answer anew under which coverage of which policy it is; None is a case in none of them. Expired and
    cancelled policies are as good as others. Raises NotFound, DomainError for a coverage that the product does not
    have."""
    with writing() as session:
        session.get_one(Account, actor.account_id, with_for_update=NOT_THE_KEY)  # pressed twice, one draft
        policy = _policy(policy_number, actor)
        _check_coverage(policy, coverage_code)
        claim = _editable(public_id, actor) if public_id else _begun(policy, coverage_code, actor)
        if claim is None:
            claim = Claim(
                public_id=secrets.token_urlsafe(9), policy=policy, registered_by_id=actor.account_id, story=""
            )
            session.add(claim)
        if claim.policy is not policy:  # another person's papers, though they be called the same
            claim.coverage_code = None
            _settle(claim, actor)
        claim.policy, claim.coverage_code = policy, coverage_code
        session.flush()
        _settle(claim, actor)
        audit.record(actor, "claim.choose", f"claim:{claim.public_id}", policy=policy.number, coverage=coverage_code)
    return claim


@dataclass(frozen=True, slots=True)
class Told:
    """A claim with what was told of it; whether that was `changed` by telling it."""

    claim: Claim
    changed: bool


def tell(
    public_id: str, event_date: date, cause: Cause | None, story: str, actor: Actor, *, days: int | None = None
) -> Told:
    """Keep when it was and what happened, in the words of who tells it; how many `days` it was, where that is known.
    Raises DomainError for a day that has not come, a number that can't be, an account that is too long."""
    words = story.strip()
    check_event_date(event_date, clock.today())
    if event_date < _OLDEST:
        raise DomainError("Revise el año de esa fecha.", "fecha")
    if days is not None and not 1 <= days <= _MOST_DAYS:
        raise DomainError(f"Escriba un número entre 1 y {_MOST_DAYS}, o déjelo vacío.", "dias")
    if not words:
        raise DomainError("Cuéntenos qué pasó. Con pocas palabras basta.", "relato")
    if len(words) > LONGEST_STORY:
        raise DomainError(
            f"Escriba hasta {LONGEST_STORY} letras. Van {len(words)}: quite {len(words) - LONGEST_STORY}.", "relato"
        )
    with writing() as session:
        claim = _editable(public_id, actor)
        changed = (claim.event_date, claim.cause) != (event_date, cause)
        claim.event_date, claim.cause, claim.days_told, claim.story = event_date, cause, days, words
        _settle(claim, actor)
        session.flush()
        audit.record(actor, "claim.tell", f"claim:{claim.public_id}")
    return Told(claim, changed)


def discard(public_id: str, actor: Actor) -> None:
    """Throw it away, with the files that were sent for it. Raises NotFound, DomainError once it is registered."""
    with writing():
        claim = _editable(public_id, actor)
        _withdraw({one.id for one in claim.papers}, actor)
        claim.move_to(ClaimState.DISCARDED)
        claim.story, claim.event_date = "", None
        audit.record(actor, "claim.discard", f"claim:{claim.public_id}")


def forget_old() -> int:
    """Delete what was thrown away, and what was begun long ago and never sent, with its files: how many of them."""
    now = clock.now()
    unsent = and_(Claim.state == ClaimState.DRAFT, Claim.created_at < now - LASTS)
    thrown = and_(Claim.state == ClaimState.DISCARDED, Claim.created_at < now - current_settings().draft_life)
    with writing() as session:
        query = select(Claim).where(or_(unsent, thrown)).limit(_AT_A_TIME)
        found = session.scalars(query.with_for_update(key_share=True, of=Claim)).all()
        for claim in found:
            _withdraw({one.id for one in claim.papers}, SYSTEM)
            for row in (*claim.papers, *claim.parties):
                session.delete(row)
            session.flush()
            session.delete(claim)
    return len(found)


def _open(public_id: str, actor: Actor) -> Claim:
    claim = get(public_id, actor)
    if claim.state is not ClaimState.DRAFT:
        raise DomainError(f"Ya registró este siniestro: es el {claim.number}.")
    return claim


def _editable(public_id: str, actor: Actor) -> Claim:
    """It, held to be changed. Raises NotFound, DomainError once it is registered."""
    rows.hold(get(public_id, actor).id)
    return _open(public_id, actor)


def _begun(policy: Policy, coverage_code: str | None, actor: Actor) -> Claim | None:
    of_it = select(Claim).where(
        Claim.registered_by_id == actor.account_id,
        Claim.policy_id == policy.id,
        Claim.coverage_code == coverage_code,
        Claim.state == ClaimState.DRAFT,
    )
    return db.session.scalars(of_it.order_by(Claim.id.desc()).limit(1)).one_or_none()


def _policy(number: str, actor: Actor) -> Policy:
    """The actor's own; any for the staff, whose ways to a customer are recorded where they begin."""
    query = select(Policy).where(Policy.number == number)
    if actor.role == Role.CUSTOMER:
        query = query.where(Policy.account_id == actor.account_id)
    policy = db.session.scalars(query).one_or_none()
    if policy is None:
        raise NotFound("No encontramos esa póliza.")
    return policy


def _check_coverage(policy: Policy, coverage_code: str | None) -> None:
    try:
        if coverage_code is not None:
            offers.offer(policy.product_version_id).product.coverage(coverage_code)
    except UnknownCoverage as error:
        raise DomainError("Elija qué ocurrió.", "caso") from error


def _settle(claim: Claim, actor: Actor) -> None:
    """People and papers as the answers now ask for; files of papers that are no longer asked for go with them."""
    before = {one.id for one in claim.papers}
    parties.place(claim)
    papers.place(claim)
    _withdraw(before - {one.id for one in claim.papers}, actor)


def _withdraw(paper_ids: set[int], actor: Actor) -> None:
    of_them = (StoredFile.owner_kind == ClaimPaper.FILES, StoredFile.owner_id.in_(paper_ids))
    there = StoredFile.state.in_((FileState.STORED, FileState.LOST))
    for file in db.session.scalars(select(StoredFile).where(*of_them, there)):
        uploads.withdraw(file, actor)
