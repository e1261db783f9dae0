"""The papers of a claim: which ones the policy lists for it, what came, and what follows from each that comes.

Only papers that the version sold lists may be required (Res. SBS 2829-2016, art. 23); one that only some cases need is
not, until the desk finds the case to be one of them. Source: docs/rules.md, Claims.
"""

from collections.abc import Iterator

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.catalogue import PayeeType, RequiredDocument
from portal.domain.claim import ClaimEventKind, ClaimState, PaperState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.extensions import db
from portal.models import Claim, ClaimPaper, ClaimParty
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.claims import deadlines, events, parties
from portal.services.evidence.uploads import Place
from portal.services.platform import audit

_SLOT = "archivo"
MOST = 10  # files of one paper: photos of its pages
# While papers can still come, and be looked at.
TAKING = (ClaimState.REGISTERED, ClaimState.ASSESSED, ClaimState.OBSERVED)
_HERE = (PaperState.RECEIVED, PaperState.ACCEPTED)
# What somebody sends that nobody asked for: it may help.
OTHER = RequiredDocument(code="otro", name="Otro documento")
_OUT = "Ya no necesitamos documentos de usted para este pedido. Si tiene dudas, llámenos."
UNKNOWN = "No encontramos ese documento."
_GONE = "Este pedido ya tiene respuesta: no recibe más documentos."


def place(claim: Claim) -> None:
    """Make a row for each paper that its coverage lists: of the claim, and of each person who is paid. Those of a draft
    that are no longer listed are taken away. In the present transaction, after `parties.place`."""
    wanted = dict(_listed(claim))
    for paper in list(claim.papers):
        is_listed = wanted.pop((paper.party_id, paper.code), None) is not None or paper.code == OTHER.code
        if not is_listed and claim.state is ClaimState.DRAFT:
            claim.papers.remove(paper)
            db.session.delete(paper)
    db.session.flush()
    for (party_id, code), document in wanted.items():
        claim.papers.append(ClaimPaper(party_id=party_id, code=code, required=not document.is_conditional))
    db.session.flush()


def document_of(paper: ClaimPaper) -> RequiredDocument:
    """What the policy says of the paper, in the version sold. Raises NotFound for one that it does not know."""
    if paper.code == OTHER.code:
        return OTHER
    coverage = terms.coverage_of(paper.claim)
    ours = coverage.documents if coverage else ()
    for document in (*ours, *(one for other in terms.product_of(paper.claim).coverages for one in other.documents)):
        if document.code == paper.code:
            return document
    raise NotFound


def file_place(paper: ClaimPaper, sender: ClaimParty | None = None) -> Place:
    """Where its files are; `sender` where that is somebody without an account."""
    return Place(ClaimPaper.FILES, paper.id, slot_of(sender), most=MOST)


def slot_of(sender: ClaimParty | None) -> str:
    """Nobody without an account is known as a file's sender: of theirs the slot says whose they are."""
    return f"{_SLOT}-{sender.id}" if sender else _SLOT


def asked(claim: Claim) -> list[RequiredDocument]:
    """What its coverage lists, each once: what is always needed first, then what only some cases need."""
    listed = {document.code: document for _, document in _listed(claim)}
    return sorted(listed.values(), key=lambda one: one.when is not None)


def other(claim: Claim, party_id: int | None) -> ClaimPaper | None:
    """The paper of what nobody asked for, of the claim or of a person; None while nothing of it came."""
    return next((one for one in claim.papers if one.code == OTHER.code and one.party_id == party_id), None)


def make_other(claim: Claim, party_id: int | None) -> ClaimPaper:
    """As `other`, made if need be, in the transaction in which its first file is there."""
    known = other(claim, party_id)
    if known is None:
        known = ClaimPaper(party_id=party_id, code=OTHER.code, required=False)
        claim.papers.append(known)
        db.session.flush()
    return known


