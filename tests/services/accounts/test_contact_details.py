"""How a customer is reached, corrected by themselves: a new row, and the quotes made before keep theirs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError
from portal.models import Account, AuditEntry, Person, Quote
from portal.services.accounts import contact_details
from portal.services.accounts.contact_details import Contact
from tests.services.at_once import at_once

GIVEN = Contact("912 345 678", " Jr.  Tacna 245 ", "080601")


def test_a_correction_is_a_new_row_and_a_quote_keeps_the_old_one(make, call, rows):
    me = make.customer()
    make.quote(me)
    call(contact_details.correct, GIVEN, me.actor)
    (account,) = rows(select(Account))
    person = account.person
    assert (person.phone, person.address, person.ubigeo) == ("912345678", "Jr. Tacna 245", "080601")
    assert (person.names, person.document_number, person.email) == ("Juana", me.identity.number, me.email)
    (quote,) = rows(select(Quote))
    assert quote.holder.phone == "987654321"
    assert quote.holder.id != person.id
    entry = rows(select(AuditEntry).where(AuditEntry.action == "contact.correct"))[0]
    assert entry.details == {"fields": ["address", "phone", "ubigeo"]}


def test_whoever_waits_for_an_account_that_is_being_corrected_finds_it(app, make):
    me = make.customer()

    def work(number: int) -> None:
        for turn in range(15):
            contact_details.correct(Contact(f"9{number}{turn:07d}", GIVEN.address, GIVEN.district), me.actor)

    assert at_once(app, 4, work) == [None] * 4


def test_what_is_the_same_changes_nothing(make, call, rows):
    me = make.customer()
    for _ in range(2):
        call(contact_details.correct, GIVEN, me.actor)
    assert len(rows(select(Person))) == 2
    assert len(rows(select(AuditEntry))) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Contact("12345", GIVEN.address, GIVEN.district), "celular"),
        (Contact(GIVEN.phone, "123", GIVEN.district), "direccion"),
        (Contact(GIVEN.phone, GIVEN.address, "999999"), "distrito"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(make, call, rows, given, field):
    with pytest.raises(DomainError) as refused:
        call(contact_details.correct, given, make.customer().actor)
    assert refused.value.field == field
    assert len(rows(select(Person))) == 1
