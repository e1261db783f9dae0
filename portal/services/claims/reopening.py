"""Looking at an answered claim again: by a second one that names the first, with a number and a clock of its own. The
first stays as it was answered. Source: docs/rules.md, Claims."""

import secrets
from collections.abc import Mapping

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind, ClaimState, PaperState, PartyKind
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.models import Claim, ClaimPaper, ClaimParty, NoticeMatch, StoredFile
from portal.services.claims import events, filing, papers
from portal.services.evidence import uploads

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
    they want to be paid, and its papers as far as they came, with their files, which serve both from then on. Where
    another person's review has led to one already, that one."""
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
        days_told=first.days_told,
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
    _carry_papers(first, people, second, actor)
    papers.reckon(second, actor)
    events.record(first, ClaimEventKind.REOPENED, actor, by=second.number)
    return second


def _people(first: Claim, second: Claim) -> dict[int, ClaimParty]:
    """Make who is in the second the same people as in the first: the second's, by the first's key of each."""
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
    return ours


def _carry_papers(first: Claim, people: Mapping[int, ClaimParty], second: Claim, actor: Actor) -> None:
    """What came for the first has come for the second, also what nobody asked for."""
    placed = {(one.party_id, one.code): one for one in second.papers}
    carried: dict[int, ClaimPaper] = {}
    for before in first.papers:
        if before.state not in _CAME:
            continue
        party = people[before.party_id] if before.party_id else None
        paper = placed.get((party.id if party else None, before.code))
        if paper is None:
            paper = ClaimPaper(party=party, code=before.code)
            second.papers.append(paper)
            db.session.flush()
        paper.required, paper.is_instead = before.required, before.is_instead
        paper.received_at = before.received_at
        paper.move_to(PaperState.RECEIVED)
        if before.state is PaperState.ACCEPTED:
            paper.move_to(PaperState.ACCEPTED)
            paper.reviewed_at, paper.reviewed_by_id = clock.now(), before.reviewed_by_id
        carried[before.id] = paper
    db.session.flush()
    senders = {papers.slot_of(one): people[one.id] for one in first.parties}
    _share_files(carried, senders, actor)


def _share_files(carried: Mapping[int, ClaimPaper], senders: Mapping[str, ClaimParty], actor: Actor) -> None:
    """The files of the first's papers, by their keys, serve the second's too; `senders` are the second's, by where the
    first has theirs."""
    files = db.session.scalars(
        select(StoredFile)
        .where(
            StoredFile.owner_kind == ClaimPaper.FILES,
            StoredFile.owner_id.in_(carried),
            StoredFile.state.in_((FileState.STORED, FileState.LOST)),
        )
        .order_by(StoredFile.id)
        .with_for_update(read=True)  # whoever takes one away waits, and finds it used
    )
    for file in files.all():
        uploads.share(file, papers.file_place(carried[file.owner_id], senders.get(file.slot)), actor)


def _follow(first: Claim, people: Mapping[int, ClaimParty], second: Claim, actor: Actor) -> None:
    """Who has a part and no account follows the second by their notice, as they did the first; not who only told."""
    with_part = NoticeMatch.party.has(ClaimParty.kind != PartyKind.NOTIFIER)
    for match in db.session.scalars(select(NoticeMatch).where(NoticeMatch.claim_id == first.id, with_part)).all():
        db.session.add(
            NoticeMatch(
                notice_id=match.notice_id,
                claim_id=second.id,
                party_id=people[match.party_id].id,
                matched_by_id=actor.account_id,
                matched_at=clock.now(),
            )
        )
    db.session.flush()


def _is_same(one: ClaimParty, other: ClaimParty) -> bool:
    if one.kind is not other.kind or one.beneficiary_id != other.beneficiary_id:
        return False
    return one.beneficiary_id is not None or one.identity == other.identity
