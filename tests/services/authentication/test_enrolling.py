"""The second step turned on, and the recovery codes that open it once when the phone is away."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError
from portal.models import Account, RecoveryCode
from portal.services.authentication import second_step, sessions
from tests.services.at_once import at_once


def test_turning_it_on_needs_a_code_and_gives_ten_recovery_codes_once(make, call, rows, drain, mailbox):
    recruit = make.recruit()
    token = make.session(recruit, second_step=False)
    assert call(second_step.enrolment, recruit.actor) is None
    call(second_step.begin, recruit.actor)
    shown = call(second_step.enrolment, recruit.actor)
    wrong = f"{(int(make.app_code(recruit)) + 1) % 1_000_000:06d}"
    with pytest.raises(DomainError, match="no es correcto"):
        call(second_step.enrol, wrong, recruit.actor, replacing=token)
    assert call(second_step.standing, recruit.actor).enrolled_at is None
    signed_in, codes = call(second_step.enrol, make.app_code(recruit), recruit.actor, replacing=token)
    assert not call(sessions.load, signed_in.token).needs_second_step
    assert call(second_step.enrolment, recruit.actor) is None
    assert len(set(codes)) == call(second_step.standing, recruit.actor).codes_left == 10
    (sealed,) = rows(select(Account.totp_secret))
    assert shown.secret.replace(" ", "").encode() not in sealed
    hashes = rows(select(RecoveryCode.code_hash))
    assert len(set(hashes)) == 10
    assert not [code for code in codes if code in " ".join(hashes)]
    drain()
    (mail,) = mailbox.store.mails()
    assert "segundo paso" in mail.header("Subject")
    assert mail.envelope_to == [recruit.email]


def test_the_code_that_turned_it_on_does_not_open_it_again(make, call, enter):
    recruit = make.recruit()
    call(second_step.begin, recruit.actor)
    code = make.app_code(recruit)
    call(second_step.enrol, code, recruit.actor, replacing=make.session(recruit, second_step=False))
    with pytest.raises(DomainError, match="ya se usó"):
        enter(recruit, code)


def test_a_secret_that_was_never_proven_opens_nothing(make, call, enter):
    recruit = make.recruit()
    call(second_step.begin, recruit.actor)
    with pytest.raises(DomainError):
        enter(recruit, make.app_code(recruit))


def test_what_is_on_cannot_be_begun_or_turned_on_again(make, call, rows, someone):
    before = rows(select(Account.totp_secret))
    with pytest.raises(DomainError, match="ya está activado"):
        call(second_step.begin, someone.actor)
    with pytest.raises(DomainError):
        call(second_step.enrol, make.app_code(someone), someone.actor, replacing="x")
    assert rows(select(Account.totp_secret)) == before


def test_a_recovery_code_opens_once_even_twice_at_once(app, make, call, someone):
    code, *others = call(second_step.renew_recovery_codes, make.app_code(someone), someone.actor)
    tokens = [make.session(someone, second_step=False) for _ in range(4)]
    answers = at_once(
        app, 4, lambda number: second_step.pass_recovery_code(code, someone.actor, replacing=tokens[number])
    )
    ((signed_in, left),) = [answer for answer in answers if not isinstance(answer, Exception)]
    assert (signed_in.needs_second_step, left) == (False, 9)
    typed = others[0].replace("-", "").upper()
    assert call(second_step.pass_recovery_code, typed, someone.actor, replacing=signed_in.token)[1] == 8


def test_recovery_codes_are_guessed_from_the_same_five_tries(make, call, enter, someone):
    token = make.session(someone, second_step=False)
    for _ in range(5):
        with pytest.raises(DomainError, match="no es correcto"):
            call(second_step.pass_recovery_code, "aaaaa-aaaaa", someone.actor, replacing=token)
    with pytest.raises(DomainError, match="Espere"):
        enter(someone, make.app_code(someone))


def test_another_ones_recovery_code_opens_nothing(make, call, someone):
    codes = call(second_step.renew_recovery_codes, make.app_code(someone), someone.actor)
    other = make.collaborator()
    with pytest.raises(DomainError, match="no es correcto"):
        call(second_step.pass_recovery_code, codes[0], other.actor, replacing=make.session(other))


def test_new_recovery_codes_void_the_old_ones(make, call, someone, clock):
    old = call(second_step.renew_recovery_codes, make.app_code(someone), someone.actor)
    new = call(second_step.renew_recovery_codes, make.app_code(someone), someone.actor)
    token = make.session(someone, second_step=False)
    with pytest.raises(DomainError, match="no es correcto"):
        call(second_step.pass_recovery_code, old[0], someone.actor, replacing=token)
    call(second_step.pass_recovery_code, new[0], someone.actor, replacing=token)


def test_secret_and_recovery_codes_outlive_a_new_secret_key(app, make, call, enter, rows, someone, monkeypatch):
    codes = call(second_step.renew_recovery_codes, make.app_code(someone), someone.actor)
    settings = app.config["PORTAL"]
    rotated = dataclasses.replace(settings, secret_key="k" * 40, secret_key_fallbacks=(settings.secret_key,))
    monkeypatch.setitem(app.config, "PORTAL", rotated)
    call(second_step.pass_recovery_code, codes[0], someone.actor, replacing=make.session(someone))
    enter(someone, make.app_code(someone))
    # Whoever has signed in since needs the older key no more.
    monkeypatch.setitem(app.config, "PORTAL", dataclasses.replace(rotated, secret_key_fallbacks=()))
    assert make.app_code(someone)
