"""Nobody of the staff decides about their own: their verbs are refused where they have a part in the insurance.

Source: docs/rules.md, People. Staff may also be customers under another login, so people are compared by identity.
"""

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, exists, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.domain.actor import Actor
from portal.domain.errors import NotAllowed
from portal.domain.identity import Identity
from portal.extensions import db
from portal.models import (
    Account,
    Claim,
    ClaimParty,
    Endorsement,
    Notice,
    Person,
    Policy,
    PolicyBeneficiary,
    Purchase,
    PurchaseBeneficiary,
    Quote,
)
from portal.models.people import names_person, same_person

REFUSED = (
    "Usted figura en esta compra como contratante, persona asegurada, beneficiario o vendedor: "
    "debe atenderla otra persona de la agencia."
)


OWN = "Usted es este cliente, o figura en uno de sus seguros: debe atenderlo otra persona."
OWN_CLAIM = (
    "Usted figura en este siniestro o en su póliza como contratante, persona asegurada, beneficiario, reclamante o "
    "vendedor: debe atenderlo otra persona."
)


class HasPart(NotAllowed):
    """The thing is in part the actor's own."""

    def __init__(self, words: str = REFUSED) -> None:
        super().__init__(words)


def check_none(actor: Actor, purchase: Purchase) -> None:
    """The actor has no part in the purchase, nor in the policy that it led to. Raises HasPart.

    Inside the transaction of the verb: what was read before may have been edited since.
    """
    if has_any(actor, purchase):
        raise HasPart


def check_is_not(actor: Actor, identity: Identity) -> None:
    """The actor, under whichever login, is not this person. Raises HasPart."""
    is_me = exists().where(Account.id == actor.account_id, names_person(Account, identity))
    if db.session.scalar(select(is_me)):
        raise HasPart


def in_notice(actor: Actor) -> ColumnElement[bool]:
    """That the actor gives the notice, or is whom it is about: a condition on Notice."""
    is_insured = and_(
        Account.country == Notice.insured_country,
        Account.document_type == Notice.insured_document_type,
        Account.document_number == Notice.insured_document_number,
    )
    return exists().where(Account.id == actor.account_id, or_(same_person(Account, Notice), is_insured))


def check_none_in_claim(actor: Actor, claim_id: int) -> None:
    """The actor is nobody in the claim, nor in its policy. Raises HasPart."""
    if db.session.scalar(select(in_claim(claim_id, actor))):
        raise HasPart(OWN_CLAIM)


def check_none_in_policy(actor: Actor, policy_id: int) -> None:
    """The actor is nobody in the policy, nor in a claim of it. Raises HasPart."""
    if db.session.scalar(select(in_policy(policy_id, actor))):
        raise HasPart(OWN_CLAIM)


def has_any(actor: Actor, purchase: Purchase) -> bool:
    """Whether `in_purchase` holds: one query."""
    return bool(db.session.scalar(select(in_purchase(purchase.id, actor))))


def in_purchase(purchase_id: int, actor: Actor) -> ColumnElement[bool]:
    """That the actor sold it, or is its owner, its holder, its insured or one of its beneficiaries: a condition."""
    return literal(purchase_id).in_(own_purchases(actor))


def own_purchases(actor: Actor) -> CompoundSelect[int]:
    """The keys of the purchases in which the actor has a part. Each way to have one has an index of its own, and begins
    at the actor: so many as wait are compared with these few, not asked one by one."""
    me, owner, purchase = aliased(Account), aliased(Account), aliased(Purchase)

    def of(key: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> Select[int]:
        return select(key).where(me.id == actor.account_id, *conditions)

    def named(person_id: InstrumentedAttribute[int]) -> Select[int]:
        return of(purchase.id, same_person(me, Person), person_id == Person.id, purchase.quote_id == Quote.id)

    return union_all(
        of(purchase.id, purchase.seller_id == me.id),
        of(purchase.id, same_person(me, owner), purchase.account_id == owner.id),
        named(Quote.holder_id),
        named(Quote.insured_id),
        of(PurchaseBeneficiary.purchase_id, same_person(me, PurchaseBeneficiary)),
    )


def in_customer(account_id: int, actor: Actor) -> ColumnElement[bool]:
    """That the actor is this customer under another login, or insured or named in one of their policies: a condition.

    It begins at the actor's own few rows, however many policies the customer has. Who sold one may still read.
    """
    me, they = aliased(Account), aliased(Account)
    return or_(
        exists().where(me.id == actor.account_id, they.id == account_id, same_person(me, they)),
        exists().where(
            me.id == actor.account_id,
            same_person(me, Person),
            Policy.insured_id == Person.id,
            Policy.account_id == account_id,
        ),
        exists().where(
            me.id == actor.account_id,
            same_person(me, PolicyBeneficiary),
            Endorsement.id == PolicyBeneficiary.endorsement_id,
            Policy.id == Endorsement.policy_id,
            Policy.account_id == account_id,
        ),
    )


# Made once: an alias makes a column of its own for each that its table has.
_ME, _OWNER, _REGISTRAR = aliased(Account), aliased(Account), aliased(Account)
_POLICY, _CLAIM, _HOLDER, _INSURED = aliased(Policy), aliased(Claim), aliased(Person), aliased(Person)


def in_policy(policy_id: Any, actor: Actor) -> ColumnElement[bool]:
    """That the actor sold the policy, or is its holder, its insured, somebody ever named in it, or somebody in a claim
    of it. A condition; `policy_id` is a number or a column."""
    me, policy = _ME, _POLICY
    in_claims = exists().where(Claim.policy_id == policy.id, ClaimParty.claim_id == Claim.id, _is_party(me))
    return exists().where(me.id == actor.account_id, policy.id == policy_id, or_(_is_of_policy(me, policy), in_claims))


def in_claim(claim_id: Any, actor: Actor) -> ColumnElement[bool]:
    """That the actor sold the claim's policy, or is its holder, its insured, somebody ever named in it, or somebody in
    the claim: who is paid, acts for another, told of it, or registered it as a customer. A condition; `claim_id` is a
    number or a column."""
    me, registrar, claim, policy = _ME, _REGISTRAR, _CLAIM, _POLICY
    return exists().where(
        me.id == actor.account_id,
        claim.id == claim_id,
        policy.id == claim.policy_id,
        registrar.id == claim.registered_by_id,
        or_(
            _is_of_policy(me, policy),
            ~registrar.is_staff & same_person(me, registrar),
            exists().where(ClaimParty.claim_id == claim.id, _is_party(me)),
        ),
    )


def _is_of_policy(me: Any, policy: Any) -> ColumnElement[bool]:
    """That `me` sold it, or is somebody in it on whatever day."""
    owner, holder, insured = _OWNER, _HOLDER, _INSURED
    return or_(
        policy.seller_id == me.id,
        exists().where(
            owner.id == policy.account_id,
            holder.id == policy.holder_id,
            insured.id == policy.insured_id,
            or_(*(same_person(me, one) for one in (owner, holder, insured))),
        ),
        exists().where(
            Endorsement.policy_id == policy.id,
            PolicyBeneficiary.endorsement_id == Endorsement.id,
            same_person(me, PolicyBeneficiary),
        ),
    )


def _is_party(me: Any) -> ColumnElement[bool]:
    return or_(ClaimParty.account_id == me.id, same_person(me, ClaimParty))
