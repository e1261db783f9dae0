"""A customer is found by anything of theirs, and read only by whoever searched, on record."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import DocumentType
from portal.domain.policy import PolicyState
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import Account, AuditEntry, CashReceipt, NameWord, Payment, Policy
from portal.models.transaction import writing
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.desk import cash_desk, customers, search
from portal.services.messaging import inbox
from portal.services.payments import receipts
from tests.factories import HOSPITAL, beneficiary


@pytest.fixture
def rosa(make):
    return make.customer(names="Rosa Ángela", paternal_surname="Ñahui", maternal_surname="Pérez")


@pytest.fixture
def desk(make):
    return make.collaborator()


@pytest.fixture
def names(call):
    """The names that a search lists."""
    return lambda typed: [hit.name for hit in call(search.matches, typed, limit=50)]


@pytest.mark.parametrize(
    "typed", ["rosa ñahui", "NAHUI ROSA", "ñah ro", "Pérez", "perez, angela", "  rosa   a  p n ", "rosa rosa"]
)
def test_a_name_is_found_without_accents_in_any_order_by_the_beginning_of_each_word(call, rosa, desk, typed):
    assert call(search.find, typed, desk.actor) == rosa.account_id


def test_a_name_of_letters_that_are_several_is_kept_and_found(call, make, desk):
    """Sixty letters of Korean are 120 without their composition: more than a word's column holds."""
    someone = make.customer(names="가" * 60, paternal_surname="ß" * 60)
    for typed in ("가" * 60, "ss"):
        assert call(search.find, typed, desk.actor) == someone.account_id


@pytest.mark.parametrize("typed", ["rosa quispe", "osa", "rosa nahuix", "zz"])
def test_a_name_that_nobody_has_says_so_at_the_field(call, rosa, desk, typed):
    with pytest.raises(DomainError, match="No encontramos a ningún cliente") as refused:
        call(search.find, typed, desk.actor)
    assert refused.value.field == "dato"


def test_everything_of_theirs_leads_to_them(call, rows, make, rosa, desk):
    slip = make.slip(rosa)
    quote = make.quote(rosa, HOSPITAL)
    receipt = call(receipts.receive, slip.number, slip.amount, desk.actor)
    (policy,) = rows(select(Policy.number))
    make.policy(make.customer())
    number = rosa.identity.number
    for typed in (slip.number, slip.code, f"{slip.code[:3]} {slip.code[3:]}", quote, receipt, policy, policy.lower()):
        assert call(search.find, typed, desk.actor) == rosa.account_id, typed
    for typed in (number, f" {number[:2]}.{number[2:5]}.{number[5:]} "):
        assert call(search.find, typed, desk.actor) == rosa.account_id, typed


def test_what_is_pasted_leads_to_them(call, rows, make, desk):
    rosa = make.customer(document_number="66163161", phone="951753568", email="rosa@gmail.com")
    make.policy(make.customer())
    policy = make.policy(rosa)
    numbers = ("DNI 66163161", "66163161-4", "661631614", f"Póliza {policy}", f"\u200b{policy.replace('-', '–')}\ufeff")
    mobiles = ("+51 951 753 568", "951\u00a0753\u00a0568\u202c")
    for typed in (*numbers, *mobiles, "rosa @gmail.com", "mailto:rosa@gmail.com", "<Rosa@Gmail.com>"):
        assert call(search.find, typed, desk.actor) == rosa.account_id, typed


def test_a_family_of_one_address_and_mobile_is_listed(call, names, make, desk):
    for name in ("Rosa", "Pedro"):
        make.customer(names=name, phone="951753568", email="familia@gmail.com")
    for typed in ("familia@gmail.com", "951 753 568"):
        assert call(search.find, typed, desk.actor) is None
        assert len(names(typed)) == 2


def test_staff_are_no_customers(call, desk, make):
    make.collaborator(names="Única")
    for typed in ("unica", desk.identity.number):
        with pytest.raises(DomainError):
            call(search.find, typed, make.supervisor().actor)


def test_a_number_of_two_kinds_of_document_lists_both(call, make, desk):
    first = make.customer(document_type=DocumentType.CE, document_number="001234567")
    second = make.customer(document_type=DocumentType.PASSPORT, document_number="001234567")
    assert call(search.find, "001234567", desk.actor) is None
    assert [hit.id for hit in call(search.matches, "001234567", limit=9)] == [second.account_id, first.account_id]


def test_passports_of_two_countries_with_one_number_are_told_apart(call, make, desk):
    people = [make.customer(document_type="PASAPORTE", document_number="AB123456", country=one) for one in ("CO", "VE")]
    assert call(search.find, "AB123456", desk.actor) is None
    hits = call(search.matches, "AB123456", limit=9)
    assert [hit.document for hit in hits] == ["Pasaporte •••••456 (Venezuela)", "Pasaporte •••••456 (Colombia)"]
    assert [hit.id for hit in hits] == [someone.account_id for someone in reversed(people)]


