"""Two at one account at the same moment: the second waits for the first, and finds what it left."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.models import Account, AuditEntry, Consent, Signup
from portal.services.accounts import activation, consents, contact_details, email_change, signup
from portal.services.accounts.contact_details import Contact
from portal.services.accounts.signup_answers import from_kept
from portal.services.authentication import (
    known_devices,
    one_time_codes,
    password_attempts,
    passwords,
    recovery,
    sessions,
    signing_in,
)
from portal.services.catalogue.offers import texts
from portal.services.messaging import outgoing
from portal.services.platform import audit, encryption
from tests.factories import PASSWORD
from tests.services.at_once import in_the_midst

VISITOR = Actor(ip="203.0.113.9", device="a phone")
NEW_PASSWORD = "cuatro nubes bajo el mar"
NEW_ADDRESS = "juana.nueva@example.com"


@pytest.fixture
def meet(app, monkeypatch):
    """`meet((module, "function"), first, second)`."""
    return partial(in_the_midst, app, monkeypatch)


@pytest.fixture
def secret(app, mails):
    def secret(kind: str, at: int = -1) -> str:
        with app.app_context():
            return encryption.unseal(mails(kind)[at].secret)

    return secret


def test_a_permission_given_in_two_windows_is_one_row(call, rows, juana, meet):
    shown = call(texts)[consents.MARKETING].sha256
    press = partial(consents.allow_marketing, juana.actor, shown=shown)
    assert meet((consents, "record"), press, press) == [None, None]
    assert rows(select(Consent.granted)) == [True]


def test_two_corrections_of_the_contact_lose_nothing_of_each_other(rows, juana, meet):
    (account,) = rows(select(Account))
    phone = Contact("911111111", account.person.address, account.person.ubigeo)
    both = Contact("922222222", "Av. El Sol 200", account.person.ubigeo)
    meet(
        (audit, "record"),
        lambda: contact_details.correct(phone, juana.actor),
        lambda: contact_details.correct(both, juana.actor),
    )
    (account,) = rows(select(Account))
    assert (account.person.phone, account.person.address) == (both.phone, both.address)
    changed = [entry.details["fields"] for entry in rows(select(AuditEntry))]
    assert changed == [["phone"], ["address", "phone"]]


def test_a_change_of_address_that_comes_through_can_not_be_cancelled(call, rows, juana, secret, meet):
    call(email_change.ask, NEW_ADDRESS, PASSWORD, juana.actor)
    call(email_change.send_code, juana.actor)
    code = secret("email_code")
    meet(
        (one_time_codes, "spend"),
        lambda: email_change.confirm(code, juana.actor),
        lambda: email_change.cancel(juana.actor),
    )
    assert rows(select(Account.email)) == [NEW_ADDRESS]
    told = rows(select(AuditEntry.action).order_by(AuditEntry.id))
    assert told == ["email.ask", "email.code", "email.change"], "and so it was not"


def test_a_code_for_an_address_that_waits_no_more_changes_nothing(call, rows, juana, secret, meet):
    """On SQLite the confirmation, which writes already, comes first."""
    call(email_change.ask, NEW_ADDRESS, PASSWORD, juana.actor)
    call(email_change.send_code, juana.actor)
    code = secret("email_code")
    confirmed, _ = meet(
        (email_change, "_waiting"),
        lambda: email_change.confirm(code, juana.actor),
        lambda: email_change.ask("otra@example.com", PASSWORD, juana.actor),
    )
    (account,) = rows(select(Account))
    assert account.pending_email == "otra@example.com"
    assert account.email == (juana.email if isinstance(confirmed, DomainError) else NEW_ADDRESS)


def test_an_address_asked_with_the_old_password_while_it_changes_waits_for_nothing(rows, juana, meet):
    refused, _ = meet(
        (password_attempts, "is_right"),
        lambda: email_change.ask(NEW_ADDRESS, PASSWORD, juana.actor),
        lambda: signing_in.change_password(NEW_PASSWORD, juana.actor, current=PASSWORD),
    )
    assert isinstance(refused, DomainError)
    assert refused.field == "actual"
    assert rows(select(Account.pending_email)) == [None]


def test_a_recovery_asked_while_the_address_changes_is_ended_with_the_others(call, juana, secret, meet):
    """Its code goes to the mailbox that the account leaves at this moment."""
    call(email_change.ask, NEW_ADDRESS, PASSWORD, juana.actor)
    call(email_change.send_code, juana.actor)
    confirmation = secret("email_code")
    token, changed = meet(
        (outgoing, "queue"),
        lambda: recovery.ask(juana.identity, VISITOR),
        lambda: email_change.confirm(confirmation, juana.actor),
    )
    assert changed == NEW_ADDRESS
    with pytest.raises(DomainError):
        call(recovery.complete, token, secret("recovery"), NEW_PASSWORD, VISITOR)


def test_answers_edited_after_their_code_was_passed_open_no_account(make, call, rows, secret, meet):
    """Or an address that nobody confirmed would be an account's, under terms that nobody accepted."""
    token = make.signup()
    code, (kept,) = secret("account_code"), rows(select(Signup.answers))
    edited = replace(from_kept(kept), correo="de.otro@example.com")
    refused, _ = meet(
        (passwords, "hash_password"),
        lambda: activation.confirm(token, code, VISITOR),
        lambda: signup.begin(edited, VISITOR, token=token),
    )
    assert isinstance(refused, signup.MustAccept)
    assert rows(select(Account)) == []


def test_who_signs_in_with_the_old_password_while_it_changes_is_out(call, juana, meet):
    signed_in, changed = meet(
        (known_devices, "tell_if_new"),
        lambda: signing_in.sign_in(juana.username, PASSWORD, VISITOR),
        lambda: signing_in.change_password(NEW_PASSWORD, juana.actor, current=PASSWORD),
    )
    assert call(sessions.load, signed_in.token) is None
    assert call(sessions.load, changed.token) is not None


@pytest.mark.parametrize("at", [(recovery, "end_all"), (audit, "record")], ids=["before it is ended", "after"])
def test_a_recovery_ended_by_a_new_address_gives_no_password(call, juana, secret, meet, at):
    """The code lay in the mailbox that the account leaves at this moment."""
    token = call(recovery.ask, juana.identity, VISITOR)
    code = secret("recovery")
    call(email_change.ask, NEW_ADDRESS, PASSWORD, juana.actor)
    call(email_change.send_code, juana.actor)
    confirmation = secret("email_code")
    changed, refused = meet(
        at,
        lambda: email_change.confirm(confirmation, juana.actor),
        lambda: recovery.complete(token, code, NEW_PASSWORD, VISITOR),
    )
    assert changed == NEW_ADDRESS
    assert isinstance(refused, DomainError)
    with pytest.raises(DomainError):
        call(signing_in.sign_in, juana.username, NEW_PASSWORD, VISITOR)
