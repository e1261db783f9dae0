"""Who caused the death loses their share, and it grows to the others; it is paid to nobody through them either.

Who is paid only where nobody else is left stands aside, without a ground, as long as somebody is. Source:
docs/rules.md, Beneficiaries.
"""

from portal.domain import clock, printable
from portal.domain.actor import Actor
from portal.domain.beneficiaries import BeneficiaryKind
from portal.domain.claim import ClaimEventKind, PartyKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.typed import clean
from portal.models import Claim, ClaimParty
from portal.models.transaction import writing
from portal.services.claims import acting, events, papers, parties, resolutions, sight
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.platform import audit

LONGEST = 300


def exclude(number: str, party_id: int, ground: str, actor: Actor) -> None:
    """They are paid nothing, for this ground, which their letter quotes; where no primary is left the contingents are
    paid. Whoever confirms the answer confirms this too. Raises DomainError on `motivo`, NotAllowed, NotFound, HasPart.
    """
    ground = clean(ground)
    if not ground:
        raise DomainError("Escriba en qué se basa: va en su carta.", "motivo")
    if len(ground) > LONGEST:
        raise DomainError(f"Use {LONGEST} letras como máximo.", "motivo")
    printable.check_text(ground, field="motivo")
    with writing() as session:
        claim, party = _party(number, party_id, actor)
        if party.kind is not PartyKind.BENEFICIARY:
            raise NotAllowed("Solo pierde su parte quien figura como beneficiario en la póliza.")
        if party.excluded_at is None:
            party.excluded_at, party.ground = clock.now(), ground
            events.record(claim, ClaimEventKind.PARTY_EXCLUDED, actor, party=party)
            _act_for_nobody(claim, actor)
            _let_others_in(claim, actor)
            papers.place(claim)
            papers.reckon(claim, actor)
        session.flush()
        audit.record(actor, "claim.exclude", f"claim:{number}", party_id=party_id)


def readmit(number: str, party_id: int, actor: Actor) -> None:
    """They are paid their share after all. Raises NotAllowed, NotFound, HasPart."""
    with writing() as session:
        claim, party = _party(number, party_id, actor)
        if party.excluded_at is not None:
            if not party.ground:
                raise NotAllowed("Cobra solo si no queda nadie de los que cobran antes.")
            party.excluded_at, party.ground = None, ""
            events.record(claim, ClaimEventKind.PARTY_ADDED, actor, party=party)
            _let_others_stand_aside(claim)
            papers.reckon(claim, actor)
        session.flush()
        audit.record(actor, "claim.readmit", f"claim:{number}", party_id=party_id)


def _party(number: str, party_id: int, actor: Actor) -> tuple[Claim, ClaimParty]:
    claim = rows.hold(sight.readable(number, actor).id)
    resolutions.check_none_waits(claim)
    if claim.state not in papers.TAKING:
        raise NotAllowed("Este siniestro ya tiene respuesta.")
    party = next((one for one in claim.parties if one.id == party_id), None)
    if party is None:
        raise NotFound("No encontramos a esa persona.")
    return claim, party


def _act_for_nobody(claim: Claim, actor: Actor) -> None:
    """The minors for whom they act need somebody else, and another account."""
    for one in claim.parties:
        if one.represented_by is not None:
            acting.let_go(one, actor)


def _let_others_in(claim: Claim, actor: Actor) -> None:
    """The contingents where no primary is left, the heirs where nobody is."""
    if not parties.entitled(claim):
        for one in _aside(claim, PartyKind.BENEFICIARY):
            one.excluded_at = None
        known = {one.beneficiary_id for one in claim.parties}
        named = terms.named_on(claim.policy, claim.event_date)
        contingents = [one for one in named if one.kind is BeneficiaryKind.CONTINGENT and one.id not in known]
        parties.let_in(claim, contingents, actor)
    if not parties.entitled(claim):
        for one in _aside(claim, PartyKind.HEIR):
            one.excluded_at = None


def _let_others_stand_aside(claim: Claim) -> None:
    """Contingents stand aside for a primary, heirs for whoever was named."""
    paid = parties.entitled(claim)
    named = [one for one in paid if one.kind is PartyKind.BENEFICIARY]
    primaries = [one for one in named if parties.is_primary(one)]
    for one in paid:
        if one.kind is PartyKind.HEIR or (primaries and one not in primaries):
            one.excluded_at = clock.now()


def _aside(claim: Claim, kind: PartyKind) -> list[ClaimParty]:
    return [one for one in claim.parties if one.kind is kind and one.excluded_at is not None and not one.ground]
