"""Taking back what one has asked for in a claim, as long as it has no answer: each who would be paid, their own part.

What others are paid does not change: the part stays whose it is, grows to nobody, and can be asked for again. Where
nobody is left who would be paid the claim is withdrawn; the same event can be registered again. Source: docs/rules.md,
Claims.
"""

from collections.abc import Callable

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind, ClaimState
from portal.domain.errors import NotAllowed, NotFound
from portal.models import Claim, ClaimParty
from portal.models.transaction import writing
from portal.services.claims import claim as rows
from portal.services.claims import deadlines, events, papers, parties, resolutions
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_reviews import ClaimWithdrawn, PartWithdrawn
from portal.services.platform import audit

_OPEN = (ClaimState.REGISTERED, ClaimState.ASSESSED, ClaimState.OBSERVED)


def why_not(claim: Claim, person: ClaimParty) -> str | None:
    """Why this person can't take their part back, nor ask for it again, in words for them; None when they can."""
    if claim.state is ClaimState.WITHDRAWN:
        return "Este pedido ya está retirado."
    if claim.state not in _OPEN:
        return "Este pedido ya tiene respuesta: no se puede retirar."
    if person not in parties.entitled(claim):
        return "En este pedido no hay una parte suya que retirar."
    return None


def is_part(claim: Claim) -> bool:
    """Whether several have a share: what one takes back is a part of it."""
    return len(parties.entitled(claim)) > 1


def person_of(number: str, actor: Actor) -> ClaimParty:
    """Who would be paid by a claim, when that is the actor or a minor for whom they act: first one who has not taken
    their part back. Raises NotFound."""
    claim = rows.get(number, actor)
    mine = [one for one in parties.own(claim, actor) if one.kind in parties.PAID_KINDS]
    if not mine:
        raise NotFound("No encontramos ese pedido.")
    return next((one for one in mine if not one.is_out), mine[0])


def withdraw(load: Callable[[], ClaimParty], actor: Actor) -> None:
    """Take back the part of the person whom `load` finds as far as the actor may act for them. Done twice, it is done
    once. Raises NotFound, NotAllowed."""
    with writing():
        person, claim = _held(load)
        if claim.state is ClaimState.WITHDRAWN or person.withdrawn_at is not None:
            return
        _check(claim, person)
        person.withdrawn_at = clock.now()
        if parties.paid(claim):
            events.record(claim, ClaimEventKind.PART_WITHDRAWN, actor, party=person)
            papers.reckon(claim, actor)
        else:
            claim.move_to(ClaimState.WITHDRAWN)
            events.record(claim, ClaimEventKind.WITHDRAWN, actor, party=person)
            deadlines.keep(claim)
        mail = PartWithdrawn if is_part(claim) else ClaimWithdrawn
        outgoing.queue_for_party(mail(claim=claim, party=person), person)
        audit.record(actor, "claim.withdraw", f"claim:{claim.number}", party_id=person.id)


def resume(load: Callable[[], ClaimParty], actor: Actor) -> None:
    """Ask again for a part that was taken back, while the claim goes on. Done twice, it is done once. Raises NotFound,
    NotAllowed, DomainError while an answer waits for a second person."""
    with writing():
        person, claim = _held(load)
        if person.withdrawn_at is None:
            return
        _check(claim, person)
        resolutions.check_none_waits(claim)
        person.withdrawn_at = None
        events.record(claim, ClaimEventKind.PART_RESUMED, actor, party=person)
        papers.reckon(claim, actor)
        audit.record(actor, "claim.resume", f"claim:{claim.number}", party_id=person.id)


def _held(load: Callable[[], ClaimParty]) -> tuple[ClaimParty, Claim]:
    person = load()
    claim = rows.hold(person.claim_id)
    return next(one for one in claim.parties if one.id == person.id), claim


def _check(claim: Claim, person: ClaimParty) -> None:
    refusal = why_not(claim, person)
    if refusal is not None:
        raise NotAllowed(refusal)
