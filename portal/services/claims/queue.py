"""The desk's queue of claims: by the end of their clock, with what is to be done next in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, true
from sqlalchemy.orm import aliased, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun, Waiting
from portal.domain.catalogue import ClaimRegime
from portal.domain.claim import OPEN_CLAIMS, ClaimState, NoticeState, Outcome, PaperState
from portal.domain.claim_stage import Stage, Urgency, days_left, urgency
from portal.domain.decision import DecisionKind
from portal.extensions import db
from portal.models import (
    Account,
    Claim,
    ClaimAward,
    ClaimPaper,
    ClaimParty,
    ClaimResolution,
    Decision,
    Notice,
    Person,
    Policy,
)
from portal.services.catalogue import offers
from portal.services.claims import reach
from portal.services.platform.pending import Found, Grouped

LATE = Noun("siniestro vencido", "siniestros vencidos")
TO_CONFIRM = Noun("siniestro por confirmar", "siniestros por confirmar")
TO_CHECK = Noun("siniestro por revisar", "siniestros por revisar")
NEW = Noun("siniestro nuevo", "siniestros nuevos")
TO_PAY = Noun("siniestro por pagar", "siniestros por pagar")


class Whose(StrEnum):
    """Whose claims are listed."""

    MINE = "mios"
    EVERYBODY = "todos"
    FREE = "libres"


@dataclass(frozen=True, slots=True)
class Door:
    """One part of the queue with its count; `late`: how many of them are past their clock."""

    count: int
    late: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """All that the top of the queue says. `stages` as far as they are `whose`; `late` among them; `to_match`: notices
    that nobody has matched yet."""

    stages: dict[Stage, Door]
    late: int
    to_match: int
    by_owner: dict[Whose, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A claim in the queue. `received`: documents that wait for the desk; `missing`: those that somebody must send;
    `awards` and `paid`: how many people are to be paid, and were. `proposal`: what is proposed, and its amount."""

    id: int
    number: str
    state: ClaimState
    stage: Stage
    due_at: datetime | None
    coverage: str
    insured: str
    regime: ClaimRegime
    assignee_id: int | None
    assignee: str
    received: int
    missing: int
    awards: int
    paid: int
    proposed_by_id: int | None
    proposal: tuple[Outcome, Decimal] | None

    @property
    def urgency(self) -> Urgency:
        """Its group in the list."""
        return urgency(self.due_at)

    @property
    def days(self) -> int:
        """Until the last day in time; only asked of one with a clock."""
        return days_left(self.due_at) if self.due_at else 0


def counts(actor: Actor, whose: Whose) -> Counts:
    """How much waits, by stage, and how much of it is whose. One query, over the open claims alone."""
    found = open_claims(actor)
    is_mine = (found.c.assignee_id == actor.account_id).label("mine")
    is_free = found.c.assignee_id.is_(None).label("free")
    of_claims = select(found.c.stage, found.c.late, is_mine, is_free, func.count()).group_by(
        found.c.stage, found.c.late, is_mine, is_free
    )
    unmatched = select(func.count()).select_from(Notice).where(Notice.state == NoticeState.NEW).scalar_subquery()
    of_notices = select(literal(_NOTICES), literal(False), literal(False), literal(False), unmatched)
    doors, owners, late, notices = {stage: [0, 0] for stage in Stage}, dict.fromkeys(Whose, 0), 0, 0
    for stage, is_late, mine, free, number in db.session.execute(of_claims.union_all(of_notices)):
        if stage == _NOTICES:
            notices = number
            continue
        theirs = {Whose.EVERYBODY: True, Whose.MINE: bool(mine), Whose.FREE: bool(free)}
        for owner, counted in theirs.items():
            owners[owner] += number if counted else 0
        if theirs[whose]:
            doors[Stage(stage)][0] += number
            doors[Stage(stage)][1] += number if is_late else 0
            late += number if is_late else 0
    return Counts({stage: Door(*door) for stage, door in doors.items()}, late, notices, owners)


def lines(
    actor: Actor,
    whose: Whose,
    *,
    stage: Stage | None = None,
    is_late: bool = False,
    after: int | None = None,
    limit: int,
) -> Sequence[Line]:
    """The open claims, the nearest end of a clock first and those without one last: of one stage, or only the late
    ones, or all; those behind the line `after`. One query, and one more for a later page."""
    found = open_claims(actor)
    chosen = select(found.c.id, found.c.stage)
    if whose is Whose.MINE:
        chosen = chosen.where(found.c.assignee_id == actor.account_id)
    elif whose is Whose.FREE:
        chosen = chosen.where(found.c.assignee_id.is_(None))
    if stage is not None:
        chosen = chosen.where(found.c.stage == stage.value)
    if is_late:
        chosen = chosen.where(found.c.late)
    if after is not None:
        chosen = chosen.where(_behind(found, after))
    page = chosen.order_by(found.c.due_at.is_(None), found.c.due_at, found.c.id).limit(limit).subquery()
    rows = db.session.execute(_lines(page))
    return [_line(*row) for row in rows]


def waiting(actor: Actor) -> Grouped:
    """What waits for people at the desk, since when."""
    found = open_claims(actor)
    mark = case((found.c.late, LATE.one), else_=found.c.stage).label("mark")
    query = select(mark, func.count().label("number"), func.min(found.c.registered_at).label("since")).group_by(mark)
    return Grouped(query, _read)


