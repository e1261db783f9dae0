"""Paying what a claim's answer gives to each person, once, and what follows when they have it.

A payout is opened in the commit in which both are known, that it is owed and how it is to be paid; one stands at a
time. What the bank refuses, or nobody collects, is owed as before: the person is asked for another way. Source:
docs/rules.md, Money out.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager, lazyload

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.agencies import Agency
from portal.domain.cci import Cci
from portal.domain.claim import ClaimEventKind, ClaimState, PayoutWay
from portal.domain.identity import Identity
from portal.domain.payout import PAID_NOTHING, PayoutState, refusal_words
from portal.extensions import db
from portal.integrations.bank import Approved
from portal.models import Account, Claim, ClaimAward, ClaimParty, ClaimResolution, Payout
from portal.services.catalogue import agencies
from portal.services.claims import acting, deadlines, deaths, events, parties
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_payments import (
    PaidTwice,
    PayoutExpired,
    PayoutMade,
    PayoutRefused,
)
from portal.services.payments import cash_payouts, payouts, settling
from portal.services.payments.money_out import MOVED_AFTER_THE_END
from portal.services.payments.payouts import BANK_PAYOUT, Payee
from portal.services.platform import audit

NOTHING = Decimal(0)
_LONGEST_NAME = 120  # of a payee, at the bank


def open_due(claim: Claim, actor: Actor) -> None:
    """Pay everybody of an approved claim whose way is known, in the present transaction; the others once they choose.
    Its last act: what it numbers and writes down, others wait for."""
    for award in _awards(claim):
        open_for(award, actor)


def open_for(award: ClaimAward, actor: Actor) -> Payout | None:
    """Pay one person, in the present transaction, whose claim is held; None when nothing is owed any more, when it is
    being paid, or as long as it is not known how."""
    party = award.party
    acting.let_go(party, actor)
    if parties.is_young(party) and party.represented_by is None:
        return None
    identity = payee_identity(party)
    if award.amount == 0 or award.paid_at is not None or party.way is None or identity is None or _is_moving(award):
        return None
    payee = Payee((party.represented_by or party).full_name[:_LONGEST_NAME], identity, party.cci)
    if party.way is PayoutWay.ACCOUNT:
        return payouts.open_for(payee, award.amount, actor, award)
    agency = agencies.by_code(party.agency_code)
    until = collect_by(party.claim, agency)
    if until is None:  # it closed since it was chosen
        acting.forget_way(party)
        return None
    return cash_payouts.open_for(payee, award.amount, agency, until, award, actor)


class ClaimPayouts:
    """What follows for a claim from the end of a payout that pays it (portal/services/payments/payout_ends.py)."""

    def hold(self, payout: Payout) -> None:
        """Policy and claim, before the payout: of two that end at once, the second sees what the first wrote."""
        rows.hold_with_policy(_award(payout).resolution.claim_id)

    def paid(self, payout: Payout, actor: Actor) -> None:
        """The person has the money. When everybody has theirs the claim is paid, and a death ends its policy."""
        award = _award(payout)
        claim = rows.hold_with_policy(award.resolution.claim_id)
        db.session.refresh(award)
        if award.paid_at is not None:
            return
        award.paid_at = clock.now()
        amount = str(payout.amount)
        events.record(claim, ClaimEventKind.PAYMENT_MADE, actor, party=award.party, payout=payout.number, amount=amount)
        mail = PayoutMade(claim=claim, party=award.party, payout=payout, way=_where(payout.cci, payout.agency_code))
        outgoing.queue_for_party(mail, award.party)
        if claim.state is ClaimState.APPROVED and _left(claim) == 0:
            claim.move_to(ClaimState.PAID)
            claim.paid_at = clock.now()
            events.record(claim, ClaimEventKind.PAID, actor)
            deaths.end_policies(claim, actor)
        deadlines.keep(claim)
        if _made_after_the_end(award) is not None:
            _tell_twice(award, actor)

    def not_paid(self, payout: Payout, actor: Actor) -> None:
        """It is owed as before: the way that failed is forgotten, and the person is asked for another. Unless the bank
        had made one before it after all: then that one paid."""
        award = _award(payout)
        claim = rows.hold_with_policy(award.resolution.claim_id)
        made = _made_after_the_end(award)
        if made is not None:
            _end_as_made(made, actor)
            return
        party = award.party
        db.session.refresh(party)
        acting.forget_way(party)
        state = payout.state.value
        events.record(claim, ClaimEventKind.PAYMENT_REFUSED, actor, party=party, payout=payout.number, state=state)
        if payout.state is PayoutState.EXPIRED:
            agency = agencies.by_code(payout.agency_code)
            outgoing.queue_for_party(PayoutExpired(claim=claim, party=party, payout=payout, agency=agency), party)
        else:
            mail = PayoutRefused(claim=claim, party=party, payout=payout, reason=refusal_words(payout.reason))
            outgoing.queue_for_party(mail, party)
        deadlines.keep(claim)

    def paid_after_the_end(self, payout: Payout, approval: Approved) -> bool:
        """It paid the person after all, and what waits for them elsewhere has no effect. Money that another way has
        paid, or that is leaving by it, went out twice, or may: the desk sees to it (services/payments/paid_twice)."""
        award = _award(payout)
        rows.hold_with_policy(award.resolution.claim_id)
        db.session.refresh(award)
        standing = standing_payout(award)
        if standing is not None and not cash_payouts.void(standing):
            if award.paid_at is not None:
                _tell_twice(award, SYSTEM)
            return False
        db.session.flush()  # of two rows that pay one award, the other stands aside first
        settling.conclude(BANK_PAYOUT, payout, approval, SYSTEM)
        if standing is not None:
            audit.record(SYSTEM, "payout.void", standing.number, amount=str(standing.amount))
        return True

    def not_handed_over(self, payout: Payout, actor: Actor) -> None:
        """Its cash waits as before, unless the bank had made one before it after all."""
        made = _made_after_the_end(_award(payout))
        if made is not None and cash_payouts.void(payout):
            _end_as_made(made, actor)


def given_to(people: Sequence[ClaimParty]) -> dict[int, tuple[ClaimAward, Payout | None]]:
    """What the standing answer gives to each of them, with the payout that stands or else the newest, by their key;
    nothing for whom it says nothing. One query."""
    found = db.session.execute(
        select(ClaimAward, Payout)
        .join(ClaimResolution, ClaimResolution.id == ClaimAward.resolution_id)
        .outerjoin(Payout, Payout.award_id == ClaimAward.id)
        .where(ClaimAward.party_id.in_([one.id for one in people]), ClaimResolution.confirmed_at.is_not(None))
        # Whom it is given to is here already, with their claim: loading them again would lose what came with them.
        .options(lazyload(ClaimAward.party), contains_eager(ClaimAward.resolution).lazyload("*"))
        .order_by(Payout.state.not_in(PAID_NOTHING), Payout.id)
        .execution_options(populate_existing=True)
    )
    return {award.party_id: (award, payout) for award, payout in found}


def award_of(party: ClaimParty) -> ClaimAward | None:
    """What the standing answer gives to this person; None where it says nothing."""
    return given_to([party]).get(party.id, (None, None))[0]


def standing_payout(award: ClaimAward) -> Payout | None:
    """The one that pays it, or still can."""
    query = select(Payout).where(Payout.award_id == award.id, Payout.state.not_in(PAID_NOTHING))
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def payee_identity(party: ClaimParty) -> Identity | None:
    """The document of who is given the money: a minor's representative."""
    return (party.represented_by or party).identity


