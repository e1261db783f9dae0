"""The address of an account, corrected with the document in hand: both addresses are told, and what waited is void."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyotp
import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.models import Account, AuditEntry, UserSession
from portal.models.transaction import writing
from portal.services.accounts import email_change
from portal.services.authentication import recovery, second_step, signing_in
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.desk import email_correction, search
from portal.services.desk.email_correction import Confirmer
from portal.services.messaging.resending import ProbablyMistyped
from portal.services.platform import encryption
from tests.factories import HOSPITAL, PASSWORD
from tests.services.at_once import at_once

OLD, NEW = "rosa@example.com", "rosa.nueva@example.com"
BORN = date(1990, 5, 17)


@pytest.fixture
def rosa(make):
    return make.customer(email=OLD, birth_date=BORN)


@pytest.fixture
def member(make, call, rosa):
    """Somebody of the staff who searched for her."""
    someone = make.collaborator()
    call(search.find, rosa.identity.number, someone.actor)
    return someone


@pytest.fixture
def other(make):
    """The other person of the staff, who stands at the counter too."""
    return make.collaborator()


@pytest.fixture
def confirmer(make, other):
    """What they type: `confirmer()`; or somebody else does, or another code."""

    def confirmer(someone=other, code: str | None = None) -> Confirmer:
        return Confirmer(someone.username, make.app_code(someone) if code is None else code)

    return confirmer


@pytest.fixture
def correct(call, rosa, member, confirmer):
    def correct(
        address: str = NEW,
        born: date = BORN,
        *,
        by: Confirmer | None = None,
        shown: str = OLD,
        is_sure: bool = False,
    ) -> str:
        by = by or confirmer()
        return call(
            email_correction.correct, rosa.account_id, address, born, by, member.actor, shown=shown, is_sure=is_sure
        )

    return correct


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def tries_of(rows, someone) -> int:
    return rows(select(Account.totp_tries).where(Account.id == someone.account_id))[0]


def address_of(rows, rosa) -> str:
    return rows(select(Account.email).where(Account.id == rosa.account_id))[0]


def test_the_account_has_the_new_address_and_both_are_told(rosa, member, other, correct, rows, mails):
    assert correct(" Rosa.Nueva@Example.com ") == NEW
    (account,) = rows(select(Account).where(Account.id == rosa.account_id))
    assert (account.email, account.person.email) == (NEW, NEW)
    (old,), (new,) = mails("email_changed"), mails("email_confirmed")
    assert (old.recipient, new.recipient) == (OLD, NEW)
    entry = rows(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))[0]
    assert (entry.action, entry.subject) == ("account.email_corrected", f"account:{rosa.account_id}")
    assert (entry.actor_id, entry.details) == (member.account_id, {"confirmed_by": other.account_id})


def test_who_was_in_with_the_password_is_out_for_good(make, rosa, correct, call, rows, mails):
    make.session(rosa)
    correct()
    assert None not in rows(select(UserSession.ended_at).where(UserSession.account_id == rosa.account_id))
    with pytest.raises(DomainError, match="El usuario o la contraseña"):
        call(signing_in.sign_in, rosa.username, PASSWORD, rosa.actor)
    assert "Su contraseña anterior ya no vale" in mails("email_confirmed")[0].text_body


def test_a_wrong_code_is_one_of_the_other_persons_five_tries_and_is_recorded(
    rosa, member, other, confirmer, correct, make, rows, mails
):
    right = make.app_code(other)
    for _ in range(5):
        with pytest.raises(DomainError, match="El usuario o el código") as refused:
            correct(by=confirmer(code=wrong(right)))
        assert refused.value.field == "otro_codigo"
    entry = rows(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))[0]
    assert (entry.action, entry.actor_id) == ("account.email_refused", member.account_id)
    with pytest.raises(DomainError, match="El usuario o el código"):
        correct(by=confirmer(code=right))
    assert address_of(rows, rosa) == OLD
    assert [mail.recipient for mail in mails("second_step_locked")] == rows(
        select(Account.email).where(Account.id == other.account_id)
    )


def test_a_code_confirms_once(make, rosa, other, confirmer, correct, rows):
    code = make.app_code(other)
    correct(by=confirmer(code=code))
    assert tries_of(rows, other) == 0
    with pytest.raises(DomainError, match="ya se usó"):
        correct("tercera@example.com", by=confirmer(code=code), shown=NEW)
    assert address_of(rows, rosa) == NEW


def test_who_cannot_confirm_is_refused_in_the_words_of_a_wrong_code(
    app, call, make, rosa, other, confirmer, correct, rows
):
    said = []

    def refused(by: Confirmer) -> None:
        with pytest.raises(DomainError) as error:
            correct(by=by)
        said.append((error.value.message, error.value.field))

    right = make.app_code(other)
    refused(confirmer(code=wrong(right)))
    refused(confirmer(code="12"))
    refused(Confirmer("nadie", right))
    recruit = make.recruit()
    refused(confirmer(recruit, right))
    call(second_step.begin, recruit.actor)
    refused(confirmer(recruit))
    customer = make.customer()
    with app.app_context(), writing() as session:
        account = session.get_one(Account, customer.account_id)
        account.totp_secret, account.totp_enrolled_at = encryption.seal(pyotp.random_base32()), clock.now()
    refused(confirmer(customer))
    gone = make.collaborator()
    with app.app_context(), writing() as session:
        session.get_one(Account, gone.account_id).disabled_at = clock.now()
    refused(confirmer(gone))
    assert len(set(said)) == 1
    assert address_of(rows, rosa) == OLD


def test_nobody_confirms_their_own_correction(rosa, member, confirmer, correct, rows):
    with pytest.raises(DomainError, match="Ese es su usuario") as refused:
        correct(by=confirmer(member))
    assert refused.value.field == "otro_usuario"
    assert address_of(rows, rosa) == OLD


def test_who_is_insured_by_the_customer_does_not_confirm(make, rosa, other, correct, rows):
    insured = replace(make.insured(), identity=other.identity)
    make.policy(rosa, quote=make.quote(rosa, HOSPITAL, insured=insured), product=HOSPITAL)
    with pytest.raises(DomainError, match="confirma otra persona") as refused:
        correct()
    assert refused.value.field == "otro_usuario"
    assert address_of(rows, rosa) == OLD


def test_a_slip_of_the_first_person_costs_the_other_no_try(other, correct, rows):
    for given in ({"born": date(1990, 5, 18)}, {"address": OLD}, {"address": "rosa@gmial.com"}):
        with pytest.raises(DomainError):
            correct(**given)
    assert tries_of(rows, other) == 0


def test_a_wrong_birth_date_changes_nothing_and_is_recorded(rosa, member, correct, rows, mails):
    with pytest.raises(DomainError, match="No es la fecha") as refused:
        correct(born=date(1990, 5, 18))
    assert refused.value.field == "nacimiento"
    assert address_of(rows, rosa) == OLD
    assert mails("email_changed") == []
    entry = rows(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))[0]
    assert (entry.action, entry.subject) == ("account.email_refused", f"account:{rosa.account_id}")
    assert (entry.actor_id, entry.details) == (member.account_id, {})


def test_the_recovered_password_goes_by_the_new_mailbox_alone(app, rosa, correct, call, mails, clock):
    def ask() -> str:
        return call(recovery.ask, rosa.identity, rosa.actor)

    def code() -> str:
        with app.app_context():
            return encryption.unseal(mails("recovery")[-1].secret)

    token, at_the_old = ask(), code()
    correct()
    with pytest.raises(DomainError, match="ya no vale"):
        call(recovery.complete, token, at_the_old, "cuatro nubes bajo el mar", rosa.actor)
    clock(seconds=61)
    token = ask()
    assert mails("recovery")[-1].recipient == NEW
    call(recovery.complete, token, code(), "cuatro nubes bajo el mar", rosa.actor)


def test_a_change_that_waited_is_void(app, rosa, correct, call, rows, mails):
    call(email_change.ask, "otra@example.com", PASSWORD, rosa.actor)
    call(email_change.send_code, rosa.actor)
    with app.app_context():
        code = encryption.unseal(mails("email_code")[-1].secret)
    correct()
    with pytest.raises(email_change.NothingPending):
        call(email_change.confirm, code, rosa.actor)
    assert address_of(rows, rosa) == NEW


def test_a_probable_slip_is_asked_about_first(rosa, correct, rows):
    with pytest.raises(ProbablyMistyped):
        correct("rosa@gmial.com")
    assert address_of(rows, rosa) == OLD
    assert correct("rosa@gmial.com", is_sure=True) == "rosa@gmial.com"


@pytest.mark.parametrize("address", [OLD, "ROSA@example.com", "rosa", ""])
def test_the_present_address_and_what_is_none_are_refused(correct, address):
    with pytest.raises(DomainError) as refused:
        correct(address)
    assert refused.value.field == "correo"


def test_pressed_twice_at_once_it_changes_once(app, rosa, member, confirmer, mails):
    by = confirmer()

    def press(_: int) -> str:
        return email_correction.correct(rosa.account_id, NEW, BORN, by, member.actor, shown=OLD, is_sure=False)

    assert at_once(app, 2, press) == [NEW, NEW]
    assert len(mails("email_changed")) == len(mails("email_confirmed")) == 1


def test_who_saw_an_older_address_decides_again(rosa, correct, rows):
    correct()
    with pytest.raises(DomainError, match=f"ya cambió, a {NEW}"):
        correct("tercera@example.com", shown=OLD)
    assert address_of(rows, rosa) == NEW


def test_without_a_search_there_is_nobody_to_correct(make, call, rosa, confirmer, rows):
    stranger = make.collaborator().actor
    with pytest.raises(NotFound):
        call(email_correction.correct, rosa.account_id, NEW, BORN, confirmer(), stranger, shown=OLD, is_sure=False)
    assert address_of(rows, rosa) == OLD


def test_a_search_lasts_a_working_day(correct, clock):
    clock(hours=13)
    with pytest.raises(NotFound):
        correct()


def test_who_is_insured_by_the_customer_leaves_it_to_others(make, rosa, member, correct, rows):
    insured = replace(make.insured(), identity=member.identity)
    make.policy(rosa, quote=make.quote(rosa, HOSPITAL, insured=insured), product=HOSPITAL)
    with pytest.raises(HasPart):
        correct()
    assert address_of(rows, rosa) == OLD


def test_a_closed_account_is_left_as_it_is(app, rosa, correct, rows):
    with app.app_context(), writing() as session:
        session.get_one(Account, rosa.account_id).disabled_at = clock.now()
    with pytest.raises(NotAllowed, match="está cerrada"):
        correct()
    assert address_of(rows, rosa) == OLD