def of_party(claim: Claim, party: ClaimParty) -> list[ClaimPaper]:
    """A person's own papers."""
    return [one for one in claim.papers if one.party_id == party.id]


def is_taking(paper: ClaimPaper) -> bool:
    """Whether a file may still be sent for it."""
    return _is_open(paper.claim) and paper.state is not PaperState.ACCEPTED and not _is_of_nobody(paper)


def check_taking(paper: ClaimPaper, actor: Actor) -> None:
    """Before a file is taken in. Raises NotAllowed once it was accepted or the claim answered, and when who sends it or
    whose paper it is has no part in the claim any more."""
    if paper.state is PaperState.ACCEPTED:
        raise NotAllowed("Este documento ya fue aceptado: no hace falta enviarlo otra vez.")
    check_open(paper.claim, actor)
    if _is_of_nobody(paper):
        raise NotAllowed(_OUT)


def check_open(claim: Claim, actor: Actor) -> None:
    """Before a file is taken in for the claim. Raises NotAllowed."""
    if not _is_open(claim):
        raise NotAllowed(_GONE)
    if parties.is_out(claim, actor):
        raise NotAllowed(_OUT)


def receive(paper_id: int, actor: Actor, *, is_instead: bool = False) -> None:
    """Write down that a file came for it, in the transaction from which on that is there; who may send one was asked
    before. `is_instead`: it is what serves in its place. Sent twice, it came once. Raises NotFound when it is asked for
    no more, NotAllowed as `check_taking`."""
    paper = _held(paper_id)
    check_taking(paper, actor)
    paper.is_instead = is_instead
    if paper.state is not PaperState.RECEIVED:
        paper.move_to(PaperState.RECEIVED)
        paper.received_at = clock.now()
        if paper.claim.number:
            events.record(paper.claim, ClaimEventKind.PAPER_RECEIVED, actor, paper=paper, code=paper.code)
            reckon(paper.claim, actor)
    db.session.flush()
    audit.record(actor, "claim.paper", _subject(paper), paper_id=paper.id, code=paper.code)


def take_back(paper: ClaimPaper, actor: Actor) -> None:
    """Write down that no file of it is left, in the present transaction, which holds its claim: a draft."""
    paper.move_to(PaperState.PENDING)
    paper.is_instead = False
    audit.record(actor, "claim.paper_back", _subject(paper), paper_id=paper.id)


def accept(paper: ClaimPaper, actor: Actor) -> None:
    """It proves what it must; in the present transaction. Raises NotAllowed when it is not there to be judged."""
    _check_judged(paper)
    paper.move_to(PaperState.ACCEPTED)
    paper.reason = ""
    paper.reviewed_at, paper.reviewed_by_id = clock.now(), actor.account_id
    events.record(paper.claim, ClaimEventKind.PAPER_ACCEPTED, actor, paper=paper, code=paper.code)
    reckon(paper.claim, actor)


def observe(paper: ClaimPaper, actor: Actor, reason: str) -> None:
    """It must be sent again, for `reason`, in words for who sends it; in the present transaction. Raises NotAllowed
    when it is not there to be judged, DomainError without a reason."""
    _check_judged(paper)
    if not reason.strip():
        raise DomainError("Escriba qué le falta al documento.", "motivo")
    paper.move_to(PaperState.OBSERVED)
    paper.reason = reason.strip()
    paper.reviewed_at, paper.reviewed_by_id = clock.now(), actor.account_id
    events.record(paper.claim, ClaimEventKind.PAPER_OBSERVED, actor, paper=paper, words=paper.reason, code=paper.code)
    reckon(paper.claim, actor)


def ask(paper: ClaimPaper, actor: Actor) -> None:
    """A paper that only some cases need is needed in this one; in the present transaction. Raises NotAllowed once the
    claim is answered."""
    if paper.claim.state not in TAKING:
        raise NotAllowed(_GONE)
    if not paper.required:
        paper.required = True
        events.record(paper.claim, ClaimEventKind.PAPER_ASKED, actor, paper=paper, code=paper.code)
        reckon(paper.claim, actor)


