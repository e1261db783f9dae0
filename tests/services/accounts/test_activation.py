"""The mailed code of a sign-up: with it come person, account, consents and credentials, all of them once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError
from portal.models import Account, Code, Consent, Message, Signup
from portal.services.accounts import activation, signup
from portal.services.authentication import signing_in as accounts
from portal.services.catalogue.offers import texts
from tests.services.at_once import at_once
from tests.services.newcomer import ANA, OTHER_PHONE, VISITOR


def test_the_code_makes_person_account_consents_and_credentials(accepted, call, rows, secret):
    token = accepted()
    call(activation.confirm, token, secret("account_code"), OTHER_PHONE)
    (code,) = rows(select(Code))
    assert code.used_at is not None
    assert (code.used_ip, code.used_device) == (OTHER_PHONE.ip, OTHER_PHONE.device)
    (account,) = rows(select(Account))
    assert account.username.startswith("adelacruz")
    assert account.username.isascii()
    assert account.must_change_password
    assert not account.is_staff
    assert account.role == "customer"
    assert (account.person.names, account.person.ubigeo) == ("Ana María", "080601")
    message = rows(select(Message).where(Message.kind == "credentials"))[0]
    assert (message.recipient, message.account_id) == ("ana@gmail.com", account.id)
    assert "/activar" not in message.text_body
    assert account.username in message.text_body
    signed_in = call(accounts.sign_in, "70123456", secret("credentials"), VISITOR)
    assert signed_in.must_change_password


@pytest.mark.parametrize("marketing", [True, False])
def test_consents_keep_the_texts_and_where_they_were_given(accepted, call, rows, secret, marketing):
    token = accepted(marketing=marketing)
    (given,) = rows(select(Signup.accepted_at))
    call(activation.confirm, token, secret("account_code"), OTHER_PHONE)
    terms, commercial = rows(select(Consent).order_by(Consent.id))
    assert (terms.text_key, terms.granted) == ("registro", True)
    assert (commercial.text_key, commercial.granted) == ("comunicaciones-comerciales", marketing)
    for consent in (terms, commercial):
        text = texts()[consent.text_key]
        assert (consent.text_version, consent.text_sha256) == (text.version, text.sha256)
        assert (consent.given_at, consent.ip, consent.device) == (given, VISITOR.ip, VISITOR.device)


def test_confirming_again_changes_nothing(accepted, call, rows, secret):
    token = accepted()
    code = secret("account_code")
    call(activation.confirm, token, code, VISITOR)
    call(activation.confirm, token, code, VISITOR)
    call(activation.confirm, token, "000000", VISITOR)
    assert len(rows(select(Account))) == 1
    assert len(rows(select(Message).where(Message.kind == "credentials"))) == 1
    assert call(signup.progress, token).is_done


def test_passports_of_two_countries_with_one_number_are_two_people(call, accepted, rows, secret):
    for number, country in enumerate(("CO", "VE", "CO")):
        passport = {"tipo_documento": "PASAPORTE", "numero_documento": "ab 123456", "pais_documento": country}
        token = accepted(correo=f"ana{number}@gmail.com", **passport)
        if number < 2:
            call(activation.confirm, token, secret("account_code"), VISITOR)
    accounts = rows(select(Account).order_by(Account.id))
    assert [(one.country, one.document_number) for one in accounts] == [("CO", "AB123456"), ("VE", "AB123456")]
    told = rows(select(Message).where(Message.kind == "account_exists"))
    assert [one.account_id for one in told] == [accounts[0].id]


def test_confirmed_many_times_at_once_one_account_is_made(app, accepted, rows, secret):
    token = accepted()
    code = secret("account_code")
    results = at_once(app, 5, lambda _: activation.confirm(token, code, VISITOR))
    assert results == [None] * 5
    assert len(rows(select(Account))) == len(rows(select(Message).where(Message.kind == "credentials"))) == 1


def test_of_two_sign_ups_with_one_identity_at_once_one_becomes_an_account(app, accepted, rows, secret):
    tokens, mailed = [], []
    for number in range(2):
        tokens.append(accepted(correo=f"ana{number}@gmail.com"))
        mailed.append(secret("account_code"))
    results = at_once(app, 2, lambda number: activation.confirm(tokens[number], mailed[number], VISITOR))
    assert len(rows(select(Account))) == 1
    (refused,) = [one for one in results if one is not None]
    assert isinstance(refused, DomainError)
    assert refused.field == "codigo"


def test_after_completion_what_was_typed_is_erased_from_the_sign_up(accepted, call, rows, secret):
    token = accepted()
    call(activation.confirm, token, secret("account_code"), VISITOR)
    (kept,) = rows(select(Signup))
    assert kept.answers == {}


def test_no_code_is_good_for_an_identity_with_an_account(make, call, accepted):
    make.customer(document_number="70999888")
    token = accepted(numero_documento="70999888")
    with pytest.raises(DomainError, match="Le quedan 4 intentos") as refused:
        call(activation.confirm, token, "123456", VISITOR)
    assert refused.value.field == "codigo"


def test_a_code_for_one_address_does_not_confirm_another(accepted, call, secret):
    token = accepted()
    code = secret("account_code")
    call(signup.begin, replace(ANA, correo="otra@gmail.com"), VISITOR, token=token)
    with pytest.raises(signup.MustAccept):
        call(activation.confirm, token, code, VISITOR)
    call(signup.accept, token, VISITOR, accepts=True, accepts_marketing=False)
    with pytest.raises(DomainError, match="no es correcto"):
        call(activation.confirm, token, code, VISITOR)
    call(activation.confirm, token, secret("account_code"), VISITOR)


def test_fifty_guesses_at_once_are_five_tries(app, accepted, rows):
    token = accepted()
    at_once(app, 50, lambda number: activation.confirm(token, f"{number:06d}", VISITOR))
    assert rows(select(Code.tries)) == [5]


def test_a_family_may_share_an_address(accepted, call, rows, secret):
    for number in ("70000003", "70000004"):
        token = accepted(numero_documento=number)
        call(activation.confirm, token, secret("account_code"), VISITOR)
    assert [account.email for account in rows(select(Account))] == ["ana@gmail.com"] * 2


def test_staff_may_open_a_customers_account(make, accepted, call, rows, secret):
    staff = make.collaborator()
    token = accepted(numero_documento=staff.identity.number)
    call(activation.confirm, token, secret("account_code"), VISITOR)
    assert len(rows(select(Account).where(Account.document_number == staff.identity.number))) == 2


def test_names_without_a_plain_letter_get_a_user_name(accepted, call, rows, secret):
    token = accepted(nombres="Ø", apellido_paterno="Œ")
    call(activation.confirm, token, secret("account_code"), VISITOR)
    (username,) = rows(select(Account.username))
    assert username.startswith("cliente")
    assert username.isascii()
