"""The answer to a claim: one proposes it, a supervisor who is somebody else confirms it (B11), on what both were shown.

The amounts are the product's rule's, a rejection's ground is a condition of the policy. Confirmed, the answer stands:
its letters and mails leave with the commit that decides. Source: docs/rules.md, Claims.
"""

from dataclasses import dataclass, field

from portal.domain import clock, printable
from portal.domain.actor import Actor
from portal.domain.catalogue import Computes
from portal.domain.claim import ClaimEventKind, ClaimState, Outcome, PaperState, PartyKind
from portal.domain.claim_sums import NOTHING
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError
from portal.domain.typed import clean
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimParty, ClaimResolution
from portal.models.transaction import writing
from portal.services.claims import (
    acting,
    assessment,
    deadlines,
    deaths,
    decided,
    events,
    grounds,
    papers,
    parties,
    paying,
    sight,
    sums,
)
from portal.services.claims import claim as rows
from portal.services.claims.sums import Facts
from portal.services.controls import four_eyes
from portal.services.platform import audit

KIND = DecisionKind.CLAIM_RESOLUTION
LONGEST_WORDS, LONGEST_NOTE = 800, 300
_CHANGED = "Llegó algo mientras usted lo leía. Mire otra vez el siniestro antes de decidir."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody would answer. Of an approval the `facts`; of a rejection the code of its `ground` and the `words`
    of the letter. `note`: for who confirms."""

    outcome: Outcome
    facts: Facts = field(default_factory=Facts)
    ground: str = ""
    words: str = ""
    note: str = ""


def propose(number: str, proposal: Proposal, actor: Actor, *, shown: str) -> None:
    """Write down what would be answered; nothing changes until another person confirms it. `shown`: the stamp of what
    the page showed. Raises DomainError, on its fields too, NotAllowed, HasPart, NotFound."""
    with writing() as session:
        claim = rows.hold(sight.readable(number, actor).id)
        _check_open(claim)
        _check_shown(claim, shown)
        note = clean(proposal.note)
        if len(note) > LONGEST_NOTE:
            raise DomainError(f"Use {LONGEST_NOTE} letras como máximo.", "aviso")
        approves = proposal.outcome is Outcome.APPROVE
        resolution = _approval(claim, proposal) if approves else _rejection(claim, proposal, actor)
        resolution.proposed_by_id = actor.account_id or 0
        session.add(resolution)
        session.flush()
        said = {"resolution": resolution.id, "outcome": resolution.outcome.value, "total": str(resolution.total)}
        if not approves:
            said["ground"] = proposal.ground
        four_eyes.propose(KIND, claim.id, said, note, actor)
        outcome, total = resolution.outcome.value, str(resolution.total)
        events.record(claim, ClaimEventKind.PROPOSED, actor, outcome=outcome, total=total)
        session.flush()
        audit.record(actor, "claim.propose", f"claim:{number}", **said)


def confirm(number: str, actor: Actor, *, decision: int | None, shown: str) -> None:
    """The second person confirms: claim, awards, clock, letters and mails in one commit. `decision`, `shown`: what the
    page showed, to be exactly what is confirmed. Of two at once one does it. Raises DomainError, NotAllowed, HasPart,
    NotFound."""
    with writing() as session:
        claim = rows.hold_with_policy(sight.readable(number, actor).id)
        taken = four_eyes.decide_shown(KIND, claim.id, actor, shown=decision, accepted=True)
        _check_open(claim)
        _check_shown(claim, shown)
        resolution = session.get_one(ClaimResolution, taken.proposal["resolution"])
        approves = resolution.outcome is Outcome.APPROVE
        if approves:
            _check_people(claim, resolution)
            _check_total(claim, resolution)
        else:
            _check_not_consented(claim)
        resolution.confirmed_by_id, resolution.confirmed_at = actor.account_id, clock.now()
        claim.decided_at = resolution.confirmed_at
        claim.move_to(ClaimState.APPROVED if approves else ClaimState.REJECTED)
        kind = ClaimEventKind.APPROVED if approves else ClaimEventKind.REJECTED
        session.flush()
        pay_by = deadlines.standing(claim).pay_by
        events.record(claim, kind, actor, total=str(resolution.total), pay_by=pay_by.isoformat() if pay_by else None)
        if taken.proposal.get("ground") == grounds.LIVES:
            deaths.was_mistaken(claim, actor)
        deadlines.keep(claim)
        for award in resolution.awards:  # before the letters say how they are paid
            acting.let_go(award.party, actor)
        decided.tell(claim, resolution, pay_by)
        if approves:  # it takes numbers: before the audit row, after which others wait
            paying.open_due(claim, actor)
        session.flush()
        audit.record(
            actor,
            "claim.confirm",
            f"claim:{number}",
            proposed_by=taken.proposed_by_id,
            resolution=resolution.id,
            total=str(resolution.total),
        )


def send_back(number: str, reason: str, actor: Actor, *, decision: int | None) -> None:
    """The second person does not confirm it, and says why: it can be proposed anew. Raises DomainError, on `porque`
    too, NotAllowed, HasPart, NotFound."""
    reason = clean(reason)
    if not reason:
        raise DomainError("Escriba por qué la devuelve: lo leerá quien la propuso.", "porque")
    if len(reason) > LONGEST_NOTE:
        raise DomainError(f"Use {LONGEST_NOTE} letras como máximo.", "porque")
    with writing():
        claim = rows.hold(sight.readable(number, actor).id)
        taken = four_eyes.decide_shown(KIND, claim.id, actor, shown=decision, accepted=False)
        events.record(claim, ClaimEventKind.RETURNED, actor, words=reason)
        db.session.flush()
        audit.record(actor, "claim.send_back", f"claim:{number}", proposed_by=taken.proposed_by_id)


def check_none_waits(claim: Claim) -> None:
    """Nothing of the claim changes while an answer waits for the second person. Raises DomainError."""
    if four_eyes.proposed(KIND, claim.id) is not None:
        raise DomainError("Hay una propuesta que espera a otra persona. Si algo cambió, que la devuelva primero.")


def _approval(claim: Claim, proposal: Proposal) -> ClaimResolution:
    parties.stand_aside(claim)  # of two claims side by side, the other may have been answered since
    pending = [one for one in papers.needed(claim) if one.state is not PaperState.ACCEPTED]
    if pending or not papers.is_complete(claim):
        raise DomainError("Antes de aprobar, acepte todos los documentos que hacen falta.")
    found = sums.of(claim, proposal.facts, sums.used_before(claim))
    return ClaimResolution(
        claim=claim,
        outcome=Outcome.APPROVE,
        days=found.reckoning.counted,
        spent=proposal.facts.all_spent if proposal.facts.spent else None,
        total=found.reckoning.total,
        reckoning=found.reckoning.words[:300],
        awards=[
            *(ClaimAward(party=party, amount=part.amount) for party, part in found.parts),
            *(ClaimAward(party=one, amount=NOTHING) for one in _excluded(claim)),
        ],
    )


def _rejection(claim: Claim, proposal: Proposal, actor: Actor) -> ClaimResolution:
    _check_not_consented(claim)
    if any(one.state is PaperState.RECEIVED for one in claim.papers):
        raise DomainError("Antes de rechazar, revise los documentos que llegaron.")
    ground = grounds.called(claim, proposal.ground)
    words = clean(proposal.words)
    if not words:
        raise DomainError("Escriba los hechos de este caso: es lo que leerá la persona.", "carta")
    if len(words) > LONGEST_WORDS:
        raise DomainError(f"Use {LONGEST_WORDS} letras como máximo.", "carta")
    printable.check_text(words, field="carta")
    people = parties.paid(claim) or [_holder(claim, actor)]
    return ClaimResolution(
        claim=claim,
        outcome=Outcome.REJECT,
        total=NOTHING,
        ground=ground.text,
        words=words,
        awards=[ClaimAward(party=one, amount=NOTHING) for one in [*people, *_excluded(claim)]],
    )


def _holder(claim: Claim, actor: Actor) -> ClaimParty:
    """Who is answered where nobody would be paid: who has the policy, and never who only told of it."""
    holder, account_id = claim.policy.holder, claim.policy.account_id
    known = [one for one in claim.parties if one.kind is PartyKind.NOTIFIER and one.account_id == account_id]
    return (
        known[0]
        if known
        else parties.add(
            claim,
            PartyKind.NOTIFIER,
            actor,
            names=holder.names,
            surnames=holder.surnames,
            identity=holder.identity,
            birth_date=holder.birth_date,
            email=holder.email,
            phone=holder.phone,
            account_id=account_id,
        )
    )


def _excluded(claim: Claim) -> list[ClaimParty]:
    """Who lost their share: not who was taken for an heir, nor who stands aside."""
    return [one for one in claim.parties if one.kind is PartyKind.BENEFICIARY and one.excluded_at and one.ground]


def _check_open(claim: Claim) -> None:
    if claim.state not in papers.TAKING:
        raise DomainError("Este siniestro ya tiene respuesta. Actualice la página para verla.")


def _check_shown(claim: Claim, shown: str) -> None:
    if assessment.stamp_now(claim) != shown:
        raise DomainError(_CHANGED)


def _check_people(claim: Claim, resolution: ClaimResolution) -> None:
    """Who would be paid is who was when it was proposed."""
    awarded = {one.party_id for one in resolution.awards if one.amount > NOTHING}
    paid = {one.id for one in parties.paid(claim)}
    if awarded - paid or (paid - awarded and sums.computes(claim) is not Computes.REIMBURSEMENT):
        raise DomainError("Cambiaron las personas que cobran. Devuélvala para que se proponga otra vez.")


def _check_total(claim: Claim, resolution: ClaimResolution) -> None:
    """Of two claims under one coverage that were proposed side by side, the second finds what the first has used."""
    if sums.again(claim, resolution) != resolution.total:
        raise DomainError(
            "Otro siniestro de esta póliza ya usó parte de la suma. Devuélvala para que se calcule otra vez."
        )


def _check_not_consented(claim: Claim) -> None:
    if deadlines.standing(claim).is_consented:
        raise DomainError("Nadie respondió a tiempo: por ley quedó aprobado. Ya no se puede rechazar.")
