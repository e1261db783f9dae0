"""The desk's queue of claims, and of notices that are to become one: by the end of their clock, with what is to be done
next in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, true, union_all
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
from portal.services.claims import notice_desk, reach
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
    """All that the top of the queue says. `stages` as far as they are `whose`; `late` among them."""

    stages: dict[Stage, Door]
    late: int
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


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice in the queue that nobody has matched yet. `insured`: whom it is about, for who may read it."""

    id: int
    number: str
    due_at: datetime | None
    insured: str
    is_entered: bool
    assignee_id: int | None
    assignee: str
    stage: Stage = Stage.MATCH

    @property
    def urgency(self) -> Urgency:
        """Its group in the list."""
        return urgency(self.due_at)

    @property
    def days(self) -> int:
        """Until the last day in time."""
        return days_left(self.due_at) if self.due_at else 0


def counts(actor: Actor, whose: Whose) -> Counts:
    """How much waits, by stage, and how much of it is whose. One query, over what is open alone."""
    doors, owners, late = {stage: [0, 0] for stage in Stage}, dict.fromkeys(Whose, 0), 0
    by_stage = [_by_stage(found, actor) for found in (open_claims(actor), unmatched())]
    for stage, is_late, mine, free, number in db.session.execute(union_all(*by_stage)):
        theirs = {Whose.EVERYBODY: True, Whose.MINE: bool(mine), Whose.FREE: bool(free)}
        for owner, counted in theirs.items():
            owners[owner] += number if counted else 0
        if theirs[whose]:
            doors[Stage(stage)][0] += number
            doors[Stage(stage)][1] += number if is_late else 0
            late += number if is_late else 0
    return Counts({stage: Door(*door) for stage, door in doors.items()}, late, owners)


def lines(
    actor: Actor,
    whose: Whose,
    *,
    stage: Stage | None = None,
    is_late: bool = False,
    after: str = "",
    limit: int,
) -> Sequence[Line | NoticeLine]:
    """The open claims and the notices, the nearest end of a clock first and those without one last: of one stage, or
    only the late ones, or all; those behind the line with the number `after`. Two queries, and one more for a later
    page."""
    seen = _mark(after) if after else None
    listed: list[Line | NoticeLine] = []
    for kind, found, shown in ((_NOTICE, unmatched(), _notices), (_CLAIM, open_claims(actor), _claims)):
        if stage is not None and (stage is Stage.MATCH) != (kind == _NOTICE):
            continue
        chosen = select(found.c.id, found.c.stage)
        if whose is Whose.MINE:
            chosen = chosen.where(found.c.assignee_id == actor.account_id)
        elif whose is Whose.FREE:
            chosen = chosen.where(found.c.assignee_id.is_(None))
        if stage is not None:
            chosen = chosen.where(found.c.stage == stage.value)
        if is_late:
            chosen = chosen.where(found.c.late)
        if seen is not None:
            chosen = chosen.where(_behind(found, kind, seen))
        page = chosen.order_by(found.c.due_at.nulls_last(), found.c.id).limit(limit).subquery()
        listed += shown(page, actor)
    return sorted(listed, key=_place)[:limit]


def waiting(actor: Actor) -> Grouped:
    """What waits for people at the desk, since when."""
    found = open_claims(actor)
    mark = case((found.c.late, LATE.one), else_=found.c.stage).label("mark")
    query = select(mark, func.count().label("number"), func.min(found.c.registered_at).label("since")).group_by(mark)
    return Grouped(query, _read)


def _read(rows: Sequence[Found]) -> Sequence[Waiting]:
    nouns = {LATE.one: LATE} | {stage.value: noun for stage, noun in _NOUNS.items()}
    return [Waiting(nouns[mark], number, since, needs_people=True) for mark, number, since in rows if mark in nouns]


