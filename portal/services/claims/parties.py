"""Who is in a claim, and as what: who is paid, who acts for a minor, who only told of it.

Source: docs/rules.md, Claims. A death is paid to who was named on the day of the event; nobody named leaves the claim
without anybody to be paid until heirs come with their paper. What is paid to the insured is theirs; what was spent is
paid to who spent it.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.beneficiaries import BeneficiaryKind, is_minor
from portal.domain.catalogue import Payee, PayeeType, payee_types
from portal.domain.claim import ClaimEventKind, ClaimState, PartyKind
from portal.domain.claim_sums import NOTHING
from portal.domain.identity import Identity
from portal.extensions import db
from portal.models import Account, Claim, ClaimAward, ClaimParty, ClaimResolution, Person, PolicyBeneficiary
from portal.services.claims import coverage as terms
from portal.services.claims import events

PAID_KINDS = (PartyKind.INSURED, PartyKind.BENEFICIARY, PartyKind.SPENDER, PartyKind.HEIR)


def place(claim: Claim) -> None:
    """Make the people that follow from its policy, coverage and day; take away those of a draft that no longer do.
    In the present transaction, as often as the answers change."""
    wanted = _following(claim)
    kept = []
    for party in list(claim.parties):
        match = next((one for one in wanted if _is_same(one, party)), None)
        if match is not None:
            wanted.remove(match)
            kept.append(party)
        elif claim.state is ClaimState.DRAFT:
            for paper in [one for one in claim.papers if one.party_id == party.id]:
                claim.papers.remove(paper)
                db.session.delete(paper)
            claim.parties.remove(party)
            db.session.delete(party)
    for party in wanted:
        _join(claim, party)
    stand_aside(claim)


def stand_aside(claim: Claim) -> None:
    """Who was awarded their part of the same death before leaves the rest to who was not, as long as there is one; in
    the present transaction."""
    coverage = terms.coverage_of(claim)
    if coverage is None or coverage.paid_to is not Payee.BENEFICIARIES:
        return
    other = aliased(Claim)
    awarded = set(
        db.session.scalars(
            select(ClaimParty.beneficiary_id)
            .join(ClaimAward, ClaimAward.party_id == ClaimParty.id)
            .join(ClaimResolution, ClaimResolution.id == ClaimAward.resolution_id)
            .join(other, other.id == ClaimResolution.claim_id)
            .where(other.policy_id == claim.policy_id, other.coverage_code == claim.coverage_code)
            .where(other.id != claim.id, ClaimResolution.confirmed_at.is_not(None), ClaimAward.amount > NOTHING)
            .where(ClaimParty.beneficiary_id.is_not(None))
        )
    )
    have = [one for one in entitled(claim) if one.beneficiary_id in awarded]
    if len(have) < len(entitled(claim)):
        for one in have:
            one.excluded_at = clock.now()


def add(
    claim: Claim,
    kind: PartyKind,
    actor: Actor,
    *,
    names: str,
    surnames: str = "",
    identity: Identity | None = None,
    birth_date: date | None = None,
    relation: str = "",
    email: str = "",
    phone: str = "",
    share: Decimal | None = None,
    account_id: int | None = None,
) -> ClaimParty:
    """Somebody more in a claim that is registered, in the present transaction. Their papers are placed by whoever calls
    (`papers.place`)."""
    party = ClaimParty(
        kind=kind,
        names=names,
        surnames=surnames,
        birth_date=birth_date,
        relation=relation,
        email=email,
        phone=phone,
        share=share,
        account_id=account_id,
        **_document(identity),
    )
    _join(claim, party)
    events.record(claim, ClaimEventKind.PARTY_ADDED, actor, party=party, as_=kind.value)
    return party


def let_in(claim: Claim, named: Sequence[PolicyBeneficiary], actor: Actor) -> None:
    """These whom the policy names are paid too, in the present transaction, each minor with who was named to act for
    them."""
    for party in _beneficiaries(named):
        _join(claim, party)
        events.record(claim, ClaimEventKind.PARTY_ADDED, actor, party=party, as_=party.kind.value)


def is_primary(party: ClaimParty) -> bool:
    """Whether the policy names them to be paid before others."""
    return party.beneficiary is not None and party.beneficiary.kind is BeneficiaryKind.PRIMARY


def entitled(claim: Claim) -> list[ClaimParty]:
    """Who has a share: not who lost it, nor who acts for another."""
    return [one for one in claim.parties if one.kind in PAID_KINDS and one.excluded_at is None]


def paid(claim: Claim) -> list[ClaimParty]:
    """Who would be paid: of those, who has not taken their part back."""
    return [one for one in entitled(claim) if one.withdrawn_at is None]


def own(claim: Claim, actor: Actor) -> list[ClaimParty]:
    """The actor's own parts in it, and those of the minors that they act for."""
    mine = [one for one in claim.parties if one.is_of(actor)]
    return mine + [one for one in claim.parties if one.represented_by in mine and one not in mine]


