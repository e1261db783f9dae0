"""Each document of a claim looked at by itself: accepted, or observed with a reason for who sends it again.

Only what the policy lists can be asked for (Res. SBS 2829-2016, art. 23): a document of a case is marked as needed when
this is that case. What is judged is what was shown. Source: docs/rules.md, Claims.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind, PaperState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.typed import clean
from portal.extensions import db
from portal.models import ClaimPaper
from portal.models.transaction import writing
from portal.services.claims import assessment, events, papers, resolutions, sight
from portal.services.claims import claim as rows
from portal.services.platform import audit

LONGEST_REASON = 300
_MORE = "Llegó otro archivo mientras usted lo leía. Mírelo antes de decidir."


def accept(number: str, paper_id: int, actor: Actor, *, shown: int | None) -> None:
    """It proves what it must. `shown`: the newest file that the page had. Raises DomainError when more has come since,
    NotAllowed when it does not wait for the desk, NotFound, HasPart."""
    with _judged(number, paper_id, actor, "accept") as paper:
        _check_shown(paper, shown)
        papers.accept(paper, actor)


def observe(number: str, paper_id: int, reason: str, actor: Actor, *, shown: int | None) -> None:
    """It must be sent again: `reason` is what its sender reads, by mail within minutes together with whatever else was
    observed. Raises as `accept`, and DomainError on `motivo`."""
    reason = clean(reason)
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"Use {LONGEST_REASON} letras como máximo.", "motivo")
    with _judged(number, paper_id, actor, "observe") as paper:
        _check_shown(paper, shown)
        papers.observe(paper, actor, reason)


def need(number: str, paper_id: int, actor: Actor) -> None:
    """This is the case in which the document is needed. Raises NotAllowed, NotFound, HasPart."""
    with _judged(number, paper_id, actor, "need") as paper:
        papers.ask(paper, actor)


def spare(number: str, paper_id: int, actor: Actor) -> None:
    """This is not the case in which the document is needed; what was sent of it stays. Raises NotAllowed for one that
    every claim needs, NotFound, HasPart."""
    with _judged(number, paper_id, actor, "spare") as paper:
        if papers.document_of(paper).when is None:
            raise NotAllowed("Este documento lo pide siempre la póliza.")
        if paper.required and paper.state in (PaperState.PENDING, PaperState.OBSERVED):
            paper.required = False
            events.record(paper.claim, ClaimEventKind.PAPER_SPARED, actor, paper=paper, code=paper.code)
            papers.reckon(paper.claim, actor)


@contextmanager
def _judged(number: str, paper_id: int, actor: Actor, verb: str) -> Iterator[ClaimPaper]:
    """The document, in a transaction of its own that holds its claim. What is proposed must be answered first."""
    with writing() as session:
        claim = rows.hold(sight.readable(number, actor).id)
        paper = session.get(ClaimPaper, paper_id, populate_existing=True)
        if paper is None or paper.claim_id != claim.id:
            raise NotFound("No encontramos ese documento.")
        resolutions.check_none_waits(claim)
        yield paper
        db.session.flush()
        audit.record(actor, f"claim.paper_{verb}", f"claim:{number}", paper_id=paper.id, code=paper.code)


def _check_shown(paper: ClaimPaper, shown: int | None) -> None:
    if assessment.stamp_of(paper) != (shown or 0):
        raise DomainError(_MORE)
