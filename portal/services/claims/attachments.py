"""The papers of a claim with what was sent for each, as who sends them sees it; and sending one ("Adjuntos", S39)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.domain.actor import Actor
from portal.domain.catalogue import RequiredDocument
from portal.domain.claim import ClaimState, PaperState
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.received_file import FileState, Flaw
from portal.integrations.reception import Source
from portal.models import Claim, ClaimPaper, ClaimParty, StoredFile
from portal.models.transaction import writing
from portal.services.claims import claim as rows
from portal.services.claims import papers, parties
from portal.services.evidence import uploads
from portal.services.evidence.uploads import Place

_ARRIVING = "claim"  # where the first file is that nobody asked for, until it is there


@dataclass(frozen=True, slots=True)
class Attachment:
    """A paper, what the policy says of it, and its files, the oldest first; those that were lost are to be sent again.
    `owner`: the person whose own it is, where there are several. `may_send`: whether the reader has a part in it."""

    paper: ClaimPaper
    document: RequiredDocument
    files: Sequence[StoredFile]
    owner: ClaimParty | None
    may_send: bool

    @property
    def is_taken(self) -> bool:
        """Whether the reader may send a file for it now."""
        return self.may_send and papers.is_taking(self.paper)

    @property
    def is_asked(self) -> bool:
        """Whether its sender must do something: it is needed, and not here or not good."""
        is_waited_for = self.paper.required and self.paper.state in (PaperState.PENDING, PaperState.OBSERVED)
        return is_waited_for and self.may_send

    @property
    def is_for_some(self) -> bool:
        """Whether only some cases need it, and nothing says yet that this is one: not asked for, nothing sent."""
        return self.document.is_conditional and not self.paper.required and not self.files

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What makes the newest file hard to read, as long as nobody has looked at it."""
        is_new = self.paper.state is PaperState.RECEIVED and self.files
        return self.files[-1].flaws if is_new else ()

    @property
    def is_lost(self) -> bool:
        """Whether a file of it came, and is gone by our fault."""
        return any(one.state is FileState.LOST for one in self.files)


def of(claim: Claim, actor: Actor) -> list[Attachment]:
    """The papers of the claim that the actor may know of: the observed first, then what is missing, what came, and what
    only some cases need. The holder sees how everybody's stand, and of other people's own papers the files that the
    holder sent."""
    shown = [one for one in claim.papers if _is_known(claim, one, actor)]
    files = _files_of(shown, claim, actor)
    return read(claim, shown, files, actor)


def read(
    claim: Claim, shown: Sequence[ClaimPaper], files: Mapping[int, Sequence[StoredFile]], actor: Actor
) -> list[Attachment]:
    """These papers as the actor sees them, with these files of each: who has no part in the claim any more, what they
    sent."""
    several = len({one.party_id for one in shown if one.party_id is not None}) > 1
    is_in = not parties.is_out(claim, actor)
    found = [
        Attachment(one, papers.document_of(one), files.get(one.id, ()), one.party if several else None, is_in)
        for one in shown
        if is_in or one.id in files
    ]
    return sorted(found, key=_rank)


def send(paper_id: int, claim: Claim, source: Source, actor: Actor, *, is_instead: bool = False) -> StoredFile:
    """Take a file in for one of the papers of `claim`, which its caller may send for. Raises NotFound, NotAllowed once
    it was accepted or the claim answered, and what `uploads.take` raises."""
    paper = _find(claim, paper_id, actor)
    return take_in(paper, papers.file_place(paper), source, actor, is_instead=is_instead)


def take_in(paper: ClaimPaper, place: Place, source: Source, actor: Actor, *, is_instead: bool) -> StoredFile:
    """Take a file in for a paper that the actor may send for: it is there, and the paper has come, at one moment.
    Raises NotAllowed as `papers.check_taking`, and what `uploads.take` raises."""
    papers.check_taking(paper, actor)
    paper_id = paper.id

    def come(_file: StoredFile) -> None:
        papers.receive(paper_id, actor, is_instead=is_instead)

    def come_again(file: StoredFile) -> None:
        with writing() as session:
            come(file)
            session.refresh(file)
            if file.state is not FileState.STORED:
                raise NotAllowed("Acaba de quitar ese archivo en otra ventana. Envíelo otra vez.")

    return uploads.take(place, source, actor, come, come_again)


