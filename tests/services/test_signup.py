"""Opening an account: nothing before the code, everything with it, and no word about who has one already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.domain import clock as portal_clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotFound
from portal.models import Account, AuditEntry, Code, Consent, Message, Person, Signup
from portal.services import accounts, activation, sealing, signup
from portal.services.catalogue import texts
from portal.services.signup_answers import Answers, from_kept, to_keep
from tests.services.at_once import at_once
from tests.services.statements import statements_of

VISITOR = Actor(ip="203.0.113.9", device="a phone")
OTHER_PHONE = Actor(ip="198.51.100.7", device="another phone")
ANA = Answers(
    tipo_documento="DNI",
    numero_documento="70123456",
    nombres="Ana  María",
    apellido_paterno="De la Cruz",
    apellido_materno="",
    fecha_nacimiento=date(1994, 8, 27),
    celular="987 654 321",
    correo="Ana@Gmail.com",
    direccion="Jr.  Tacna 245",
    distrito="080601",
)


@pytest.fixture
def begun(call):
    def begun(**changes) -> str:
        return call(signup.begin, replace(ANA, **changes), VISITOR)

    return begun


@pytest.fixture
def accepted(call, begun):
    def accepted(*, marketing: bool = False, **changes) -> str:
        token = begun(**changes)
        call(signup.accept, token, VISITOR, accepts=True, accepts_marketing=marketing)
        return token

    return accepted


@pytest.fixture
def secret(app, rows):
    """What the newest mail of a kind carries."""

    def secret(kind: str) -> str:
        message = rows(select(Message).where(Message.kind == kind).order_by(Message.id.desc()))[0]
        with app.app_context():
            return sealing.unseal(message.secret)

    return secret


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"numero_documento": "1234567"}, "numero_documento"),
        ({"nombres": " "}, "nombres"),
        ({"apellido_paterno": "<b>"}, "apellido_paterno"),
        ({"fecha_nacimiento": portal_clock.today() - timedelta(days=17 * 365)}, "fecha_nacimiento"),
        ({"fecha_nacimiento": date(1850, 1, 1)}, "fecha_nacimiento"),
        ({"celular": "12345"}, "celular"),
        ({"correo": "ana@"}, "correo"),
        ({"distrito": "0806"}, "distrito"),
        ({"distrito": "999999"}, "distrito"),
        ({"direccion": "245"}, "direccion"),
        ({"direccion": "x" * 161}, "direccion"),
    ],
)
def test_a_wrong_answer_is_said_at_its_field_and_keeps_nothing(begun, rows, changes, field):
    with pytest.raises(DomainError) as refused:
        begun(**changes)
    assert refused.value.field == field
    assert rows(select(Signup)) == []


def test_answers_are_kept_in_their_normal_form(begun, call):
    kept = call(signup.progress, begun()).answers
    assert (kept.nombres, kept.celular, kept.correo, kept.direccion) == (
        "Ana María",
        "987654321",
        "ana@gmail.com",
        "Jr. Tacna 245",
    )


def test_an_address_with_its_accents_apart_is_kept_with_them_together(begun, call):
    assert call(signup.progress, begun(direccion="Jr. Jauri\u0301n 12")).answers.direccion == "Jr. Jaurín 12"


def test_a_likely_slip_in_the_address_is_pointed_out_and_can_be_taken(begun, call):
    token = begun(correo="ana@gmial.com")
    assert call(signup.progress, token).suggestion == "ana@gmail.com"
    call(signup.take_suggestion, token)
    found = call(signup.progress, token)
    assert (found.email, found.answers.correo, found.suggestion) == ("ana@gmail.com", "ana@gmail.com", None)


def test_without_accepting_nothing_is_mailed(begun, call, rows):
    token = begun()
    with pytest.raises(DomainError) as refused:
        call(signup.accept, token, VISITOR, accepts=False, accepts_marketing=True)
    assert refused.value.field == "acepta"
    assert rows(select(Message)) == []


def test_accepting_mails_link_and_code_and_pressing_twice_mails_once(accepted, call, rows, secret):
    token = accepted()
    call(signup.accept, token, VISITOR, accepts=True, accepts_marketing=False)
    (message,) = rows(select(Message))
    assert (message.kind, message.recipient, message.account_id) == ("account_code", "ana@gmail.com", None)
    assert f"/activar/{token}" in message.text_body
    assert secret("account_code") not in message.text_body


def test_accepted_many_times_at_once_one_code_is_mailed(app, begun, rows):
    token = begun()
    named = {"accepts": True, "accepts_marketing": False}
    assert at_once(app, 5, lambda _: signup.accept(token, VISITOR, **named)) == [None] * 5
    assert len(rows(select(Message))) == len(rows(select(Code))) == 1


def test_nothing_is_reserved_before_the_code(accepted, rows):
    accepted()
    accepted()
    assert rows(select(Account)) == rows(select(Person)) == []


def test_the_code_makes_person_account_consents_and_credentials(accepted, call, rows, secret):
    token = accepted()
    call(activation.confirm, token, secret("account_code"), OTHER_PHONE)
    (code,) = rows(select(Code))
    assert code.used_at is not None and (code.used_ip, code.used_device) == (OTHER_PHONE.ip, OTHER_PHONE.device)
    (account,) = rows(select(Account))
    assert account.username.startswith("adelacruz") and account.username.isascii()
    assert account.must_change_password and not account.is_staff and account.role == "customer"
    assert (account.person.names, account.person.ubigeo) == ("Ana María", "080601")
    message = rows(select(Message).where(Message.kind == "credentials"))[0]
    assert (message.recipient, message.account_id) == ("ana@gmail.com", account.id)
    assert "/activar" not in message.text_body and account.username in message.text_body
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


def test_a_sign_up_kept_before_the_country_was_asked_goes_on():
    kept = to_keep(ANA)
    del kept["pais_documento"]
    assert from_kept(kept) == ANA


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
    assert isinstance(refused, DomainError) and refused.field == "codigo"


def test_after_completion_what_was_typed_is_erased_from_the_sign_up(accepted, call, rows, secret):
    token = accepted()
    call(activation.confirm, token, secret("account_code"), VISITOR)
    (kept,) = rows(select(Signup))
    assert kept.answers == {}


def test_known_and_unknown_identities_get_the_same_work_and_only_the_account_is_told(app, make, call, begun, rows):
    existing = make.customer(document_number="70999888", email="suya@gmail.com")
    unknown, known = begun(), begun(numero_documento="70999888", correo="ajena@gmail.com")
    named = {"accepts": True, "accepts_marketing": False}
    call(signup.accept, begun(numero_documento="70000001"), VISITOR, **named)  # the audit's counter exists from now on
    seen = [statements_of(app, signup.accept, token, VISITOR, **named) for token in (unknown, known)]
    assert seen[0] == seen[1]
    newest = rows(select(Message).order_by(Message.id.desc()))[0]
    assert (newest.kind, newest.recipient, newest.account_id) == (
        "account_exists",
        "suya@gmail.com",
        existing.account_id,
    )
    assert rows(select(Message).where(Message.recipient == "ajena@gmail.com")) == []
    assert call(signup.progress, known).is_accepted


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


def test_another_code_waits_a_minute_and_voids_the_one_before(accepted, call, clock, secret):
    token = accepted()
    first = secret("account_code")
    with pytest.raises(DomainError, match="segundos") as refused:
        call(signup.resend, token, VISITOR)
    assert refused.value.field == "codigo"
    clock(seconds=61)
    call(signup.resend, token, VISITOR)
    second = secret("account_code")
    if first != second:
        with pytest.raises(DomainError):
            call(activation.confirm, token, first, VISITOR)
    call(activation.confirm, token, second, VISITOR)


def test_no_code_is_mailed_before_the_terms_are_accepted(begun, call, rows):
    with pytest.raises(signup.MustAccept):
        call(signup.resend, begun(), VISITOR)
    assert rows(select(Code)) == []


def test_fifty_guesses_at_once_are_five_tries(app, accepted, rows):
    token = accepted()
    at_once(app, 50, lambda number: activation.confirm(token, f"{number:06d}", VISITOR))
    assert rows(select(Code.tries)) == [5]


def test_a_sign_up_is_over_after_24_hours(accepted, call, clock, secret):
    token = accepted()
    code = secret("account_code")
    clock(hours=24, seconds=1)
    assert call(signup.progress, token).is_over
    for use_case in (
        lambda: activation.confirm(token, code, VISITOR),
        lambda: signup.resend(token, VISITOR),
        lambda: signup.begin(ANA, VISITOR, token=token),
    ):
        with pytest.raises(signup.SignupOver, match="24 horas"):
            call(use_case)


def test_what_was_typed_is_forgotten_when_the_sign_up_is_over(accepted, begun, call, clock, rows, secret):
    done = accepted()
    call(activation.confirm, done, secret("account_code"), VISITOR)
    begun(numero_documento="70000002")
    assert call(signup.forget_expired) == 0
    clock(hours=25)
    assert call(signup.forget_expired) == 1
    assert rows(select(func.count()).select_from(Signup).where(Signup.email == "")) == [1]


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


def test_names_in_any_alphabet_get_a_user_name(accepted, call, rows, secret):
    token = accepted(nombres="李", apellido_paterno="王")
    call(activation.confirm, token, secret("account_code"), VISITOR)
    (username,) = rows(select(Account.username))
    assert username.startswith("cliente") and username.isascii()


def test_each_command_is_audited_without_personal_data(accepted, call, rows, secret):
    call(activation.confirm, accepted(), secret("account_code"), VISITOR)
    entries = rows(select(AuditEntry).order_by(AuditEntry.id))
    assert [entry.action for entry in entries] == ["signup.code", "account.create"]
    assert "70123456" not in str([entry.details for entry in entries])


def test_an_unknown_token_is_not_found(call):
    with pytest.raises(NotFound):
        call(signup.progress, "x" * 43)