def test_several_are_told_apart_and_no_more_a_page_at_a_time(call, names, make, rosa, desk):
    other = make.customer(names="Rosalía", paternal_surname="Nahui", maternal_surname="")
    assert call(search.find, "ros nahui", desk.actor) is None
    assert names("ros nahui") == ["Rosalía Nahui", "Rosa Ángela Ñahui Pérez"]
    hit, _ = call(search.matches, "ros nahui", limit=9)
    assert hit.document == f"DNI •••••{other.identity.number[-3:]}"
    (older,) = call(search.matches, "ros nahui", before=other.account_id, limit=9)
    assert older.id == rosa.account_id


def test_a_name_follows_its_account_when_it_is_corrected(call, names, rosa, app):
    with app.app_context(), writing() as session:
        account = session.get_one(Account, rosa.account_id)
        account.person = account.person.corrected(names="Rosario", email="otra@example.com")
    with pytest.raises(DomainError):
        names("angela")
    assert names("rosario nahui") == ["Rosario Ñahui Pérez"]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(NameWord)) == 3


def recorded(rows):
    return rows(select(AuditEntry).where(AuditEntry.action.startswith("customer.")).order_by(AuditEntry.id))


def refused(rows):
    return [(one.action, one.subject, one.actor_id) for one in recorded(rows)]


def test_each_look_leaves_its_row_which_never_says_what_was_typed(call, rows, make, rosa, desk):
    make.customer(names="Rosalía", paternal_surname="Nahui")
    call(search.find, rosa.identity.number, desk.actor)
    call(search.find, "nahui", desk.actor)
    call(search.choose, "nahui", rosa.account_id, desk.actor)
    found = [(one.action, one.subject, one.details) for one in recorded(rows)]
    account = f"account:{rosa.account_id}"
    assert found == [
        ("customer.find", account, {"by": "document"}),
        ("customer.list", "search:name", {}),
        ("customer.find", account, {"by": "name"}),
    ]
    assert {one.actor_id for one in recorded(rows)} == {desk.account_id}
    assert rosa.identity.number not in json.dumps(found)
    assert "nahui" not in json.dumps(found)


def test_only_one_of_those_who_were_listed_can_be_chosen(call, rows, make, rosa, desk):
    with pytest.raises(NotFound):
        call(search.choose, "nahui", make.customer().account_id, desk.actor)
    assert refused(rows) == [("customer.refused", "search:name", desk.account_id)]


def test_a_search_that_finds_nobody_is_on_record_too(call, rows, desk):
    for typed in ("zz", "12345678"):
        with pytest.raises(DomainError):
            call(search.find, typed, desk.actor)
    assert refused(rows) == [
        ("customer.refused", "search:name", desk.account_id),
        ("customer.refused", "search:document", desk.account_id),
    ]


def test_a_customer_is_read_only_by_who_searched_for_them_lately(call, make, rosa, desk, clock):
    other = make.customer()
    with pytest.raises(NotFound, match="Busque al cliente"):
        call(customers.get, rosa.account_id, desk.actor)
    call(search.find, rosa.identity.number, desk.actor)
    assert call(customers.get, rosa.account_id, desk.actor).person.full_name == "Rosa Ángela Ñahui Pérez"
    for actor in (make.collaborator().actor, make.supervisor().actor, rosa.actor):
        with pytest.raises(NotFound):
            call(customers.get, rosa.account_id, actor)
    with pytest.raises(NotFound):
        call(customers.get, other.account_id, desk.actor)
    clock(hours=13)
    with pytest.raises(NotFound):
        call(customers.get, rosa.account_id, desk.actor)


def test_nobody_of_the_staff_has_a_customers_page(app, call, make, desk):
    other = make.collaborator()
    with app.app_context(), writing():
        access_log.note(desk.actor, access_log.CUSTOMER, other.account_id)
    with pytest.raises(NotFound):
        call(customers.get, other.account_id, desk.actor)


def test_the_search_at_the_counter_opens_the_customer_and_the_other_way_round(call, make, rosa, desk):
    slip = make.slip(rosa)
    call(cash_desk.find_by_code, slip.code, desk.actor)
    call(customers.get, rosa.account_id, desk.actor)
    other = make.collaborator()
    call(search.find, rosa.identity.number, other.actor)
    assert call(cash_desk.look, slip.number, other.actor).payment.number == slip.number


def test_nobody_reads_their_own_account_at_the_desk(call, rows, make, rosa):
    me = make.collaborator(document_number=rosa.identity.number)
    with pytest.raises(conflicts_of_interest.HasPart):
        call(search.find, rosa.identity.number, me.actor)
    assert refused(rows) == [("customer.refused", "search:document", me.account_id)]


