"""Finding a slip at the counter: by its code or its customer's document, and never unrecorded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import DocumentType, Identity
from portal.domain.receipt import ReversalReason
from portal.domain.slip import SlipState
from portal.models import AuditEntry, Payment
from portal.services.catalogue import agencies
from portal.services.controls import conflicts_of_interest
from portal.services.desk import cash_desk
from portal.services.payments import receipts, reversals
from portal.services.payments.refunds import CASH_REFUND
from tests.factories import HOSPITAL, Stage


def another_slip(make, customer):
    return make.slip(customer, quote=make.quote(customer, HOSPITAL, insured=make.insured()), product=HOSPITAL)


@pytest.fixture
def by_document(call, cashier):
    """Search by somebody's document as the cashier does, or somebody else."""

    def by_document(identity, actor=None):
        return call(cash_desk.find_by_document, identity.document_type, identity.number, actor or cashier.actor)

    return by_document


def test_a_slip_is_found_by_its_code_however_it_is_spaced(call, make, juana, cashier):
    slip = make.slip(juana)
    code = slip.code
    for typed in (code, f"{code[:3]} {code[3:6]} {code[6:]}", f" {code[:3]}\xa0{code[3:6]}-{code[6:]} "):
        assert call(cash_desk.find_by_code, typed, cashier.actor) == slip.number


def test_a_code_that_nobody_has_says_so_at_the_field(call, make, cashier):
    for typed, words in (("123 456 782", "No hay ninguna solicitud"), ("123 456 789", "Algún número"), ("abc", "solo")):
        with pytest.raises(DomainError, match=words) as refused:
            call(cash_desk.find_by_code, typed, cashier.actor)
        assert refused.value.field == "dato"


def test_a_document_leads_to_the_slip_that_falls_due_first_and_the_page_names_the_others(
    call, by_document, make, juana, cashier, clock
):
    first, second = make.slip(juana), another_slip(make, juana)
    assert by_document(juana.identity) == first.number
    page = call(cash_desk.look, first.number, cashier.actor)
    assert [other.number for other in page.others] == [second.number]
    assert [other.number for other in call(cash_desk.look, second.number, cashier.actor).others] == [first.number]
    call(receipts.receive, first.number, first.amount, cashier.actor)
    assert by_document(juana.identity) == second.number
    assert call(cash_desk.look, second.number, cashier.actor).others == []


def test_the_agency_sees_whom_it_awaits_by_when_they_fall_due(call, make, juana, cashier, clock):
    first = make.slip(juana)
    clock(hours=1)
    second = make.slip(make.customer())
    make.slip(make.customer(), agency="LIM-1")
    paid = make.slip(make.customer())
    call(receipts.receive, paid.number, paid.amount, cashier.actor)

    def awaited(limit=9):
        lines, number = call(cash_desk.awaited, agencies.by_code("CUS-1"), limit)
        return [line.code for line in lines], number

    assert awaited() == ([first.code, second.code], 2)
    assert awaited(limit=1) == ([first.code], 2)
    (line, *_), _number = call(cash_desk.awaited, agencies.by_code("CUS-1"), 9)
    assert (line.name, line.amount, line.is_due_today) == ("Juana Mamani", first.amount, False)
    clock(seconds=(line.due_at - portal_clock.now()).total_seconds() - 60)
    assert call(cash_desk.awaited, agencies.by_code("CUS-1"), 1)[0][0].is_due_today
    clock(days=5)
    assert awaited() == ([], 0)


def test_the_drawer_counts_what_came_and_what_left_on_the_day_when_it_did(call, make, juana, cashier, clock):
    def drawer(code="CUS-1"):
        return [(one.number, one.amount) for one in call(cash_desk.drawer, agencies.by_code(code))]

    nothing = (0, Decimal(0))
    assert drawer() == [nothing, nothing, nothing]
    kept, reversed_, late, at_night = (make.slip(make.customer()) for _ in range(4))
    amount = kept.amount
    call(receipts.receive, kept.number, amount, cashier.actor)
    mistaken = call(receipts.receive, reversed_.number, amount, cashier.actor)
    assert drawer() == [(2, 2 * amount), nothing, nothing]
    other = make.collaborator()
    call(reversals.reverse, mistaken, ReversalReason.NO_MONEY, "Se fue sin pagar", other.actor)
    one = (1, amount)
    assert drawer() == [one, nothing, nothing]
    clock(days=4)
    assert drawer() == [nothing, nothing, nothing]
    for slip in (late, at_night):
        call(receipts.receive_to_return, slip.number, amount, cashier.actor)
    first, second = [line.row.number for line in call(CASH_REFUND.waiting, cashier.actor, limit=9)]
    for number in (first, second):
        make.hand_over(number, cashier)
    both = (2, 2 * amount)
    assert drawer() == [both, nothing, both], "it is not in the drawer any more"
    call(CASH_REFUND.confirm, first, other.actor, handed_over=True)
    assert drawer() == [both, one, one]
    assert drawer("LIM-1") == [nothing, nothing, nothing]
    clock(days=5)
    call(CASH_REFUND.confirm, second, other.actor, handed_over=True)
    assert drawer() == [nothing, nothing, nothing], "it left on the day before"


