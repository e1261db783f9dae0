"""Staff who have a part in an insurance: their verbs are refused there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.actor import SYSTEM
from portal.domain.errors import NotAllowed
from portal.models import Account, Purchase
from portal.models.transaction import writing
from portal.services.controls import conflicts_of_interest
from portal.services.sale import purchasing
from tests.factories import Stage, beneficiary


def has_part(call, customer, public_id, member):
    def ask():
        purchase = purchasing.get(public_id, customer.actor)
        if not conflicts_of_interest.has_any(member.actor, purchase):
            conflicts_of_interest.check_none(member.actor, purchase)
            return False
        with pytest.raises(NotAllowed, match="debe atenderla otra persona"):
            conflicts_of_interest.check_none(member.actor, purchase)
        return True

    return call(ask)


def test_the_holder_the_insured_and_each_beneficiary_have_a_part_by_their_document(call, make, juana):
    other, named = make.insured(), beneficiary()
    assert named.identity is not None
    public_id = make.purchase(juana, Stage.BENEFICIARIES, quote=make.quote(juana, insured=other), named=[named])
    for identity in (juana.identity, other.identity, named.identity):
        member = make.collaborator(document_number=identity.number)
        assert has_part(call, juana, public_id, member), identity
    assert not has_part(call, juana, public_id, make.collaborator())


def test_the_holder_has_a_part_beside_the_owner_whose_document_was_corrected(call, make, juana):
    public_id = make.purchase(juana, quote=make.quote(juana, insured=make.insured()))

    def correct():
        with writing() as session:
            session.get_one(Account, juana.account_id).document_number = "70000001"

    call(correct)
    for number in ("70000001", juana.identity.number):
        assert has_part(call, juana, public_id, make.collaborator(document_number=number)), number


def test_the_same_number_in_another_kind_of_document_is_somebody_else(call, make, juana):
    public_id = make.purchase(juana)
    number = juana.identity.number
    assert not has_part(call, juana, public_id, make.collaborator(document_type="PASAPORTE", document_number=number))


def test_who_sold_it_has_a_part(call, make, juana):
    public_id, seller = make.purchase(juana), make.collaborator()
    assert not has_part(call, juana, public_id, seller)

    def sell():
        with writing() as session:
            session.scalars(select(Purchase)).one().seller_id = seller.account_id

    call(sell)
    assert has_part(call, juana, public_id, seller)


def test_the_portal_itself_has_no_part(call, make, juana):
    public_id = make.purchase(juana)
    assert call(lambda: conflicts_of_interest.has_any(SYSTEM, purchasing.get(public_id, juana.actor))) is False
