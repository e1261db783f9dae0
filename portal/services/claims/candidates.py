"""The policies that a notice may be about, each beside what it says. Only the staff ask, once they have taken it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import aliased, joinedload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import EVENT_NAMES, PARTY_NAMES, STANDING_CLAIMS, EventKind, PartyKind
from portal.domain.errors import DomainError
from portal.domain.identity import possible_numbers
from portal.domain.names import alike
from portal.domain.notice_match import Held, Line, Said, compare
from portal.domain.typed import line, plain_marks
from portal.extensions import db
from portal.models import Claim, Endorsement, Notice, Person, Policy
from portal.models.people import names_person
from portal.models.transaction import writing
from portal.services.catalogue import offers
from portal.services.claims import coverage as terms
from portal.services.controls import conflicts_of_interest
from portal.services.platform import audit
from portal.services.policies import policy as policies

MOST = 12
_NUMBER = re.compile(r"([A-Z]{1,4})[\s.-]*(20[0-9]{2})[\s.-]*([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Case:
    """What the desk may tick: a coverage of the policy, or none ("otro caso"). `joins`: the claim of the same event,
    where it is there already."""

    coverage_code: str | None
    name: str
    joins: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy beside the notice. `is_own`: the actor has a part in it, and may not match it."""

    policy: Policy
    product_name: str
    lines: Sequence[Line]
    cases: Sequence[Case]
    is_own: bool


def resembling(notice: Notice, actor: Actor, *, also: Sequence[str] = ()) -> list[Candidate]:
    """The policies of whom it is about, the one whose number was typed, and those of the numbers `also`."""
    insured = aliased(Person)
    numbers = [*filter(None, (policy_number(notice.policy_number),)), *also]
    wanted: list[ColumnElement[bool]] = [Policy.number.in_(numbers)]
    if notice.insured is not None:
        wanted.append(names_person(insured, notice.insured))
    # The rows first: joined with all that endorsements say, a limit would count those.
    few = select(Policy.id).join(insured, insured.id == Policy.insured_id).where(or_(*wanted))
    few = few.order_by(Policy.id.desc()).limit(MOST)
    query = (
        select(Policy, conflicts_of_interest.in_policy(Policy.id, actor))
        .where(Policy.id.in_(few.subquery().select()))
        .options(joinedload(Policy.endorsements).joinedload(Endorsement.beneficiaries))
        .order_by(Policy.id.desc())
    )
    found = db.session.execute(query).unique().all()
    known = _known([policy.id for policy, _ in found], notice)
    return [_beside(notice, policy, known, is_own=is_own) for policy, is_own in found]


def search(typed: str, actor: Actor) -> list[str]:
    """The numbers of other policies: by their number, or the document of whom they insure; the search is recorded.
    Raises DomainError on `dato` when there is none."""
    insured = aliased(Person)
    numbers = possible_numbers(typed)
    wanted = [Policy.number == policy_number(typed)]
    wanted += [(insured.document_type == kind) & (insured.document_number == one) for kind, one in numbers.items()]
    query = select(Policy.number).join(insured, insured.id == Policy.insured_id).where(or_(*wanted))
    with writing():
        found = list(db.session.scalars(query.order_by(Policy.id.desc()).limit(MOST)))
        audit.record(actor, "notice.search", "policies", found=len(found))
    if not found:
        raise DomainError("No encontramos ninguna póliza con ese dato.", "dato")
    return found


def policy_number(typed: str) -> str:
    """A policy's number in its normal form, however its groups were typed; else as it was typed."""
    written = plain_marks(line(typed)).upper()
    found = _NUMBER.search(written)
    return f"{found[1]}-{found[2]}-{int(found[3]):06d}" if found else written


def same_event(policy: Policy, coverage_code: str | None, day: date, *, is_death: bool) -> Claim | None:
    """The claim of this event that the policy has already. Somebody dies once, whatever day was told; a case in none of
    the coverages may be anything, and is the same only on the same day."""
    query = select(Claim).where(
        Claim.policy_id == policy.id, Claim.coverage_code == coverage_code, Claim.state.in_(STANDING_CLAIMS)
    )
    if not is_death or coverage_code is None:
        query = query.where(Claim.event_date == day)
    return db.session.scalars(query.order_by(Claim.id).limit(1)).one_or_none()


def _known(policy_ids: Sequence[int], notice: Notice) -> dict[tuple[int, str | None], str]:
    """The numbers of the claims of this event that these policies have already, by policy and coverage."""
    query = select(Claim.policy_id, Claim.coverage_code, Claim.number)
    query = query.where(Claim.policy_id.in_(policy_ids), Claim.state.in_(STANDING_CLAIMS))
    same_day = Claim.event_date == (notice.event_date or clock.today())
    is_death = notice.kind is EventKind.DEATH
    query = query.where(or_(same_day, Claim.coverage_code.is_not(None)) if is_death else same_day)
    rows = db.session.execute(query.order_by(Claim.id.desc()))
    return {(policy_id, code): number or "" for policy_id, code, number in rows}


def _beside(notice: Notice, policy: Policy, known: dict[tuple[int, str | None], str], *, is_own: bool) -> Candidate:
    product, plan = policies.plan_of(policy, clock.now())
    if notice.event_date:
        plan = policies.plan_paying(policy, notice.event_date, None)
    is_death = notice.kind is EventKind.DEATH
    fit = [one for one, _ in product.covered_by(plan) if one.on_death is is_death]
    cases: list[tuple[str | None, str]] = [(one.code, one.name) for one in fit]
    cases = cases or [(None, "Otro caso: no cubre lo que cuenta el aviso")]
    sender, is_alike = _sender(notice, policy)
    held = Held(
        number=policy.number,
        insured=policy.insured.identity,
        insured_name=policy.insured.full_name,
        starts_on=clock.lima(policy.starts_at).date(),
        ends_on=clock.lima(policy.cover.until).date(),
        covers=[one.name for one in fit],
        sender=sender,
        is_alike=is_alike,
    )
    return Candidate(
        policy=policy,
        product_name=f"{offers.offer(policy.product_version_id).product.short_name}, {plan.name}",
        lines=compare(_said(notice), held),
        cases=[Case(code, name, known.get((policy.id, code))) for code, name in cases],
        is_own=is_own,
    )


def _said(notice: Notice) -> Said:
    return Said(
        insured=notice.insured,
        insured_name=notice.insured_name,
        policy_number=notice.policy_number,
        event_date=notice.event_date,
        event=EVENT_NAMES[notice.kind],
        sender=notice.identity,
        sender_words=f"{notice.full_name}, {notice.relation}",
    )


def _sender(notice: Notice, policy: Policy) -> tuple[str, bool]:
    """Who has the document of the notice's sender in the policy on that day, in words, empty for nobody; and whether
    the name may be theirs."""
    who, called = notice.identity, (notice.names, notice.surnames)

    def found(person: Person, what: str) -> tuple[str, bool]:
        return f"{person.full_name}, {what.lower()}", alike(called, (person.names, person.surnames))

    if who == policy.insured.identity:
        return found(policy.insured, PARTY_NAMES[PartyKind.INSURED])
    for one in terms.named_on(policy, notice.event_date):
        if one.identity is not None and one.identity == who:
            words = f"{one.full_name}, {PARTY_NAMES[PartyKind.BENEFICIARY].lower()}"
            return words, alike(called, (one.names, one.surnames))
    return found(policy.holder, "contratante") if who == policy.holder.identity else ("", True)
