"""How somebody of a claim is paid, entered by one of the staff. Who could choose alone, with their account or by the
notice that they follow, is there in person: they say the code that was just mailed to them, once for each change.

Source: docs/rules.md, Money out.
"""

from dataclasses import replace
from functools import partial

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.payout_way import Chosen
from portal.extensions import db
from portal.models import ClaimParty, CodePurpose, NoticeMatch
from portal.models.transaction import writing
from portal.services.authentication import one_time_codes
from portal.services.claims import notice_parties, payees
from portal.services.claims.payees import Payment
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_payments import PayoutWayCode
from portal.services.platform import audit

_PURPOSE = CodePurpose.PAYOUT_WAY
_DOUBTED = (
    "Alguien dio un aviso con el documento de esta persona y con otro nombre. Antes de elegir, acepte en el siniestro "
    "el documento de identidad de quien cobra."
)


def needs_code(party: ClaimParty) -> bool:
    """Whether who is paid, or acts for a minor, has an account or follows a notice of theirs by mailed codes."""
    reader = party.represented_by or party
    if reader.account_id is not None or not reader.email:
        return reader.account_id is not None
    follows = select(NoticeMatch.id).where(NoticeMatch.party_id == reader.id).limit(1)
    return db.session.scalar(follows) is not None


def payment(number: str, party_id: int, actor: Actor) -> Payment:
    """What somebody of a claim is paid, and how, or why it can't be chosen at the desk. Raises NotFound, HasPart."""
    found = payees.payment(payees.at_desk(number, party_id, actor))
    is_doubted = found.why_not is None and notice_parties.is_doubted(found.party)
    return replace(found, why_not=_DOUBTED) if is_doubted else found


def send_code(number: str, party_id: int, actor: Actor) -> None:
    """Mail a code to the person who stands there. Raises DomainError when one was sent just now, or too many;
    NotAllowed while it is in doubt who they are; NotFound, HasPart."""
    with writing():
        party = _certain(number, party_id, actor)
        digits = one_time_codes.issue(_PURPOSE, party.id)
        code = one_time_codes.just_issued(_PURPOSE, party.id)
        outgoing.queue_for_party(PayoutWayCode(secret=digits, code=code, claim=party.claim, party=party), party)
        audit.record(actor, "claim.way_code", f"claim:{number}", party_id=party.id)


def choose(number: str, party_id: int, chosen: Chosen, typed: str, actor: Actor) -> None:
    """As payees.choose; `typed` is the code, which only who needs one is asked for. Raises DomainError on `codigo` too,
    HasPart."""
    load = partial(_certain, number, party_id, actor)
    party = load()
    if not needs_code(party):
        payees.choose(load, chosen, actor)
        return
    try:
        code_id = one_time_codes.try_code(_PURPOSE, party_id, typed)
    except DomainError:
        if one_time_codes.has_just_passed(_PURPOSE, party_id, typed) and payees.is_chosen(load(), chosen):
            return  # pressed twice, and the first has just come through
        raise
    payees.choose(load, chosen, actor, code_id=code_id)


def _certain(number: str, party_id: int, actor: Actor) -> ClaimParty:
    """As payees.at_desk. Raises NotAllowed while it is in doubt who they are."""
    party = payees.at_desk(number, party_id, actor)
    if notice_parties.is_doubted(party):
        raise NotAllowed(_DOUBTED)
    return party
