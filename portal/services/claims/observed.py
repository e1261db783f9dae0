"""Documents that must come again are asked for by mail: all of one sitting together, to who sends each of them."""

from collections import defaultdict
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, select

from portal.domain import clock
from portal.domain.claim import OPEN_CLAIMS, PaperState
from portal.extensions import db
from portal.models import Claim, ClaimPaper, ClaimParty, Message
from portal.models.transaction import writing
from portal.services.claims import addressees, papers
from portal.services.claims import claim as rows
from portal.services.claims.addressees import Addressee
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_answers import Asked, ClaimObserved

# So long after the last document was observed: whoever looks through ten of them writes one mail.
PAUSE = timedelta(minutes=5)
_AT_ONCE = 50


def tell_due() -> int:
    """Write to whom nobody has written yet of what was observed. How many claims; begun twice, each is told once."""
    due = db.session.scalars(
        select(Claim.id)
        .where(Claim.state.in_(OPEN_CLAIMS), exists().where(ClaimPaper.claim_id == Claim.id, _is_untold()))
        .order_by(Claim.id)
        .limit(_AT_ONCE)
    ).all()
    return sum(_tell(claim_id) for claim_id in due)


def _is_untold() -> ColumnElement[bool]:
    """That a document was observed of who still has a part, and no mail of the kind was written about its claim since:
    a condition."""
    written = exists().where(
        Message.claim_id == ClaimPaper.claim_id,
        Message.kind == ClaimObserved.kind,
        Message.queued_at >= ClaimPaper.reviewed_at,
    )
    is_out = exists().where(ClaimParty.id == ClaimPaper.party_id, ClaimParty.excluded_at.is_not(None))
    return and_(ClaimPaper.state == PaperState.OBSERVED, ~is_out, ~written)


def _tell(claim_id: int) -> bool:
    with writing() as session:
        claim = rows.hold(claim_id)
        untold = session.scalars(
            select(ClaimPaper).where(ClaimPaper.claim_id == claim_id, _is_untold()).order_by(ClaimPaper.id)
        ).all()
        newest = max((one.reviewed_at for one in untold if one.reviewed_at), default=None)
        if newest is None or newest > clock.now() - PAUSE:
            return False
        by_reader: dict[str, list[ClaimPaper]] = defaultdict(list)
        readers: dict[str, Addressee] = {}
        for paper in untold:
            reader = (addressees.of(paper.party) if paper.party else None) or addressees.who_brings(claim)
            if reader is not None:
                readers[reader.email] = reader
                by_reader[reader.email].append(paper)
        for email, theirs in by_reader.items():
            _write(claim, readers[email], theirs)
        return bool(by_reader)


def _write(claim: Claim, reader: Addressee, asked: list[ClaimPaper]) -> None:
    said = [(papers.document_of(one), one) for one in asked]
    mail = ClaimObserved(
        greeting_name=reader.name,
        claim=claim,
        asked=[Asked(document.name, paper.reason, document.instead or "") for document, paper in said],
        address=reader.page_of(claim),
    )
    outgoing.queue(mail, to=reader.email, account=reader.account, claim=claim)
