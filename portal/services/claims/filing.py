"""Registering a claim: its number, its people and papers, its first event, its receipt; once, whatever is pressed.

A notice is never refused: what speaks against it is warned about before, and decided by people (Res. SBS 2829-2016,
art. 22). Source: docs/rules.md, Claims.
"""

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind, ClaimState
from portal.domain.errors import DomainError
from portal.models import Claim
from portal.models.transaction import writing
from portal.services.accounts import consents
from portal.services.claims import claim as rows
from portal.services.claims import deaths, drafts, events, papers, parties, receipt, warnings
from portal.services.platform import audit, numbering

SERIES = "SIN"
CONSENT = "datos-de-salud"  # the text that is agreed to


def register(public_id: str, actor: Actor, *, agrees: bool) -> str:
    """The number of what the actor filled in, registered now; the same one however often it is asked. Raises NotFound,
    DomainError when something is still to be answered, or the consent to read its papers is not given."""
    with writing():
        claim = rows.hold(drafts.get(public_id, actor).id)
        if claim.number is not None:
            return claim.number
        if claim.event_date is None or not claim.story:
            raise DomainError("Falta contarnos qué pasó.")
        if not agrees:
            raise DomainError("Marque que nos permite leer los datos de salud de sus documentos.", "acepta")
        claim.consented_at = clock.now()
        number = enter(claim, actor)
        # A clerk hears it from the customer in person, and is named beside it.
        customer = claim.policy.account_id if actor.is_staff else claim.registered_by_id
        consents.record(CONSENT, actor, account_id=customer)
        if actor.is_staff:
            audit.record(actor, "claim.consent", f"claim:{number}", account_id=customer)
        return number


def get_registered(public_id: str, actor: Actor) -> Claim:
    """What the actor registered, as it stands. Raises NotFound."""
    return drafts.get(public_id, actor)


def enter(claim: Claim, actor: Actor) -> str:
    """Register a claim whose answers are there, in the present transaction: its number."""
    if deaths.is_of_death(claim):
        deaths.ask_no_more(claim.policy.insured)
    number = claim.number = numbering.next_number(SERIES)
    claim.registered_at = clock.now()
    claim.move_to(ClaimState.REGISTERED)
    parties.place(claim)
    papers.place(claim)
    claim.warnings = warnings.names_of(claim)
    events.record(claim, ClaimEventKind.REGISTERED, actor, coverage=claim.coverage_code)
    papers.reckon(claim, actor)
    receipt.send(claim)
    audit.record(actor, "claim.register", f"claim:{claim.number}", policy=claim.policy.number)
    return number
