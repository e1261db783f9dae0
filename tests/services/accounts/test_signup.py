"""Opening an account: nothing before the code, and no word about who has one already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotFound
from portal.models import Account, AuditEntry, Code, Message, Person, Signup
from portal.services.accounts import activation, signup
from portal.services.accounts.signup_answers import from_kept, to_keep
from tests.services.at_once import at_once
from tests.services.newcomer import ANA, VISITOR
from tests.services.statements import statements_of


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
        ({"direccion": "Jr. Tacna 245 🏠"}, "direccion"),
        ({"direccion": "Jr. Tacna 2\ufe0f\u20e3"}, "direccion"),
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


def test_an_address_may_have_what_people_write_in_one(begun, call):
    typed = "Av. Núñez de Balboa N° 245-B (2º piso), Mz. «C» Lt. 3 & 4 / Ref.: frente a “D’Onofrio” + grifo"
    assert call(signup.progress, begun(direccion=typed)).answers.direccion == typed


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


def test_the_release_before_the_country_was_asked_reads_what_is_kept_and_this_one_what_that_kept():
    kept = to_keep(ANA)
    assert "pais_documento" not in kept, "its answers have no such field"
    assert from_kept(kept) == ANA
    foreigner = replace(ANA, tipo_documento="PASAPORTE", numero_documento="AB123456", pais_documento="CO")
    assert from_kept(to_keep(foreigner)) == foreigner


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


def test_what_was_typed_is_forgotten_when_the_sign_up_is_over(accepted, call, clock, rows, secret):
    done = accepted()
    call(activation.confirm, done, secret("account_code"), VISITOR)
    dropped = call(signup.begin, replace(ANA, numero_documento="70000002"), VISITOR, plan=("vida", "plan-2"))
    assert call(signup.forget_expired) == 0
    clock(hours=25)
    assert call(signup.forget_expired) == 2
    assert rows(select(Signup.email, Signup.answers)) == ["", ""]
    for token in (done, dropped):
        found = call(signup.progress, token)
        assert (found.is_over, found.email, found.username, found.plan) == (token == dropped, "", None, None)
    assert call(signup.forget_expired) == 0


def test_each_command_is_audited_without_personal_data(accepted, call, rows, secret):
    call(activation.confirm, accepted(), secret("account_code"), VISITOR)
    entries = rows(select(AuditEntry).order_by(AuditEntry.id))
    assert [entry.action for entry in entries] == ["signup.code", "account.create"]
    assert "70123456" not in str([entry.details for entry in entries])


def test_an_unknown_token_is_not_found(call):
    with pytest.raises(NotFound):
        call(signup.progress, "x" * 43)