def send_other(claim: Claim, source: Source, actor: Actor) -> StoredFile:
    """Take a file in that nobody asked for: it may help. Its paper is made when the first is there. Raises as
    `send`."""
    papers.check_open(claim, actor)
    own = [] if parties.is_holder(claim, actor) else parties.own(claim, actor)
    party_id = next((one.id for one in own if one.excluded_at is None), None)
    known = papers.other(claim, party_id)
    if known is not None:
        return send(known.id, claim, source, actor)
    claim_id = claim.id

    def come(file: StoredFile) -> None:
        paper = papers.make_other(rows.hold(claim_id), party_id)
        uploads.move(file, papers.file_place(paper))
        papers.receive(paper.id, actor)

    place = Place(_ARRIVING, claim_id, f"{papers.OTHER.code}-{party_id or 0}", most=papers.MOST)
    return uploads.take(place, source, actor, come)


def take_away(file_id: int, claim: Claim, actor: Actor) -> None:
    """Take a file away that was sent for a claim that is not registered yet. Raises NotFound, NotAllowed."""
    with writing() as session:
        held = rows.hold(claim.id)
        file = find(file_id, held, actor)
        if held.state is not ClaimState.DRAFT:
            raise NotAllowed("Este siniestro ya está registrado: lo que envió queda en él.")
        uploads.withdraw(file, actor)
        session.flush()
        if not uploads.files_of(ClaimPaper.FILES, file.owner_id):
            papers.take_back(session.get_one(ClaimPaper, file.owner_id), actor)


def find(file_id: int, claim: Claim, actor: Actor) -> StoredFile:
    """A file of the claim that the actor, of whom the claim is, may see: not of other people's own papers. Raises
    NotFound."""
    for paper in claim.papers:
        for file in paper.files:
            if file.id == file_id and _is_known(claim, paper, actor) and _is_shown(claim, paper, file, actor):
                return file
    raise NotFound


def _find(claim: Claim, paper_id: int, actor: Actor) -> ClaimPaper:
    paper = next((one for one in claim.papers if one.id == paper_id), None)
    if paper is None or not _is_known(claim, paper, actor):
        raise NotFound(papers.UNKNOWN)
    return paper


def _is_known(claim: Claim, paper: ClaimPaper, actor: Actor) -> bool:
    """Whether the actor may know of the paper: the holder, who registered it, the staff that its caller let in, and
    everybody of their own."""
    registers = actor.is_staff or claim.registered_by_id == actor.account_id
    return registers or parties.is_holder(claim, actor) or _is_own(claim, paper, actor)


def _is_shown(claim: Claim, paper: ClaimPaper, file: StoredFile, actor: Actor) -> bool:
    """Whether the actor may see the file: of another person's own paper, and as one of the staff who didn't register
    the claim, only one that they sent themselves."""
    is_colleague = actor.is_staff and claim.registered_by_id != actor.account_id
    return file.sender_id == actor.account_id or (not is_colleague and _is_own(claim, paper, actor))


def _is_own(claim: Claim, paper: ClaimPaper, actor: Actor) -> bool:
    return paper.party_id is None or paper.party_id in {one.id for one in parties.own(claim, actor)}


def _files_of(shown: Sequence[ClaimPaper], claim: Claim, actor: Actor) -> dict[int, list[StoredFile]]:
    files = {one.id: [file for file in one.files if _is_shown(claim, one, file, actor)] for one in shown}
    return {paper_id: found for paper_id, found in files.items() if found}


def _rank(one: Attachment) -> tuple[int, int]:
    if one.paper.state is PaperState.OBSERVED:
        rank = 0
    elif one.is_asked:
        rank = 1
    else:
        rank = 3 if not one.paper.required and not one.files else 2
    return rank, one.paper.id
