"""Another address for an account: nothing changes before its code, and both addresses are told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError
from portal.models import Account, AuditEntry, Code, Message, Person, TryCount
from portal.services.accounts import email_change
from portal.services.authentication import recovery, sessions, signing_in
from portal.services.platform import encryption
from tests.factories import PASSWORD
from tests.services.at_once import at_once

NEW = "juana.nueva@example.com"


@pytest.fixture
def me(make):
    return make.customer(email="juana@example.com")


@pytest.fixture
def asked(call, me):
    def asked(address: str = NEW, *, send: bool = True) -> None:
        call(email_change.ask, address, PASSWORD, me.actor)
        if send:
            call(email_change.send_code, me.actor)

    return asked


@pytest.fixture
def code(app, mails):
    def code() -> str:
        with app.app_context():
            return encryption.unseal(mails("email_code")[-1].secret)

    return code


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


def test_the_code_of_the_new_mailbox_changes_the_address_and_both_are_told(me, asked, call, code, rows, mails):
    asked(" Juana.Nueva@Example.com ")
    (mail,) = mails("email_code")
    assert mail.recipient == NEW
    assert me.names not in mail.text_body
    assert me.username not in mail.text_body
    assert rows(select(Account.email)) == ["juana@example.com"]
    assert call(email_change.confirm, code(), me.actor) == NEW
    (account,) = rows(select(Account))
    assert (account.email, account.pending_email, account.person.email) == (NEW, None, NEW)
    (old,), (new,) = mails("email_changed"), mails("email_confirmed")
    assert old.recipient == "juana@example.com"
    assert "j•••@example.com" in old.text_body
    assert NEW not in old.text_body
    assert new.recipient == NEW
    assert rows(select(AuditEntry.action).order_by(AuditEntry.id)) == ["email.ask", "email.code", "email.change"]


def test_an_address_asked_for_again_needs_another_code(me, asked, call, code):
    asked()
    before = code()
    asked(send=False)
    assert call(email_change.pending, me.actor).is_code_sent is False
    with pytest.raises(DomainError):
        call(email_change.confirm, before, me.actor)


def test_the_announcement_never_leaves_for_the_new_address(me, asked, call, code, app, mails):
    asked()
    call(email_change.confirm, code(), me.actor)
    (announced,) = mails("email_changed")
    assert announced.account_id is None  # what failed and is sent again goes to its account's present address


def test_nothing_leaves_before_the_address_was_looked_at(me, asked, call, rows):
    asked("juana@gmial.com", send=False)
    found = call(email_change.pending, me.actor)
    assert (found.address, found.suggestion, found.is_code_sent) == ("juana@gmial.com", "juana@gmail.com", False)
    assert rows(select(Message)) == []
    call(email_change.take_suggestion, me.actor)
    call(email_change.send_code, me.actor)
    assert rows(select(Message.recipient)) == ["juana@gmail.com"]
    assert call(email_change.pending, me.actor).is_code_sent


def test_a_suggestion_that_is_the_present_address_changes_nothing(make, call):
    me = make.customer(email="juana@gmail.com")
    call(email_change.ask, "juana@gmial.com", PASSWORD, me.actor)
    with pytest.raises(DomainError, match="ya es el correo de su cuenta"):
        call(email_change.take_suggestion, me.actor)
    assert call(email_change.pending, me.actor).address == "juana@gmial.com"


def test_the_present_password_is_asked_and_wrong_ones_are_counted(me, call, rows):
    with pytest.raises(DomainError, match="actual no es correcta") as refused:
        call(email_change.ask, NEW, "not it", me.actor)
    assert refused.value.field == "actual"
    assert rows(select(TryCount.made)) == [1]
    assert call(email_change.pending, me.actor) is None
    call(email_change.ask, NEW, PASSWORD, me.actor)
    assert rows(select(TryCount.made)) == [0]


@pytest.mark.parametrize("address", ["juana@example.com", "JUANA@example.com", "juana", ""])
def test_the_present_address_and_what_is_none_are_refused(me, call, address):
    with pytest.raises(DomainError) as refused:
        call(email_change.ask, address, PASSWORD, me.actor)
    assert refused.value.field == "correo"


def test_a_family_may_share_an_address(make, me, asked, call, code):
    other = make.customer()
    asked(other.email)
    assert call(email_change.confirm, code(), me.actor) == other.email


def test_the_code_of_one_address_does_not_confirm_another(me, asked, call, code, rows):
    asked("otra@example.com")
    first = code()
    asked(NEW, send=False)
    with pytest.raises(DomainError, match="ya no vale"):
        call(email_change.confirm, first, me.actor)
    assert rows(select(Account.email)) == ["juana@example.com"]


def test_fifty_guesses_at_once_are_five_tries(app, me, asked, call, code, rows):
    asked()
    right = code()
    at_once(app, 50, lambda _: email_change.confirm(wrong(right), me.actor))
    assert rows(select(Code.tries)) == [5]
    with pytest.raises(DomainError, match="Se acabaron los 5 intentos"):
        call(email_change.confirm, right, me.actor)


def test_confirmed_twice_at_once_it_changes_once_and_both_hear_yes(app, me, asked, code, rows, mails):
    asked()
    right = code()
    assert at_once(app, 2, lambda _: email_change.confirm(right, me.actor)) == [NEW, NEW]
    assert len(mails("email_changed")) == len(mails("email_confirmed")) == 1


def test_another_code_waits_a_minute(me, asked, call, clock, mails):
    asked()
    with pytest.raises(DomainError, match="Puede pedir otro en"):
        call(email_change.send_code, me.actor)
    clock(seconds=61)
    call(email_change.send_code, me.actor)
    assert len(mails("email_code")) == 2


def test_a_cancelled_change_cannot_be_confirmed(me, asked, call, code, rows):
    asked()
    right = code()
    for _ in range(2):
        call(email_change.cancel, me.actor)
    with pytest.raises(email_change.NothingPending):
        call(email_change.confirm, right, me.actor)
    assert rows(select(Account.email)) == ["juana@example.com"]


def test_asked_again_for_the_same_address_it_is_looked_at_again(me, asked, call, code):
    asked()
    right = code()
    call(email_change.cancel, me.actor)
    asked(send=False)
    assert not call(email_change.pending, me.actor).is_code_sent
    with pytest.raises(DomainError, match="ya no vale"):
        call(email_change.confirm, right, me.actor)


def test_a_new_password_voids_what_waits(me, asked, call, code):
    asked()
    right = code()
    call(signing_in.change_password, "cuatro nubes bajo el mar", me.actor, current=PASSWORD)
    assert call(email_change.pending, me.actor) is None
    with pytest.raises(email_change.NothingPending):
        call(email_change.confirm, right, me.actor)


def test_a_code_in_the_old_mailbox_no_longer_recovers_the_password(app, me, asked, call, code, mails):
    token = call(recovery.ask, me.identity, me.actor)
    with app.app_context():
        left = encryption.unseal(mails("recovery")[-1].secret)
    asked()
    call(email_change.confirm, code(), me.actor)
    with pytest.raises(DomainError, match="ya no vale"):
        call(recovery.complete, token, left, "cuatro nubes bajo el mar", me.actor)
    call(signing_in.sign_in, me.username, PASSWORD, me.actor)


def test_open_sessions_stay_and_quotes_keep_the_person_they_were_made_with(make, me, asked, call, code, rows):
    make.quote(me)
    token = make.session(me)
    asked()
    call(email_change.confirm, code(), me.actor)
    assert call(sessions.load, token).email == NEW
    assert sorted(rows(select(Person.email).where(Person.email != ""))) == [NEW, "juana@example.com"]