def has_email(party: ClaimParty) -> bool:
    """Whether a code can be mailed to who collects."""
    return bool(party.account_id and db.session.get_one(Account, party.account_id).email) or bool(party.email)


def collect_by(claim: Claim, agency: Agency) -> datetime | None:
    """Until when cash of the claim would wait at the agency from now; None for one that is closed for good."""
    days = terms.product_of(claim).limits.claims.cash_collection_days
    return agency.collect_by(clock.now(), days)


def way_of(party: ClaimParty) -> str:
    """Where the person is paid, in words; of an account its last four digits."""
    return _where(party.cci, party.agency_code)


def _where(cci: str | None, agency_code: str | None) -> str:
    if cci is None:
        return f"en efectivo en {agencies.by_code(agency_code).name}"
    return f"en su cuenta {Cci(cci).shown}"


def _awards(claim: Claim) -> Sequence[ClaimAward]:
    query = (
        select(ClaimAward)
        .join(ClaimResolution, ClaimResolution.id == ClaimAward.resolution_id)
        .where(ClaimResolution.claim_id == claim.id, ClaimResolution.confirmed_at.is_not(None))
        .order_by(ClaimAward.id)
    )
    return db.session.scalars(query).all()


def _is_moving(award: ClaimAward) -> bool:
    """Whether a payout stands for it, or one had ended of which the bank said afterwards that it moved."""
    stands = or_(Payout.state.not_in(PAID_NOTHING), Payout.reason == MOVED_AFTER_THE_END)
    return db.session.scalar(select(func.count()).where(Payout.award_id == award.id, stands)) != 0


def _left(claim: Claim) -> int:
    """How many people are still to be paid."""
    db.session.flush()
    query = (
        select(func.count())
        .select_from(ClaimAward)
        .join(ClaimResolution, ClaimResolution.id == ClaimAward.resolution_id)
        .where(
            ClaimResolution.claim_id == claim.id,
            ClaimResolution.confirmed_at.is_not(None),
            ClaimAward.amount > NOTHING,
            ClaimAward.paid_at.is_(None),
        )
    )
    return db.session.scalar(query) or 0


def _made_after_the_end(award: ClaimAward) -> Payout | None:
    """One that had ended as not paid, and that the bank made all the same."""
    query = select(Payout).where(Payout.award_id == award.id, Payout.reason == MOVED_AFTER_THE_END)
    return db.session.scalars(query.order_by(Payout.id).limit(1)).one_or_none()


def _end_as_made(payout: Payout, actor: Actor) -> None:
    """It is what paid the person."""
    db.session.flush()  # of two rows that pay one award, the other stands aside first
    settling.conclude(BANK_PAYOUT, payout, Approved(str(payout.bank_id), "", clock.now()), actor)


def _tell_twice(award: ClaimAward, actor: Actor) -> None:
    """The person has the money twice: they read it from us first, and the desk calls them."""
    claim, party = award.resolution.claim, award.party
    events.record(claim, ClaimEventKind.PAID_TWICE, actor, party=party, amount=str(award.amount))
    outgoing.queue_for_party(PaidTwice(claim=claim, party=party, amount=award.amount), party)


def _award(payout: Payout) -> ClaimAward:
    if payout.award is None:
        raise ValueError(f"{payout.number} pays nothing of a claim")
    return payout.award
