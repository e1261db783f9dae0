"""A claim as whoever decides it reads it: all that its answer rests on, on one page. Its queries are counted: whatever
the page shows comes with one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Computes, Exclusion, Plan, RequiredDocument
from portal.domain.claim import OPEN_CLAIMS, PaperState
from portal.domain.claim_clock import Standing
from portal.domain.claim_sums import Reckoning, Used
from portal.domain.decision import DecisionKind
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import (
    Account,
    Claim,
    ClaimEvent,
    ClaimPaper,
    ClaimResolution,
    Decision,
    Endorsement,
    Person,
    Policy,
    PolicyBeneficiary,
    StoredFile,
)
from portal.services.claims import coverage as terms
from portal.services.claims import deadlines, grounds, happenings, others, papers, sight, sums
from portal.services.claims.happenings import Happening
from portal.services.claims.others import Held, Other
from portal.services.claims.sight import Sight
from portal.services.controls import access_log
from portal.services.policies import policy as policies


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the claim with its files, the newest last."""

    row: ClaimPaper
    says: RequiredDocument
    files: Sequence[StoredFile]

    @property
    def stamp(self) -> int:
        """What was there when it was shown: the newest file."""
        return max((one.id for one in self.files), default=0)


@dataclass(frozen=True, slots=True)
class File:
    """Everything about one claim. `stamp`: what of it is shown, in short; `neighbours`: the numbers of the reader's
    claims before and after it; `used`: what the coverage has paid before under this policy; `plans`: those in force on
    the day of the event, of which `plan` pays; `policies`: the other ones of its insured person, as they stand when it
    is `looked_at`."""

    sight: Sight
    plan: Plan
    plans: Sequence[Plan]
    papers: Sequence[Paper]
    happenings: Sequence[Happening]
    others: Sequence[Other]
    policies: Sequence[Held]
    looked_at: datetime
    used: Used
    standing: Standing
    seller: str
    proposer: str
    decision: Decision | None
    resolution: ClaimResolution | None
    neighbours: tuple[str | None, str | None]
    stamp: str

    @property
    def claim(self) -> Claim:
        """The row itself."""
        return self.sight.claim

    @property
    def says_lives(self) -> bool:
        """Whether the answer that waits for the second person says that who was told of as dead lives."""
        return self.decision is not None and self.decision.proposal.get("ground") == grounds.LIVES

    @property
    def history(self) -> Sequence[Happening]:
        """What happened, the newest first."""
        return [one for one in self.happenings if one.kind is not None]

    @property
    def notes(self) -> Sequence[Happening]:
        """What colleagues wrote down, the newest first."""
        return [one for one in self.happenings if one.kind is None]

    @property
    def named(self) -> Sequence[PolicyBeneficiary]:
        """The beneficiaries as they were on the day of the event."""
        return terms.named_on(self.claim.policy, self.claim.event_date)

    @property
    def exclusions(self) -> Sequence[tuple[Exclusion, Sequence[Paper]]]:
        """Each exclusion that touches the coverage, with the documents asked for in this case alone that answer it:
        those that every claim has say nothing about any of them."""
        code = self.claim.coverage_code or ""
        asked = [one for one in self.needed if one.says.is_conditional]
        return [
            (one, [paper for paper in asked if paper.row.code in one.papers])
            for one in self.sight.product.excluded
            if one.touches(code)
        ]

    @property
    def to_look_at(self) -> Sequence[Exclusion]:
        """Those that a document asked for in this case answers, as long as it was not accepted."""
        return [
            exclusion
            for exclusion, answering in self.exclusions
            if any(one.row.state is not PaperState.ACCEPTED for one in answering)
        ]

    @property
    def is_answered(self) -> bool:
        """Whether nothing of it is looked at any more."""
        return self.claim.state not in papers.TAKING

    @property
    def document_names(self) -> dict[str, str]:
        """What its documents are called, by their codes."""
        return {one.row.code: one.says.name for one in self.papers}

    @property
    def by_told(self) -> Reckoning | None:
        """What it would pay for the days that were told."""
        return sums.by_told(self.claim, self.used)

    @property
    def pays_death(self) -> bool:
        """Whether it pays because the insured person has died."""
        return self.sight.coverage is not None and self.sight.coverage.on_death

    @property
    def pays_once(self) -> bool:
        """Whether what it pays is one sum, and nothing must be counted."""
        coverage = self.sight.coverage
        return coverage is not None and coverage.computes is Computes.FIXED

    @property
    def why_not_approved(self) -> str:
        """Why nothing can be approved yet; nothing when it can."""
        if self.to_review:
            number = len(self.to_review)
            return f"Antes, revise {number} {'documento' if number == 1 else 'documentos'}."
        if not papers.is_complete(self.claim) or self.accepted < len(self.needed):
            return "Para aprobar faltan documentos."
        return ""

    @property
    def to_review(self) -> Sequence[Paper]:
        """The documents that wait for the desk."""
        return [one for one in self.papers if one.row.state is PaperState.RECEIVED]

    @property
    def needed(self) -> Sequence[Paper]:
        """The documents without which nothing is approved."""
        asked = {one.id for one in papers.needed(self.claim)}
        return [one for one in self.papers if one.row.id in asked]

    @property
    def accepted(self) -> int:
        """How many of those were accepted."""
        return sum(one.row.state is PaperState.ACCEPTED for one in self.needed)


