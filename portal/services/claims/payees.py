"""How each person of a claim wants to be paid: to an account, or in cash at an agency; before the decision or after it,
as often as they like until the money has left.

A minor is paid through who acts for them, to an account. Nobody is paid whose document is not known. Each change is
told by mail to the person: whoever did not make it reads it there. Source: docs/rules.md, Money out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import aliased, contains_eager

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.claim import ClaimState, PartyKind, PayoutWay
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payout import PAID_NOTHING, PayoutState, refusal_words
from portal.domain.payout_way import Chosen
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimParty, NoticeMatch, Payout, Policy
from portal.models.transaction import writing
from portal.services.authentication import one_time_codes
from portal.services.catalogue import agencies
from portal.services.claims import acting, parties, paying
from portal.services.claims import claim as rows
from portal.services.controls import conflicts_of_interest
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_payments import PayoutWayChosen
from portal.services.payments import cash_payouts
from portal.services.platform import audit

# While it can be chosen: nothing was answered yet, or something is to be paid.
_OPEN = (ClaimState.REGISTERED, ClaimState.ASSESSED, ClaimState.OBSERVED, ClaimState.APPROVED)


_ACTING = aliased(ClaimParty)
_NOT_FOUND = "No encontramos ese pago."


@dataclass(frozen=True, slots=True)
class Payment:
    """What a person of a claim reads of their money: `award` once it was decided; `payout`, the newest that paid or
    should have paid it; `way`, where it goes, in words; `why_not`, in words, when it can't be chosen now."""

    party: ClaimParty
    award: ClaimAward | None
    payout: Payout | None
    way: str | None
    agency: Agency | None
    why_not: str | None

    @property
    def was_refused(self) -> bool:
        """Whether the bank did not take it, and no other way was chosen yet."""
        return self.payout is not None and self.payout.state is PayoutState.REFUSED and self.way is None

    @property
    def refusal(self) -> str:
        """Why the bank did not take it, as a sentence."""
        return refusal_words(self.payout.reason) if self.payout else ""

    @property
    def has_expired(self) -> bool:
        """Whether nobody collected it, and no other way was chosen yet."""
        return self.payout is not None and self.payout.state is PayoutState.EXPIRED and self.way is None


def own(number: str, party_id: int, actor: Actor) -> ClaimParty:
    """A part of the actor's own in a claim, or of a minor for whom they act. Raises NotFound."""
    mine = or_(ClaimParty.account_id == actor.account_id, _ACTING.account_id == actor.account_id)
    return _found(_parties(number, party_id).where(mine))


def of_notice(notice_id: int, number: str, party_id: int) -> ClaimParty:
    """Who gave a notice that was matched to a claim, or a minor for whom they act; nobody who only told of it. Raises
    NotFound."""
    theirs = NoticeMatch.party_id.in_((ClaimParty.id, ClaimParty.represented_by_id))
    matched = exists().where(NoticeMatch.notice_id == notice_id, NoticeMatch.claim_id == Claim.id, theirs)
    return _found(_parties(number, party_id).where(matched, ClaimParty.kind != PartyKind.NOTIFIER))


def at_desk(number: str, party_id: int, actor: Actor) -> ClaimParty:
    """Anybody who is paid by a claim, for one of the staff who has no part in it. Raises NotFound, HasPart."""
    query = _parties(number, party_id).add_columns(conflicts_of_interest.in_claim(Claim.id, actor))
    found = db.session.execute(query).one_or_none()
    if found is None:
        raise NotFound(_NOT_FOUND)
    party: ClaimParty = found[0]
    if found[1]:
        raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN_CLAIM)
    return party


def payments(people: list[ClaimParty]) -> list[Payment]:
    """What each of these people of one claim is paid, and how: one query, once it was approved."""
    paid = [one for one in people if one.kind in parties.PAID_KINDS]
    is_given = paid and paid[0].claim.state in (ClaimState.APPROVED, ClaimState.PAID)
    given = paying.given_to(paid) if is_given else {}
    return [_payment(one, *given.get(one.id, (None, None))) for one in paid]


def payment(party: ClaimParty) -> Payment:
    """What this person is paid, and how. Raises NotFound for who is not paid."""
    found = payments([party])
    if not found:
        raise NotFound
    return found[0]