def needed(claim: Claim) -> list[ClaimPaper]:
    """The papers without which its file is not complete; who lost their share, or took it back, brings none."""
    return [one for one in claim.papers if one.required and not _is_of_nobody(one)]


def missing(claim: Claim) -> list[ClaimPaper]:
    """Those of them that did not come, or must come again: the observed ones first."""
    waiting = [one for one in needed(claim) if one.state not in _HERE]
    return sorted(waiting, key=lambda one: (one.state is not PaperState.OBSERVED, one.id))


def is_complete(claim: Claim) -> bool:
    """Whether all is there: under a coverage, with somebody to pay, each needed paper received or accepted."""
    return claim.coverage_code is not None and bool(parties.paid(claim)) and not missing(claim)


def reckon(claim: Claim, actor: Actor) -> None:
    """What follows for the claim from how its papers stand now, in the present transaction: complete or not, its state,
    its clock. Whoever changes a paper, a person or what is asked calls it."""
    if claim.state not in TAKING:
        return
    if is_complete(claim):
        if claim.complete_at is None:
            claim.complete_at = clock.now()
            events.record(claim, ClaimEventKind.COMPLETE, actor)
        _be(claim, ClaimState.ASSESSED)
    else:
        if claim.complete_at is not None:
            claim.complete_at = None
            events.record(claim, ClaimEventKind.INCOMPLETE, actor)
        _wait(claim)
    deadlines.keep(claim)


def _wait(claim: Claim) -> None:
    """Who sends papers acts next. A claim that was being assessed is seen to be asked for something."""
    is_observed = any(one.state is PaperState.OBSERVED for one in missing(claim))
    if is_observed or claim.state is ClaimState.ASSESSED:
        _be(claim, ClaimState.OBSERVED)
    else:
        _be(claim, ClaimState.REGISTERED)


def _be(claim: Claim, state: ClaimState) -> None:
    if claim.state is not state:
        claim.move_to(state)


def _listed(claim: Claim) -> Iterator[tuple[tuple[int | None, str], RequiredDocument]]:
    """What the coverage lists, by whose it is. Registering the claim is one of them, and handed in by nobody."""
    coverage = terms.coverage_of(claim)
    if coverage is None:
        return
    paid = parties.paid(claim)
    types: frozenset[PayeeType] = frozenset().union(*(parties.types_of(one) for one in paid))
    for document in coverage.claim_documents:
        if not document.by_registering and document.is_for(types):
            yield (None, document.code), document
    for party in paid:
        for document in coverage.documents_of_person(parties.types_of(party)):
            if not document.by_registering:
                yield (party.id, document.code), document


def _is_open(claim: Claim) -> bool:
    return claim.state in (ClaimState.DRAFT, *TAKING)


def _is_of_nobody(paper: ClaimPaper) -> bool:
    """Whether it is of somebody who has no part in the claim any more."""
    return paper.party is not None and paper.party.is_out


def _held(paper_id: int) -> ClaimPaper:
    """As it is now, with its claim. Answers that were changed meanwhile may have taken it away."""
    paper = db.session.get(ClaimPaper, paper_id)
    if paper is not None:
        rows.hold(paper.claim_id)
        paper = db.session.get(ClaimPaper, paper_id, populate_existing=True)
    if paper is None:
        raise NotFound(UNKNOWN)
    return paper


def _check_judged(paper: ClaimPaper) -> None:
    if paper.claim.state not in TAKING:
        raise NotAllowed("Este siniestro ya tiene respuesta.")
    if paper.state is not PaperState.RECEIVED:
        raise NotAllowed("Este documento no espera revisión. Mire otra vez cómo está.")


def _subject(paper: ClaimPaper) -> str:
    return f"claim:{paper.claim.number or paper.claim.public_id}"
