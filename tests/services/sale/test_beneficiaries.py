"""Who is paid: named, changed and taken off, with shares that total a hundred before the step is answered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain.beneficiaries import BeneficiaryKind
from portal.domain.errors import DomainError, NotFound
from portal.models import Purchase
from portal.services.sale import beneficiaries
from tests.factories import Stage, beneficiary
from tests.services.at_once import at_once


def named(rows) -> list[tuple[str, Decimal]]:
    (purchase,) = rows(select(Purchase))
    return [(one.names, one.share) for one in purchase.beneficiaries]


def test_beneficiaries_are_added_changed_and_taken_off(call, rows, make, juana):
    public_id = make.purchase(juana)
    call(beneficiaries.NAMING.put, public_id, None, beneficiary("Rosa", share="60"), juana.actor)
    call(beneficiaries.NAMING.put, public_id, None, beneficiary("Pedro", share="30"), juana.actor)
    (purchase,) = rows(select(Purchase))
    rosa, pedro = purchase.beneficiaries
    call(beneficiaries.NAMING.put, public_id, pedro.id, beneficiary("Pedro Luis", share="40"), juana.actor)
    assert named(rows) == [("Rosa", Decimal("60.00")), ("Pedro Luis", Decimal("40.00"))]
    call(beneficiaries.NAMING.remove, public_id, rosa.id, juana.actor)
    call(beneficiaries.NAMING.remove, public_id, rosa.id, juana.actor)  # the second click of a double one
    assert named(rows) == [("Pedro Luis", Decimal("40.00"))]
    with pytest.raises(NotFound):
        call(beneficiaries.NAMING.put, public_id, rosa.id, beneficiary("Otra"), juana.actor)


def test_a_beneficiary_of_another_purchase_is_not_touched(call, rows, make, juana):
    make.purchase(juana, named=[beneficiary("Rosa")], stage=Stage.BENEFICIARIES)
    (theirs,) = rows(select(Purchase))
    maria = make.customer()
    mine = make.purchase(maria)
    with pytest.raises(NotFound):
        call(beneficiaries.NAMING.put, mine, theirs.beneficiaries[0].id, beneficiary("Mala"), maria.actor)
    call(beneficiaries.NAMING.remove, mine, theirs.beneficiaries[0].id, maria.actor)
    (still,) = rows(select(Purchase).where(Purchase.id == theirs.id))
    assert [one.names for one in still.beneficiaries] == ["Rosa"]


def test_the_step_is_answered_only_when_shares_total_one_hundred(call, rows, make, juana):
    public_id = make.purchase(juana)
    call(beneficiaries.NAMING.put, public_id, None, beneficiary(share="99.99"), juana.actor)
    with pytest.raises(DomainError, match=r"Faltan 0\.01"):
        call(beneficiaries.NAMING.finish, public_id, juana.actor)
    assert rows(select(Purchase.beneficiaries_answered)) == [False]
    call(beneficiaries.NAMING.put, public_id, None, beneficiary(share="0.01"), juana.actor)
    call(beneficiaries.NAMING.finish, public_id, juana.actor)
    assert rows(select(Purchase.beneficiaries_answered)) == [True]


def test_a_later_edit_asks_for_the_step_again(call, rows, make, juana):
    public_id = make.purchase(juana, Stage.BENEFICIARIES, named=[beneficiary()])
    (purchase,) = rows(select(Purchase))
    one = purchase.beneficiaries[0]
    for edit in (
        lambda: beneficiaries.NAMING.put(public_id, one.id, beneficiary(share="50"), juana.actor),
        lambda: beneficiaries.NAMING.share_equally(public_id, juana.actor),
        lambda: beneficiaries.NAMING.remove(public_id, one.id, juana.actor),
    ):
        call(edit)
        assert rows(select(Purchase.beneficiaries_answered)) == [False]
        call(beneficiaries.NAMING.share_equally, public_id, juana.actor)
        call(beneficiaries.NAMING.finish, public_id, juana.actor)
        assert rows(select(Purchase.beneficiaries_answered)) == [True]


def test_equal_shares_are_given_to_each_kind_by_itself(call, rows, make, juana):
    public_id = make.purchase(juana)
    for names in ("Ana", "Eva", "Luz"):
        call(beneficiaries.NAMING.put, public_id, None, beneficiary(names, share="1"), juana.actor)
    for names in ("Hugo", "Raúl"):
        contingent = beneficiary(names, share="1", kind=BeneficiaryKind.CONTINGENT)
        call(beneficiaries.NAMING.put, public_id, None, contingent, juana.actor)
    call(beneficiaries.NAMING.share_equally, public_id, juana.actor)
    assert [str(share) for _, share in named(rows)] == ["33.34", "33.33", "33.33", "50.00", "50.00"]
    call(beneficiaries.NAMING.finish, public_id, juana.actor)


def test_nobody_is_named_twice_by_document_nor_is_the_insured(call, rows, make, juana):
    public_id = make.purchase(juana)
    rosa = beneficiary("Rosa")
    call(beneficiaries.NAMING.put, public_id, None, rosa, juana.actor)
    for refused in (beneficiary("Rosita", identity=rosa.identity), beneficiary("Juana", identity=juana.identity)):
        with pytest.raises(DomainError) as error:
            call(beneficiaries.NAMING.put, public_id, None, refused, juana.actor)
        assert error.value.field == "numero_documento"
    call(beneficiaries.NAMING.put, public_id, None, beneficiary("Sin documento", identity=None), juana.actor)
    call(beneficiaries.NAMING.put, public_id, None, beneficiary("Tampoco", identity=None), juana.actor)
    assert [names for names, _ in named(rows)] == ["Rosa", "Sin documento", "Tampoco"]


@pytest.mark.parametrize("has_document", [True, False])
def test_pressed_twice_at_once_somebody_is_named_once(app, call, rows, make, juana, has_document):
    public_id = make.purchase(juana)
    rosa = beneficiary("Rosa") if has_document else beneficiary("Rosa", identity=None)
    answers = at_once(app, 2, lambda _: beneficiaries.NAMING.put(public_id, None, rosa, juana.actor))
    assert all(answer is None or isinstance(answer, StaleDataError) for answer in answers)
    call(beneficiaries.NAMING.put, public_id, None, rosa, juana.actor)
    assert named(rows) == [("Rosa", rosa.share)]


def test_at_most_ten_are_named_even_by_many_at_once(app, rows, make, juana):
    public_id = make.purchase(juana)
    answers = at_once(
        app, 14, lambda number: beneficiaries.NAMING.put(public_id, None, beneficiary(f"N{'a' * number}"), juana.actor)
    )
    assert len(named(rows)) == answers.count(None) <= 10
    assert all(answer is None or isinstance(answer, DomainError | StaleDataError) for answer in answers)