_NOTICE, _CLAIM = 0, 1  # of two that end at one moment, the notice first
_NEVER = datetime.max.replace(tzinfo=UTC)
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
    found = select(
        Claim.id,
        Claim.assignee_id,
        Claim.due_at,
        Claim.registered_at,
        stage.label("stage"),
        late.label("late"),
    ).where(Claim.state.in_(OPEN_CLAIMS))
    return reach.workable(found, actor).subquery()


def unmatched() -> Any:
    """A subquery: the notices that wait, as `open_claims` is. Any of the staff takes any."""
    late = case((Notice.due_at <= clock.now(), true()), else_=~true())
    return (
        select(
            Notice.id,
            Notice.assignee_id,
            Notice.due_at,
            literal(Stage.MATCH.value).label("stage"),
            late.label("late"),
        )
        .where(Notice.state == NoticeState.NEW)
        .subquery()
    )


def _by_stage(found: Any, actor: Actor) -> Select[*tuple[Any, ...]]:
    is_mine = func.coalesce(found.c.assignee_id == actor.account_id, ~true()).label("mine")
    is_free = found.c.assignee_id.is_(None).label("free")
    columns = (found.c.stage, found.c.late, is_mine, is_free)
    return select(*columns, func.count()).group_by(*columns)


def _place(line: Line | NoticeLine) -> tuple[datetime, int, int]:
    """Where a line stands in the list."""
    return line.due_at or _NEVER, _NOTICE if isinstance(line, NoticeLine) else _CLAIM, line.id


def _mark(number: str) -> Any:
    """The place in the list of the line with this number: the end of its clock, its kind and its key; None for one that
    there is not."""
    of_claim = select(Claim.due_at, literal(_CLAIM).label("kind"), Claim.id).where(Claim.number == number)
    of_notice = select(Notice.due_at, literal(_NOTICE), Notice.id).where(Notice.number == number)
    return db.session.execute(of_claim.union_all(of_notice)).one_or_none()


def _behind(found: Any, kind: int, seen: Any) -> ColumnElement[bool]:
    """That one of this kind comes after the place that was seen."""
    is_later = found.c.id > seen.id if kind == seen.kind else literal(kind > seen.kind)
    if seen.due_at is None:
        return and_(found.c.due_at.is_(None), is_later)
    return or_(
        found.c.due_at > seen.due_at,
        and_(found.c.due_at == seen.due_at, is_later),
        found.c.due_at.is_(None),
    )


def _notices(page: Any, actor: Actor) -> Sequence[NoticeLine]:
    member = aliased(Person)
    query = (
        select(Notice, member)
        .join(page, page.c.id == Notice.id)
        .outerjoin(Account, Account.id == Notice.assignee_id)
        .outerjoin(member, member.id == Account.person_id)
        .options(lazyload("*"))
    )
    return [
        NoticeLine(
            id=notice.id,
            number=notice.number or "",
            due_at=notice.due_at,
            insured=_insured(notice) if notice_desk.may_read(notice, actor) else "",
            is_entered=notice.entered_by_id is not None,
            assignee_id=notice.assignee_id,
            assignee=holder.short_name if holder else "",
        )
        for notice, holder in db.session.execute(query)
    ]


def _insured(notice: Notice) -> str:
    if notice.insured_name or notice.insured is None:
        return notice.insured_name
    return str(notice.insured)


def _claims(page: Any, _actor: Actor) -> Sequence[Line]:
    return [_line(*row) for row in db.session.execute(_lines(page))]


def _lines(page: Any) -> Select[*tuple[Any, ...]]:
    member = aliased(Person)

    def papers(*conditions: ColumnElement[bool]) -> Any:
        return (
            select(func.count())
            .select_from(ClaimPaper)
            .outerjoin(ClaimParty, ClaimParty.id == ClaimPaper.party_id)
            .where(
                ClaimPaper.claim_id == Claim.id,
                ClaimParty.excluded_at.is_(None),
                ClaimParty.withdrawn_at.is_(None),
                *conditions,
            )
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
