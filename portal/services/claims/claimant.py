"""A claim for who gave notice of it without an account: their own papers, the clock and their share, nothing of others.

Who only told of it sees no claim. Other people of the same event have pages of their own; for each other's numbers,
papers and files they get what a stranger gets. Source: B01.
"""

from dataclasses import dataclass, replace

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.claim import PartyKind
from portal.domain.errors import NotFound
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.integrations.reception import Source
from portal.models import Claim, ClaimPaper, ClaimParty, Notice, NoticeMatch, StoredFile
from portal.services.claims import papers, parties
from portal.services.claims.attachments import Attachment, read, take_in

_SHOWN = (FileState.STORED, FileState.LOST)


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who gave the notice, as somebody of one claim; `actor` acts for their own part alone."""

    claim: Claim
    party: ClaimParty
    actor: Actor

    @property
    def own(self) -> list[ClaimParty]:
        """They themself, and the minors that they act for."""
        return parties.own(self.claim, self.actor)

    @property
    def paid(self) -> list[ClaimParty]:
        """Those of them who would be paid."""
        return [one for one in parties.paid(self.claim) if one in self.own]


def all_of(notice: Notice, actor: Actor) -> list[Claimant]:
    """Each claim in which the sender of the notice is more than who told of it."""
    return [_claimant(one, actor) for one in notice.matches if one.party.kind is not PartyKind.NOTIFIER]


def of(notice: Notice, number: str, actor: Actor) -> Claimant:
    """One of them. Raises NotFound."""
    for one in notice.matches:
        if one.claim.number == number and one.party.kind is not PartyKind.NOTIFIER:
            return _claimant(one, actor)
    raise NotFound


def attachments(claimant: Claimant) -> list[Attachment]:
    """The papers that they may send, with what they sent: their own and those of the claim. Of a claim's paper that
    somebody else brought only its state is seen. One query beside the claim's own."""
    own = {one.id for one in claimant.own}
    known = [one for one in claimant.claim.papers if one.party_id is None or one.party_id in own]
    query = select(StoredFile).where(
        StoredFile.owner_kind == ClaimPaper.FILES,
        StoredFile.owner_id.in_([one.id for one in known]),
        StoredFile.state.in_(_SHOWN),
    )
    files: dict[int, list[StoredFile]] = {}
    for file in db.session.scalars(query.order_by(StoredFile.id)):
        if _is_theirs(claimant, file):
            files.setdefault(file.owner_id, []).append(file)
    return read(claimant.claim, known, files, claimant.actor)


def send(claimant: Claimant, paper_id: int, source: Source, *, is_instead: bool = False) -> StoredFile:
    """Take a file in for one of these papers. Raises NotFound, NotAllowed once it was accepted or the claim answered,
    and what `uploads.take` raises."""
    paper = _find(claimant, paper_id)
    place = papers.file_place(paper, claimant.party)
    return take_in(paper, place, source, claimant.actor, is_instead=is_instead)


def file(claimant: Claimant, file_id: int) -> StoredFile:
    """One that they sent. Raises NotFound."""
    found = db.session.get(StoredFile, file_id)
    if found is None or found.owner_kind != ClaimPaper.FILES or found.state not in _SHOWN:
        raise NotFound
    _find(claimant, found.owner_id)
    if not _is_theirs(claimant, found):
        raise NotFound
    return found


def _claimant(match: NoticeMatch, actor: Actor) -> Claimant:
    return Claimant(match.claim, match.party, replace(actor, party_ids=frozenset({match.party_id})))


def _find(claimant: Claimant, paper_id: int) -> ClaimPaper:
    own = {one.id for one in claimant.own}
    for paper in claimant.claim.papers:
        if paper.id == paper_id and (paper.party_id is None or paper.party_id in own):
            return paper
    raise NotFound(papers.UNKNOWN)


def _is_theirs(claimant: Claimant, file: StoredFile) -> bool:
    """Whether it came from their own page."""
    return file.slot == papers.slot_of(claimant.party)
