"""Notices and the policies they turn out to be about: a claim of each, with a page of their own for whoever told of it.

Two people who tell of one event are two people of one claim. Sources: B01; docs/rules.md, Claims.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind, EventKind, PartyKind, TaskKind
from portal.domain.errors import DomainError, NotFound
from portal.extensions import db
from portal.models import Claim, ClaimEvent, ClaimTask, Notice, NoticeMatch, Policy
from portal.models.transaction import writing
from portal.services.catalogue import offers
from portal.services.claims import candidates, deaths, events, filing, notice_desk, notice_parties
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.controls import conflicts_of_interest
from portal.services.messaging import outgoing
from portal.services.messaging.mails.notices import InsurerTold
from portal.services.platform import audit


@dataclass(frozen=True, slots=True)
class Pick:
    """A policy that the notice is about, under one of its coverages or none."""

    policy_number: str
    coverage_code: str | None


def match(
    number: str, picks: Collection[Pick], event_date: date | None, actor: Actor, *, joined: Collection[str] = ()
) -> list[str]:
    """Say which policies the notice, and the `joined` ones of the same event, are about: the numbers of the claims,
    registered now or there already. In the same commit each sender is somebody in them, and told if they have a part,
    the insurer is told of a death, and somebody must tell the beneficiaries. Done again, nothing happens.

    Raises DomainError on `poliza`, `dia` or `unir`, NotFound, HasPart."""
    if not picks:
        raise DomainError("Marque la póliza de este aviso, o diga que ninguna es suya.", "poliza")
    if event_date is None:
        raise DomainError("Escriba el día. Si el aviso no lo dice, pregúntelo por teléfono.", "dia")
    if event_date > clock.today():
        raise DomainError("Ese día todavía no llega. Revise la fecha.", "dia")
    with writing():
        told = [notice_desk.held(one) for one in sorted({number, *joined})]
        first = next(one for one in told if one.number == number)
        notice_desk.check_read(first, actor)
        _check_joined(first, told)
        for notice in told:
            notice_desk.check_no_part(notice, actor)
        found = _claims_of(first, picks, event_date, actor)
        _owe_what_a_death_asks([claim for claim, is_new in found if is_new], first.kind, actor)
        for notice in told:
            _link(notice, [claim for claim, _ in found], actor)
        audit.record(actor, "notice.match", number, claims=[claim.number for claim, _ in found], joined=sorted(joined))
        return [claim.number or "" for claim, _ in found]


def _check_joined(first: Notice, told: Sequence[Notice]) -> None:
    known = {one.id for one in notice_desk.of_same_event(first)} | {first.id}
    if any(one.id not in known for one in told):
        raise DomainError("Ese aviso no es de la misma persona.", "unir")


def _claims_of(notice: Notice, picks: Collection[Pick], event_date: date, actor: Actor) -> list[tuple[Claim, bool]]:
    """The claim of this event under each pick, and whether it was registered just now. Of two clerks at once the second
    finds the first's: policies and claims are held, each in one order, before any number is taken."""
    policies = _held_policies({pick.policy_number for pick in picks}, actor)
    for pick in picks:
        _check_coverage(policies[pick.policy_number], pick.coverage_code)
    is_death = notice.kind is EventKind.DEATH
    if is_death:  # whatever is asked for
        for policy in policies.values():
            deaths.ask_no_more(policy.insured)
    known = {
        pick: candidates.same_event(policies[pick.policy_number], pick.coverage_code, event_date, is_death=is_death)
        for pick in picks
    }
    for claim_id in sorted(claim.id for claim in known.values() if claim is not None):
        rows.hold(claim_id)
    return [
        (there, False)
        if (there := known[pick])
        else (_registered(notice, policies[pick.policy_number], pick.coverage_code, event_date, actor), True)
        for pick in known
    ]


def _held_policies(numbers: Collection[str], actor: Actor) -> dict[str, Policy]:
    """By their numbers. Raises NotFound, HasPart."""
    query = select(Policy).where(Policy.number.in_(numbers)).order_by(Policy.id)
    held = db.session.scalars(query.with_for_update(key_share=True, of=Policy)).unique().all()
    if len(held) < len(numbers):
        raise NotFound("No encontramos esa póliza.")
    for policy in held:
        conflicts_of_interest.check_none_in_policy(actor, policy.id)
    return {one.number: one for one in held}