def is_holder(claim: Claim, actor: Actor) -> bool:
    """Whether the actor has the policy: they see all of its claim."""
    return actor.account_id is not None and claim.policy.account_id == actor.account_id


def is_out(claim: Claim, actor: Actor) -> bool:
    """Whether the actor has no part in it any more: who they were lost their share or stands aside, and so did each
    minor that they act for. The holder always has one."""
    mine = own(claim, actor)
    return bool(mine) and all(one.excluded_at is not None for one in mine) and not is_holder(claim, actor)


def types_of(party: ClaimParty) -> frozenset[PayeeType]:
    """What a paid person is, where papers depend on it."""
    return payee_types(is_minor=is_young(party), is_heir=party.kind is PartyKind.HEIR)


def is_young(party: ClaimParty) -> bool:
    """Whether they are a minor today: somebody acts for them. Who is not known to be one is none."""
    return party.birth_date is not None and is_minor(party.birth_date, clock.today())


def _following(claim: Claim) -> list[ClaimParty]:
    coverage = terms.coverage_of(claim)
    if coverage is None:
        return []
    if coverage.paid_to is Payee.BENEFICIARIES:
        named = terms.named_on(claim.policy, claim.event_date)
        return _beneficiaries([one for one in named if one.kind is BeneficiaryKind.PRIMARY])
    if coverage.paid_to is Payee.INSURED:
        policy = claim.policy
        is_holder = policy.insured.identity == policy.holder.identity
        return [_of_person(policy.insured, PartyKind.INSURED, policy.account_id if is_holder else None)]
    return [_spender(claim)]


def _beneficiaries(named: Sequence[PolicyBeneficiary]) -> list[ClaimParty]:
    """Each as the policy names them; for a minor, also who was named to act for them."""
    made = []
    for one in named:
        party = ClaimParty(
            kind=PartyKind.BENEFICIARY,
            names=one.names,
            surnames=one.surnames,
            birth_date=one.birth_date,
            relation=one.relation_name,
            beneficiary_id=one.id,
            share=one.share,
            **_document(one.identity),
        )
        if one.representative and is_young(party):
            first, _, rest = one.representative.partition(" ")
            acting = ClaimParty(kind=PartyKind.REPRESENTATIVE, names=first, surnames=rest, beneficiary_id=one.id)
            party.represented_by = acting
            made.append(acting)
        made.append(party)
    return made


def _spender(claim: Claim) -> ClaimParty:
    """Who registers it; a clerk does so for the holder."""
    registrar = db.session.get_one(Account, claim.registered_by_id)
    if registrar.is_staff:
        return _of_person(claim.policy.holder, PartyKind.SPENDER, claim.policy.account_id)
    return _of_person(registrar.person, PartyKind.SPENDER, registrar.id)


def _of_person(person: Person, kind: PartyKind, account_id: int | None) -> ClaimParty:
    return ClaimParty(
        kind=kind,
        names=person.names,
        surnames=person.surnames,
        birth_date=person.birth_date,
        email=person.email,
        phone=person.phone,
        account_id=account_id,
        **_document(person.identity),
    )


def _document(identity: Identity | None) -> dict[str, object]:
    if identity is None:
        return {}
    return {"country": identity.country, "document_type": identity.document_type, "document_number": identity.number}


def _is_same(one: ClaimParty, other: ClaimParty) -> bool:
    if one.kind is not other.kind or one.beneficiary_id != other.beneficiary_id:
        return False
    return one.beneficiary_id is not None or one.identity == other.identity


def _join(claim: Claim, party: ClaimParty) -> None:
    claim.parties.append(party)
    db.session.add(party)
    db.session.flush()