def get(number: str, actor: Actor) -> File | Sight:
    """All of a claim whose files the actor reads: recorded, once a working day; of another, where it stands. As many
    as five queries. Raises NotFound."""
    row = _row(number, actor)
    if row is None:
        raise NotFound("No encontramos ese siniestro.")
    if not sight.seen(row, actor).reads_files:
        return sight.seen(row, actor)
    if not row.was_seen:
        access_log.note_claim(actor, number)
        row = _row(number, actor)
    claim: Claim = row.Claim
    shown = _papers(claim)
    happened, newest = happenings.of(claim.id)
    found, held = others.of(claim)
    turns = [one for one in happened if one.kind is not None]
    return File(
        sight=sight.seen(row, actor),
        plan=terms.plan_of(claim),
        plans=policies.plans_on(claim.policy, claim.event_date) if claim.event_date else [],
        papers=shown,
        happenings=happened,
        others=found,
        policies=held,
        looked_at=clock.now(),
        used=sums.used(row),
        standing=deadlines.standing(claim, reversed(turns)),
        seller=row.seller.full_name if row.seller else "",
        proposer=row.proposer.full_name if row.proposer else "",
        decision=row.Decision,
        resolution=row.ClaimResolution,
        neighbours=(row.before, row.after),
        stamp=_stamp(newest, [one.id for paper in shown for one in paper.files]),
    )


def stamp_now(claim: Claim) -> str:
    """What there is of a claim at this moment, in short: whoever decides says what they saw, and is told when more has
    come since. Two queries."""
    newest = db.session.scalar(select(func.max(ClaimEvent.id)).where(ClaimEvent.claim_id == claim.id))
    files = db.session.scalars(select(StoredFile.id).join(ClaimPaper.files).where(ClaimPaper.claim_id == claim.id))
    return _stamp(newest or 0, files.all())


def stamp_of(paper: ClaimPaper) -> int:
    """The newest file of a document at this moment."""
    newest = select(func.max(StoredFile.id)).join(ClaimPaper.files).where(ClaimPaper.id == paper.id)
    return db.session.scalar(newest) or 0


def _stamp(newest_event: int, files: Sequence[int]) -> str:
    return f"{newest_event}-{len(files)}-{max(files, default=0)}"


def _papers(claim: Claim) -> list[Paper]:
    rows = db.session.execute(
        select(ClaimPaper, StoredFile)
        .outerjoin(ClaimPaper.files)
        .where(ClaimPaper.claim_id == claim.id)
        .order_by(ClaimPaper.id, StoredFile.id)
    ).all()
    files: dict[ClaimPaper, list[StoredFile]] = {}
    for row, file in rows:
        files.setdefault(row, []).extend([file] if file else [])
    set_committed_value(claim, "papers", list(files))
    for row in files:
        set_committed_value(row, "claim", claim)
    return [Paper(row, papers.document_of(row), found) for row, found in files.items()]


# Made once: an alias makes a column of its own for each that its table has.
_SOLD_BY, _PROPOSED_BY = aliased(Account), aliased(Account)
_SELLER, _PROPOSER = aliased(Person, name="seller"), aliased(Person, name="proposer")
_OTHER = aliased(Claim)


def _row(number: str, actor: Actor) -> Any:
    """The claim, its policy with all endorsements, its people, and what is proposed: one query."""
    shown = or_(
        ClaimResolution.confirmed_at.is_not(None), ClaimResolution.id == Decision.proposal["resolution"].as_integer()
    )
    open_one = and_(
        Decision.kind == DecisionKind.CLAIM_RESOLUTION, Decision.subject_id == Claim.id, Decision.decided_at.is_(None)
    )
    policy = contains_eager(Claim.policy)
    query = (
        sight.asked(actor)
        .add_columns(
            _SELLER,
            _PROPOSER,
            Decision,
            ClaimResolution,
            access_log.saw_claim(number, actor).label("was_seen"),
            _neighbour(actor, is_after=False).label("before"),
            _neighbour(actor, is_after=True).label("after"),
            *sums.USED,
        )
        .outerjoin(Decision, open_one)
        .outerjoin(ClaimResolution, and_(ClaimResolution.claim_id == Claim.id, shown))
        .outerjoin(_SOLD_BY, _SOLD_BY.id == Policy.seller_id)
        .outerjoin(_SELLER, _SELLER.id == _SOLD_BY.person_id)
        .outerjoin(_PROPOSED_BY, _PROPOSED_BY.id == Decision.proposed_by_id)
        .outerjoin(_PROPOSER, _PROPOSER.id == _PROPOSED_BY.person_id)
        .where(Claim.number == number)
        .options(
            lazyload(Claim.papers),
            joinedload(Claim.parties),
            policy.joinedload(Policy.payment),
            policy.joinedload(Policy.endorsements).joinedload(Endorsement.beneficiaries),
            policy.joinedload(Policy.endorsements).joinedload(Endorsement.payment),
            lazyload(ClaimResolution.awards),
        )
    )
    return db.session.execute(query).unique().one_or_none()


def _neighbour(actor: Actor, *, is_after: bool) -> Any:
    """The number of the actor's next claim by the end of its clock, those without one last; or of the one before."""
    other = _OTHER
    mine = select(other.number).where(other.assignee_id == actor.account_id, other.state.in_(OPEN_CLAIMS)).limit(1)
    has_none, have_none = other.due_at.is_(None), Claim.due_at.is_(None)
    if is_after:
        follows = or_(other.due_at > Claim.due_at, and_(~have_none, has_none), and_(_alike(other), other.id > Claim.id))
        found = mine.where(follows).order_by(has_none, other.due_at, other.id)
    else:
        precedes = or_(
            other.due_at < Claim.due_at, and_(have_none, ~has_none), and_(_alike(other), other.id < Claim.id)
        )
        found = mine.where(precedes).order_by(~has_none, other.due_at.desc(), other.id.desc())
    return found.correlate(Claim).scalar_subquery()


def _alike(other: Any) -> Any:
    return or_(other.due_at == Claim.due_at, and_(other.due_at.is_(None), Claim.due_at.is_(None)))