def _check_coverage(policy: Policy, coverage_code: str | None) -> None:
    product = offers.offer(policy.product_version_id).product
    if coverage_code is not None and coverage_code not in {one.code for one in product.coverages}:
        raise DomainError("Elija una cobertura de esa póliza.", "poliza")


def _registered(notice: Notice, policy: Policy, coverage_code: str | None, event_date: date, actor: Actor) -> Claim:
    claim = Claim(
        public_id=secrets.token_urlsafe(9),
        policy=policy,
        coverage_code=coverage_code,
        event_date=event_date,
        story=notice.story,
        registered_by_id=actor.account_id,
    )
    db.session.add(claim)
    db.session.flush()
    filing.enter(claim, actor)
    return claim


def _link(notice: Notice, claims: Sequence[Claim], actor: Actor) -> None:
    """Make the sender somebody in each of these claims. Who has a part in one is told; whoever has none reads what they
    read before, until the desk answers them."""
    there = {one.claim_id for one in notice.matches}
    new = [claim for claim in claims if claim.id not in there]
    if not new:
        return
    has_part = False
    for claim in new:
        party = notice_parties.of_sender(claim, notice, actor)
        has_part = has_part or party.kind is not PartyKind.NOTIFIER
        notice.matches.append(
            NoticeMatch(claim_id=claim.id, party_id=party.id, matched_by_id=actor.account_id, matched_at=clock.now())
        )
        events.record(claim, ClaimEventKind.MATCHED, actor, party=party, notice=notice.number)
    if has_part:
        notice_parties.tell(notice)


def _owe_what_a_death_asks(claims: Sequence[Claim], kind: EventKind, actor: Actor) -> None:
    """The insurer is told at once (Res. SBS 2829-2016, art. 18 f), the beneficiaries within 48 hours (Ley 29355; DS
    271-2009-EF, art. 7): once a policy."""
    if kind is not EventKind.DEATH:
        return
    policies: set[int] = set()
    for claim in claims:
        if claim.policy_id not in policies:
            policies.add(claim.policy_id)
            _tell_insurer(claim, actor)
        named = any(one.kind is PartyKind.BENEFICIARY for one in claim.parties)
        if named and not _is_owed(claim.policy_id):
            hours = terms.product_of(claim).limits.claims.beneficiaries_told_hours
            due_at = clock.now() + timedelta(hours=hours)
            db.session.add(ClaimTask(claim_id=claim.id, kind=TaskKind.TELL_BENEFICIARIES, due_at=due_at))
            db.session.flush()


def _is_owed(policy_id: int) -> bool:
    """Whether its beneficiaries are told of the death, or were: not of one that was none."""
    lives = exists().where(ClaimEvent.claim_id == Claim.id, ClaimEvent.kind == ClaimEventKind.LIVES)
    query = (
        select(ClaimTask.id)
        .join(Claim, Claim.id == ClaimTask.claim_id)
        .where(Claim.policy_id == policy_id, ClaimTask.kind == TaskKind.TELL_BENEFICIARIES, ~lives)
    )
    return db.session.scalars(query.limit(1)).one_or_none() is not None


def _tell_insurer(claim: Claim, actor: Actor) -> None:
    sold = terms.product_of(claim)
    on_sale = next(
        (one.product.insurer for one in offers.offers() if one.product.insurer.ruc == sold.insurer.ruc), None
    )
    address = (on_sale.notices_email if on_sale else None) or sold.insurer.notices_email
    if address is None:
        audit.record(actor, "notice.insurer_unknown", f"claim:{claim.number}")
        return
    mail = InsurerTold(
        insurer=sold.insurer.name,
        policy_number=claim.policy.number,
        claim_number=claim.number or "",
        insured=claim.policy.insured.full_name,
        document=str(claim.policy.insured.identity),
        event_date=claim.event_date or clock.today(),
    )
    outgoing.queue(mail, to=address, account=None, claim=claim)