def test_what_was_not_handed_over_after_all_has_not_left_the_drawer(call, make, juana, cashier, clock):
    slip = make.slip(juana)
    clock(days=4)
    call(receipts.receive_to_return, slip.number, slip.amount, cashier.actor)
    (line,) = call(CASH_REFUND.waiting, cashier.actor, limit=9)
    make.hand_over(line.row.number, cashier)
    call(CASH_REFUND.confirm, line.row.number, make.collaborator().actor, handed_over=False)
    assert [one.number for one in call(cash_desk.drawer, agencies.by_code("CUS-1"))] == [1, 0, 0]


def test_without_a_slip_to_pay_a_document_leads_to_the_newest(call, by_document, make, juana, cashier, clock):
    make.slip(juana)
    second = another_slip(make, juana)
    clock(days=4)
    assert by_document(juana.identity) == second.number
    assert call(cash_desk.look, second.number, cashier.actor).standing is SlipState.EXPIRED


def test_a_document_without_slips_says_so_and_names_nobody(by_document, make, juana, cashier):
    make.purchase(juana, Stage.TERMS)
    for identity in (juana.identity, Identity(DocumentType.DNI, "09999999"), cashier.identity):
        with pytest.raises(DomainError, match="ninguna solicitud de pago") as refused:
            by_document(identity)
        assert refused.value.field == "dato"
        assert identity.number not in refused.value.message


def test_a_passport_number_of_two_countries_asks_for_the_code(by_document, make):
    ana, eva = (
        make.customer(document_type="PASAPORTE", document_number=number, country=country)
        for number, country in (("AB123456", "CO"), ("XD654321", "VE"))
    )
    slip = make.slip(ana)
    assert by_document(ana.identity) == slip.number
    make.customer(document_type="PASAPORTE", document_number="AB123456", country="VE")
    with pytest.raises(DomainError, match="Busque por el código de pago"):
        by_document(ana.identity)
    with pytest.raises(DomainError, match="ninguna solicitud"):
        by_document(eva.identity)


def test_a_slip_shows_how_it_stands(call, make, juana, cashier, clock):
    slip = make.slip(juana)
    call(cash_desk.find_by_code, slip.code, cashier.actor)
    waiting = call(cash_desk.look, slip.number, cashier.actor)
    assert (waiting.standing, waiting.is_payable, waiting.received) == (SlipState.PAYABLE, True, None)
    assert (waiting.chosen.code, waiting.payment.amount) == ("CUS-1", slip.amount)
    number = call(receipts.receive, slip.number, slip.amount, cashier.actor)
    paid = call(cash_desk.look, slip.number, cashier.actor)
    assert (paid.standing, paid.is_payable) == (SlipState.SETTLED, False)
    assert (paid.received.receipt.number, paid.can_open_receipt) == (number, True)


def test_who_works_elsewhere_sees_that_it_was_paid_and_not_the_receipt(call, make, juana, cashier):
    slip, other = make.slip(juana), make.collaborator(agency="LIM-1")
    number = call(receipts.receive, slip.number, slip.amount, cashier.actor)
    call(cash_desk.find_by_code, slip.code, other.actor)
    seen = call(cash_desk.look, slip.number, other.actor)
    assert (seen.received.receipt.number, seen.can_open_receipt) == (number, False)


def test_a_slip_is_read_only_by_who_searched_for_its_customer_today(call, make, juana, cashier, clock):
    slip, second = make.slip(juana), another_slip(make, juana)
    with pytest.raises(NotFound):
        call(cash_desk.look, slip.number, cashier.actor)
    call(cash_desk.find_by_code, slip.code, cashier.actor)
    call(cash_desk.look, slip.number, cashier.actor)
    call(cash_desk.look, second.number, cashier.actor)
    for other in (make.collaborator(), make.supervisor(), juana):
        with pytest.raises(NotFound):
            call(cash_desk.look, slip.number, other.actor)
    with pytest.raises(NotFound):
        call(cash_desk.look, make.slip(make.customer()).number, cashier.actor)
    clock(hours=13)
    with pytest.raises(NotFound):
        call(cash_desk.look, slip.number, cashier.actor)


def test_each_search_that_finds_leaves_its_row_without_personal_data(by_document, rows, make, juana, cashier):
    slip = make.slip(juana)
    by_document(juana.identity)
    (entry,) = rows(select(AuditEntry).where(AuditEntry.action == "cash.find"))
    assert (entry.actor_id, entry.subject) == (cashier.account_id, f"account:{juana.account_id}")
    assert entry.details == {"slip": slip.number}


def test_nobody_searches_without_an_agency_nor_for_their_own(call, by_document, rows, make, juana):
    slip = make.slip(juana)
    with pytest.raises(NotAllowed, match="no tiene una agencia"):
        call(cash_desk.find_by_code, slip.code, make.collaborator(agency=None).actor)
    me = make.collaborator(document_number=juana.identity.number)
    with pytest.raises(conflicts_of_interest.HasPart):
        call(cash_desk.find_by_code, slip.code, me.actor)
    with pytest.raises(conflicts_of_interest.HasPart):
        by_document(juana.identity, me.actor)
    assert rows(select(AuditEntry).where(AuditEntry.action == "cash.find")) == []
    assert len(rows(select(Payment))) == 1
