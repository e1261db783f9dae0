"""Taking a claim back: by who would be paid, as long as it has no answer. Nothing is lost by it but this claim: the
same event can be registered again. Source: docs/rules.md, Claims."""

from collections.abc import Callable

from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind, ClaimState
from portal.domain.errors import NotAllowed, NotFound
from portal.models import Claim, ClaimParty
from portal.models.transaction import writing
from portal.services.claims import claim as rows
from portal.services.claims import deadlines, events, parties
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_reviews import ClaimWithdrawn
from portal.services.platform import audit

_OPEN = (ClaimState.REGISTERED, ClaimState.ASSESSED, ClaimState.OBSERVED)


def why_not(claim: Claim, person: ClaimParty) -> str | None:
    """Why this person can't take it back, in words for them; None when they can."""
    if claim.state is ClaimState.WITHDRAWN:
        return "Este siniestro ya está retirado."
    if claim.state not in _OPEN:
        return "Este siniestro ya tiene respuesta: no se puede retirar."
    if any(one.id != person.id for one in parties.paid(claim)):
        return "En este siniestro cobran varias personas: nadie lo retira por las demás. Si tiene dudas, llámenos."
    return None


def person_of(number: str, actor: Actor) -> ClaimParty:
    """Who would be paid by a claim, when that is the actor or a minor for whom they act. Raises NotFound."""
    claim = rows.get(number, actor)
    mine = [one for one in parties.own(claim, actor) if one.kind in parties.PAID_KINDS]
    if not mine:
        raise NotFound("No encontramos ese siniestro.")
    return mine[0]


def withdraw(load: Callable[[], ClaimParty], actor: Actor) -> None:
    """Take back the claim of the person whom `load` finds as far as the actor may act for them. Done twice, it is done
    once. Raises NotFound, NotAllowed."""
    with writing():
        person = load()
        claim = rows.hold(person.claim_id)
        if claim.state is ClaimState.WITHDRAWN:
            return
        refusal = why_not(claim, person)
        if refusal is not None:
            raise NotAllowed(refusal)
        claim.move_to(ClaimState.WITHDRAWN)
        events.record(claim, ClaimEventKind.WITHDRAWN, actor, party=person)
        deadlines.keep(claim)
        outgoing.queue_for_party(ClaimWithdrawn(claim=claim, party=person), person)
        audit.record(actor, "claim.withdraw", f"claim:{claim.number}", party_id=person.id)
