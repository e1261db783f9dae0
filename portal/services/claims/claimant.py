"""A claim for who gave notice of it without an account: their own papers, the clock and their share, nothing of others.

Who only told of it sees no claim. Other people of the same event have pages of their own; for each other's numbers,
papers and files they get what a stranger gets. Source: B01.
"""

from dataclasses import dataclass, replace

from portal.domain.actor import Actor
from portal.domain.claim import PartyKind
from portal.domain.errors import NotFound
from portal.integrations.reception import Source
from portal.models import Claim, ClaimPaper, ClaimParty, Notice, NoticeMatch, StoredFile
from portal.services.claims import papers, parties
from portal.services.claims.attachments import Attachment, read, take_in


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


def of(match: NoticeMatch, actor: Actor) -> Claimant:
    """The one that a notice turned out to be about. Raises NotFound for who only told of it."""
    if match.party.kind is PartyKind.NOTIFIER:
        raise NotFound
    return _claimant(match, actor)


def attachments(claimant: Claimant) -> list[Attachment]:
    """The papers that they may send, with what they sent: their own and those of the claim. Of a claim's paper that
    somebody else brought only its state is seen."""
    known = _known(claimant)
    files = {one.id: [file for file in one.files if _is_theirs(claimant, file)] for one in known}
    sent = {paper_id: found for paper_id, found in files.items() if found}
    return read(claimant.claim, known, sent, claimant.actor)


def send(claimant: Claimant, paper_id: int, source: Source, *, is_instead: bool = False) -> StoredFile:
    """Take a file in for one of these papers. Raises NotFound, NotAllowed once it was accepted or the claim answered,
    and what `uploads.take` raises."""
    paper = _find(claimant, paper_id)
    place = papers.file_place(paper, claimant.party)
    return take_in(paper, place, source, claimant.actor, is_instead=is_instead)


def file(claimant: Claimant, file_id: int) -> StoredFile:
    """One that they sent. Raises NotFound."""
    for paper in _known(claimant):
        for found in paper.files:
            if found.id == file_id and _is_theirs(claimant, found):
                return found
    raise NotFound


def _claimant(match: NoticeMatch, actor: Actor) -> Claimant:
    return Claimant(match.claim, match.party, replace(actor, party_ids=frozenset({match.party_id})))


def _find(claimant: Claimant, paper_id: int) -> ClaimPaper:
    for paper in _known(claimant):
        if paper.id == paper_id:
            return paper
    raise NotFound(papers.UNKNOWN)


def _known(claimant: Claimant) -> list[ClaimPaper]:
    own = {one.id for one in claimant.own}
    return [one for one in claimant.claim.papers if one.party_id is None or one.party_id in own]


def _is_theirs(claimant: Claimant, file: StoredFile) -> bool:
    """Whether it came from their own page."""
    return file.slot == papers.slot_of(claimant.party)