@pytest.mark.parametrize("part", ["insured", "beneficiary"])
def test_nobody_reads_a_customer_in_whose_policy_they_have_a_part(call, rows, make, rosa, part):
    if part == "insured":
        insured = make.insured()
        identity = insured.identity
        make.policy(rosa, quote=make.quote(rosa, HOSPITAL, insured=insured), product=HOSPITAL)
    else:
        named = beneficiary()
        identity = named.identity
        make.policy(rosa, named=[named])
    me = make.collaborator(document_number=identity.number)
    with pytest.raises(conflicts_of_interest.HasPart):
        call(search.find, rosa.identity.number, me.actor)
    assert refused(rows) == [("customer.refused", "search:document", me.account_id)]


def test_a_part_that_came_later_closes_the_page(call, make, rosa):
    named = beneficiary()
    assert named.identity is not None
    me = make.collaborator(document_number=named.identity.number)
    call(search.find, rosa.identity.number, me.actor)
    call(customers.get, rosa.account_id, me.actor)
    make.policy(rosa, named=[named])
    with pytest.raises(conflicts_of_interest.HasPart):
        call(customers.get, rosa.account_id, me.actor)


def test_the_lines_tell_what_they_have_the_newest_first(call, rows, make, rosa, desk):
    policy = make.policy(rosa)
    slip = make.slip(rosa, quote=make.quote(rosa, HOSPITAL, insured=make.insured()), product=HOSPITAL)
    receipt = call(receipts.receive, slip.number, slip.amount, desk.actor)
    make.policy(make.customer())
    mine = rosa.account_id
    in_cash, charged = call(customers.payments, mine, limit=9)
    assert [one.receipt.number for one in in_cash.tries] == [receipt]
    assert [one.receipt for one in charged.tries] == [None]
    second, first = call(customers.policies, mine, limit=9)
    assert (first.number, first.state, first.insured) == (policy, PolicyState.PENDING, "Rosa Ángela Ñahui Pérez")
    assert second.insured.startswith("Luis")
    newer, older = call(customers.quotes, mine, limit=9)
    assert (newer.state, newer.purchase_state, older.id < newer.id) == (QuoteState.BOUGHT, PurchaseState.ISSUED, True)
    mails = call(inbox.of_customer, mine, limit=50)
    assert {mail.recipient for mail in mails} == {rosa.email}
    for lines in (customers.policies, customers.quotes, customers.payments):
        newest, oldest = call(lines, mine, limit=9)
        assert [one.id for one in call(lines, mine, before=newest.id, limit=9)] == [oldest.id]
        assert [one.id for one in call(lines, mine, limit=1)] == [newest.id]


def test_every_try_of_a_purchase_is_told_with_its_receipts(call, rows, make, rosa, desk):
    slip = make.slip(rosa)
    with pytest.raises(NotFound):
        call(customers.get, rosa.account_id, desk.actor)
    call(receipts.receive, slip.number, slip.amount, desk.actor)
    assert len(rows(select(Payment))) == len(rows(select(CashReceipt))) == 1
    (line,) = call(customers.payments, rosa.account_id, limit=9)
    (one,) = line.tries
    assert one.is_slip
    assert not one.is_open_at_bank
    assert one.refund is None


def test_two_letters_do_not_walk_through_every_customer(call, make, names, monkeypatch):
    monkeypatch.setattr(search, "_MOST_LISTED", 3)
    for number in range(5):
        make.customer(names=f"Rosa {'ABCDE'[number]}")
    listed = call(search.matches, "rosa", limit=2)
    assert [hit.name[:6] for hit in listed] == ["Rosa E", "Rosa D"]
    rest = call(search.matches, "rosa", before=listed[-1].id, limit=50)
    assert [hit.name[:6] for hit in rest] == ["Rosa C"]


def test_a_search_by_a_claims_or_a_notices_number_is_recorded_also_when_there_is_none(call, make, rosa, desk, rows):
    claim, notice = make.claim(rosa), make.notice()
    assert call(search.seek, claim, desk.actor) == search.Found(claim=claim)
    assert call(search.seek, notice, desk.actor) == search.Found(notice=notice)
    with pytest.raises(DomainError, match="No hay ningún siniestro"):
        call(search.seek, "SIN-2026-999999", desk.actor)
    found = rows(select(AuditEntry).where(AuditEntry.actor_id == desk.account_id, AuditEntry.subject.like("search:%")))
    assert [one.action for one in found] == ["claim.find", "notice.find", "claim.refused"]
    assert call(search.seek, rosa.identity.number, desk.actor) == search.Found(rosa.account_id)
