"""Looking at an answered claim again: by a second one that names the first, with a number and a clock of its own. The
first stays as it was answered. Source: docs/rules.md, Claims."""

import secrets

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind, ClaimState, PaperState
from portal.extensions import db
from portal.models import Claim, ClaimParty, NoticeMatch
from portal.services.claims import events, filing, papers

_SAME = (
    "account_id",
    "country",
    "document_type",
    "document_number",
    "birth_date",
    "email",
    "phone",
    "relation",
    "share",
)
_WAY = ("way", "cci", "agency_code", "way_chosen_at", "excluded_at", "ground", "told_at")
_CAME = (PaperState.RECEIVED, PaperState.ACCEPTED)


def open_again(first: Claim, actor: Actor) -> Claim:
    """The second claim of the same event, in the present transaction: registered now, with the people of the first, how
    they want to be paid, and its papers as far as they came. Their files stay with the first. Where another person's
    review has led to one already, that one."""
    known = db.session.scalars(
        select(Claim).where(Claim.previous_id == first.id, Claim.state != ClaimState.WITHDRAWN).limit(1)
    ).first()
    if known is not None:
        return known
    second = Claim(
        public_id=secrets.token_urlsafe(9),
        policy=first.policy,
        coverage_code=first.coverage_code,
        event_date=first.event_date,
        cause=first.cause,
        story=first.story,
        warnings=list(first.warnings),
        registered_by_id=first.registered_by_id,
        consented_at=first.consented_at,
        assignee_id=None,
        previous_id=first.id,
    )
    db.session.add(second)
    db.session.flush()
    filing.enter(second, actor)
    people = _people(first, second)
    _follow(first, people, second, actor)
    papers.place(second)
    came = {(one.party_id, one.code): one for one in first.papers if one.state in _CAME}
    for paper in second.papers:
        before = came.get((people.get(paper.party_id or 0), paper.code))
        if before is None:
            continue
        paper.required, paper.is_instead = before.required, before.is_instead
        paper.received_at = before.received_at
        paper.move_to(PaperState.RECEIVED)
        if before.state is PaperState.ACCEPTED:
            paper.move_to(PaperState.ACCEPTED)
            paper.reviewed_at, paper.reviewed_by_id = clock.now(), before.reviewed_by_id
    papers.reckon(second, actor)
    events.record(first, ClaimEventKind.REOPENED, actor, by=second.number)
    return second


def _people(first: Claim, second: Claim) -> dict[int, int | None]:
    """Make who is in the second the same people as in the first. The first's key of each, by the second's."""
    ours: dict[int, ClaimParty] = {}
    for person in first.parties:
        found = next((one for one in second.parties if _is_same(one, person) and one not in ours.values()), None)
        if found is None:
            found = ClaimParty(kind=person.kind, names=person.names, surnames=person.surnames)
            found.beneficiary_id = person.beneficiary_id
            second.parties.append(found)
        for name in (*_SAME, *_WAY):
            setattr(found, name, getattr(person, name))
        ours[person.id] = found
    for person in first.parties:
        if person.represented_by_id is not None:
            ours[person.id].represented_by = ours[person.represented_by_id]
    db.session.flush()
    return {found.id: key for key, found in ours.items()} | {0: None}


def _follow(first: Claim, people: dict[int, int | None], second: Claim, actor: Actor) -> None:
    """Who has no account follows the second by their notice, as they did the first."""
    ours = {key: party_id for party_id, key in people.items()}
    for match in db.session.scalars(select(NoticeMatch).where(NoticeMatch.claim_id == first.id)).all():
        db.session.add(
            NoticeMatch(
                notice_id=match.notice_id,
                claim_id=second.id,
                party_id=ours[match.party_id],
                matched_by_id=actor.account_id,
                matched_at=clock.now(),
            )
        )
    db.session.flush()


def _is_same(one: ClaimParty, other: ClaimParty) -> bool:
    if one.kind is not other.kind or one.beneficiary_id != other.beneficiary_id:
        return False
    return one.beneficiary_id is not None or one.identity == other.identity