def choose(load: Callable[[], ClaimParty], chosen: Chosen, actor: Actor, *, code_id: int | None = None) -> None:
    """Pay a person in this way from now on: at once, where the claim is approved. `load` finds them as far as the actor
    may act for them. Chosen twice, it is chosen once. `code_id`: the code that is used up by it.

    Raises NotFound, NotAllowed when nothing can be chosen any more, DomainError on `forma` or `agencia`."""
    with writing():
        party = load()
        claim = rows.hold_with_policy(party.claim_id)
        if code_id is not None:
            one_time_codes.spend(code_id, actor)
        db.session.refresh(party)
        if acting.let_go(party, actor):
            party = load()  # who acted for them does no more
        award = paying.award_of(party)
        standing = paying.standing_payout(award) if award else None
        why_not = _why_not(party, award, standing)
        if why_not is not None:
            raise NotAllowed(why_not)
        _check(party, chosen)
        if is_chosen(party, chosen):
            return
        if standing is not None and not cash_payouts.void(standing):
            raise NotAllowed("Ese dinero se está entregando en la agencia: ya no se puede cambiar.")
        way = _way(chosen)
        party.way, party.way_chosen_at = way, clock.now()
        party.cci = chosen.cci.number if chosen.cci else None
        party.agency_code = chosen.agency.code if chosen.agency else None
        opened = paying.open_for(award, actor) if award and claim.state is ClaimState.APPROVED else None
        if opened is None or chosen.cci:
            told = PayoutWayChosen(claim=claim, party=party, way=paying.way_of(party), chosen_at=party.way_chosen_at)
            outgoing.queue_for_party(told, party)
        if standing is not None:
            audit.record(actor, "payout.void", standing.number, amount=str(standing.amount))
        audit.record(actor, "claim.way", f"claim:{claim.number}", party_id=party.id, way=way.value)


def _parties(number: str, party_id: int) -> Select[ClaimParty]:
    """The person of a claim with who acts for them, without what else is of the claim."""
    claim = contains_eager(ClaimParty.claim)
    return (
        select(ClaimParty)
        .join(Claim, Claim.id == ClaimParty.claim_id)
        .outerjoin(_ACTING, _ACTING.id == ClaimParty.represented_by_id)
        .where(Claim.number == number, ClaimParty.id == party_id)
        .options(
            claim.joinedload(Claim.policy).lazyload(Policy.endorsements),
            claim.lazyload(Claim.parties),
            claim.lazyload(Claim.papers),
            contains_eager(ClaimParty.represented_by.of_type(_ACTING)),
        )
    )


def _found(query: Select[ClaimParty]) -> ClaimParty:
    party = db.session.scalars(query).one_or_none()
    if party is None:
        raise NotFound(_NOT_FOUND)
    return party


def _payment(party: ClaimParty, award: ClaimAward | None, payout: Payout | None) -> Payment:
    standing = payout if payout and payout.state not in PAID_NOTHING else None
    agency = agencies.by_code(party.agency_code) if party.agency_code else None
    way = paying.way_of(party) if party.way else None
    return Payment(party, award, payout, way, agency, _why_not(party, award, standing))


def _why_not(party: ClaimParty, award: ClaimAward | None, standing: Payout | None) -> str | None:
    """Why it can't be chosen now, in words for the person; None when it can."""
    if standing is not None and standing.state is PayoutState.DONE:
        return "Ya le pagamos: no hace falta elegir nada más."
    is_paid = party.kind in parties.PAID_KINDS and not party.is_out
    if not is_paid or party.claim.state not in _OPEN or (award is not None and award.amount == 0):
        return "En este pedido no hay un pago por elegir."
    if standing is not None and standing.state is not PayoutState.AWAITING_COLLECTION:
        return "Su dinero ya salió al banco: ahora no se puede cambiar. Le avisamos por correo cuando llegue."
    if parties.is_young(party) and party.represented_by is None:
        return "Falta saber quién representa al menor. Llámenos y le decimos qué documento enviar."
    if paying.payee_identity(party) is None:
        return "Nos falta su número de documento. Llámenos o vaya a una agencia con su documento."
    return None


def _check(party: ClaimParty, chosen: Chosen) -> None:
    """Raises DomainError on `forma` or `agencia`."""
    if chosen.agency is None:
        return
    if party.represented_by is not None or parties.is_young(party):
        raise DomainError("El dinero de un menor se paga en una cuenta, no en efectivo.", "forma")
    if not paying.has_email(party):
        raise DomainError("Para cobrar en efectivo hace falta un correo: ahí enviamos su código.", "forma")
    if paying.collect_by(party.claim, chosen.agency) is None:
        raise DomainError("Esa agencia ya no atiende. Elija otra.", "agencia")


def _way(chosen: Chosen) -> PayoutWay:
    return PayoutWay.ACCOUNT if chosen.cci else PayoutWay.AGENCY


def is_chosen(party: ClaimParty, chosen: Chosen) -> bool:
    """Whether they are paid so already."""
    cci, code = chosen.cci.number if chosen.cci else None, chosen.agency.code if chosen.agency else None
    return (party.way, party.cci, party.agency_code) == (_way(chosen), cci, code)