def _read(rows: Sequence[Found]) -> Sequence[Waiting]:
    nouns = {LATE.one: LATE} | {stage.value: noun for stage, noun in _NOUNS.items()}
    return [Waiting(nouns[mark], number, since, needs_people=True) for mark, number, since in rows if mark in nouns]


_NOTICES = "notices"
_NOUNS = {Stage.CONFIRM: TO_CONFIRM, Stage.CHECK: TO_CHECK, Stage.NEW: NEW, Stage.PAY: TO_PAY}


def is_proposed(claim_id: Any) -> ColumnElement[bool]:
    """That an answer to the claim waits for a second person: a condition."""
    return exists().where(
        Decision.kind == DecisionKind.CLAIM_RESOLUTION, Decision.subject_id == claim_id, Decision.decided_at.is_(None)
    )


def open_claims(actor: Actor) -> Any:
    """A subquery: the open claims that are, or may become, the actor's work, each with its stage."""
    has_received = exists().where(ClaimPaper.claim_id == Claim.id, ClaimPaper.state == PaperState.RECEIVED)
    stage = case(
        (Claim.state == ClaimState.APPROVED, Stage.PAY.value),
        (is_proposed(Claim.id), Stage.CONFIRM.value),
        (and_(Claim.assignee_id.is_(None), Claim.state == ClaimState.REGISTERED), Stage.NEW.value),
        (or_(Claim.complete_at.is_not(None), has_received), Stage.CHECK.value),
        else_=Stage.WAITING.value,
    )
    late = case((Claim.due_at <= clock.now(), true()), else_=~true())
    return (
        select(
            Claim.id,
            Claim.assignee_id,
            Claim.due_at,
            Claim.registered_at,
            stage.label("stage"),
            late.label("late"),
        )
        .join(Policy, Policy.id == Claim.policy_id)
        .where(Claim.state.in_(OPEN_CLAIMS), reach.may_work_on(actor))
        .subquery()
    )


def _behind(found: Any, after: int) -> ColumnElement[bool]:
    """That a claim comes after the one of that key."""
    due_at = db.session.scalar(select(Claim.due_at).where(Claim.id == after))
    if due_at is None:
        return and_(found.c.due_at.is_(None), found.c.id > after)
    return or_(
        found.c.due_at > due_at,
        and_(found.c.due_at == due_at, found.c.id > after),
        found.c.due_at.is_(None),
    )


def _lines(page: Any) -> Select[*tuple[Any, ...]]:
    member = aliased(Person)

    def papers(*conditions: ColumnElement[bool]) -> Any:
        return (
            select(func.count())
            .select_from(ClaimPaper)
            .outerjoin(ClaimParty, ClaimParty.id == ClaimPaper.party_id)
            .where(ClaimPaper.claim_id == Claim.id, ClaimParty.excluded_at.is_(None), *conditions)
            .scalar_subquery()
        )

    awards = (
        select(func.count())
        .select_from(ClaimAward)
        .join(ClaimResolution, ClaimResolution.id == ClaimAward.resolution_id)
        .where(
            ClaimResolution.claim_id == Claim.id,
            ClaimResolution.confirmed_at.is_not(None),
            ClaimAward.amount > Decimal("0.00"),
        )
    )
    missing = (PaperState.PENDING, PaperState.OBSERVED)
    return (
        select(
            Claim,
            page.c.stage,
            Policy.product_version_id,
            Person,
            member,
            papers(ClaimPaper.state == PaperState.RECEIVED),
            papers(ClaimPaper.required.is_(True), ClaimPaper.state.in_(missing)),
            awards.scalar_subquery(),
            awards.where(ClaimAward.paid_at.is_not(None)).scalar_subquery(),
            Decision,
        )
        .join(page, page.c.id == Claim.id)
        .join(Policy, Policy.id == Claim.policy_id)
        .join(Person, Person.id == Policy.insured_id)
        .outerjoin(Account, Account.id == Claim.assignee_id)
        .outerjoin(member, member.id == Account.person_id)
        .outerjoin(
            Decision,
            and_(
                Decision.kind == DecisionKind.CLAIM_RESOLUTION,
                Decision.subject_id == Claim.id,
                Decision.decided_at.is_(None),
            ),
        )
        .order_by(Claim.due_at.is_(None), Claim.due_at, Claim.id)
        .options(lazyload("*"))
    )


def _line(
    claim: Claim,
    stage: str,
    version_id: int,
    insured: Person,
    member: Person | None,
    received: int,
    missing: int,
    awards: int,
    paid: int,
    decision: Decision | None,
) -> Line:
    product = offers.offer(version_id).product
    proposal = decision.proposal if decision else None
    return Line(
        id=claim.id,
        number=claim.number or "",
        state=claim.state,
        stage=Stage(stage),
        due_at=claim.due_at,
        coverage=product.coverage(claim.coverage_code).name if claim.coverage_code else "Cobertura por definir",
        insured=insured.full_name,
        regime=product.claim_regime,
        assignee_id=claim.assignee_id,
        assignee=member.short_name if member else "",
        received=received,
        missing=missing,
        awards=awards,
        paid=paid,
        proposed_by_id=decision.proposed_by_id if decision else None,
        proposal=(Outcome(proposal["outcome"]), Decimal(proposal["total"])) if proposal else None,
    )
