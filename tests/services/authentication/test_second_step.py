"""The staff's second step: a code counts once, and five tries are five, whatever comes at once."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError
from portal.models import Account, AuditEntry, UserSession
from portal.services.authentication import second_step, sessions, signing_in
from portal.services.platform.encryption import unseal
from tests.factories import PASSWORD
from tests.services.at_once import at_once


@pytest.fixture
def at_step(call, rows):
    """The code of a time step that lies `offset` steps from now."""

    def at_step(someone, offset):
        (sealed,) = rows(select(Account.totp_secret).where(Account.id == someone.account_id))
        return pyotp.TOTP(call(unseal, sealed)).at(portal_clock.now(), counter_offset=offset)

    return at_step


def wrong(code, step=1):
    return f"{(int(code) + step) % 1_000_000:06d}"


def account_of(rows, someone):
    return rows(select(Account).where(Account.id == someone.account_id))[0]


def test_a_change_of_password_carries_the_second_step_on_only_from_a_session_that_is_open(make, call, someone):
    """A reset that comes while somebody changes the password ends the session; the new one must ask again."""
    token = make.session(someone)
    changed = call(signing_in.change_password, "tren-laguna-quinua-9", someone.actor, current=PASSWORD, replacing=token)
    assert not changed.needs_second_step
    call(signing_in.sign_out, changed.token, someone.actor)
    again = {"current": "tren-laguna-quinua-9", "replacing": changed.token}
    assert call(signing_in.change_password, "otra-laguna-quinua-9", someone.actor, **again).needs_second_step


def test_the_right_code_gives_a_session_in_place_of_the_one_before(make, call, someone):
    token = make.session(someone, second_step=False)
    assert call(sessions.load, token).needs_second_step
    signed_in = call(second_step.pass_code, make.app_code(someone), someone.actor, replacing=token)
    assert not signed_in.needs_second_step
    assert call(sessions.load, token) is None
    assert not call(sessions.load, signed_in.token).needs_second_step


@pytest.mark.parametrize(("offset", "passes"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_may_be_one_step_early_or_late(enter, at_step, someone, clock, offset, passes):
    clock(seconds=30 - portal_clock.now().timestamp() % 30 + 5)  # not at the edge of a step
    code = at_step(someone, offset)
    if passes:
        assert not enter(someone, code).needs_second_step
    else:
        with pytest.raises(DomainError, match="no es correcto") as refused:
            enter(someone, code)
        assert refused.value.field == "codigo"


def test_a_code_counts_once_and_so_do_those_before_it(enter, at_step, someone, clock):
    clock(seconds=30 - portal_clock.now().timestamp() % 30 + 5)
    before, code = at_step(someone, -1), at_step(someone, 0)
    enter(someone, code)
    for used in (code, before):
        with pytest.raises(DomainError, match="ya se usó"):
            enter(someone, used)
    enter(someone, at_step(someone, 1))


def test_the_same_code_twice_at_once_passes_once(app, make, someone):
    code = make.app_code(someone)
    tokens = [make.session(someone, second_step=False) for _ in range(4)]
    answers = at_once(app, 4, lambda number: second_step.pass_code(code, someone.actor, replacing=tokens[number]))
    passed = [answer for answer in answers if not isinstance(answer, Exception)]
    assert len(passed) == 1
    assert all("ya se usó" in answer.message for answer in answers if answer not in passed)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a"])
def test_what_is_no_code_costs_no_try(enter, rows, someone, typed):
    with pytest.raises(DomainError, match="6 dígitos"):
        enter(someone, typed)
    assert account_of(rows, someone).totp_tries == 0


def test_fifty_wrong_codes_at_once_are_five_tries(app, make, enter, rows, someone):
    code, token = make.app_code(someone), make.session(someone, second_step=False)
    answers = at_once(
        app, 50, lambda number: second_step.pass_code(wrong(code, number + 7), someone.actor, replacing=token)
    )
    compared = [answer for answer in answers if "no es correcto" in answer.message]
    assert (len(answers), len(compared)) == (50, 5)
    with pytest.raises(DomainError, match="Espere 15 minutos"):
        enter(someone, make.app_code(someone))
    assert account_of(rows, someone).totp_tries == 5


def test_the_right_password_gives_no_try_back(call, enter, make, someone):
    for _ in range(5):
        call(signing_in.sign_in, someone.username, PASSWORD, someone.actor)
        with pytest.raises(DomainError, match="no es correcto"):
            enter(someone, wrong(make.app_code(someone)))
    call(signing_in.sign_in, someone.username, PASSWORD, someone.actor)
    with pytest.raises(DomainError, match="Espere"):
        enter(someone, make.app_code(someone))


def failed(enter, someone, code, times):
    for _ in range(times):
        with pytest.raises(DomainError):
            enter(someone, code)


def test_who_fails_five_times_has_the_password_so_the_owner_is_told_once(enter, make, rows, someone, mails, clock):
    failed(enter, someone, wrong(make.app_code(someone)), 4)
    assert not mails("second_step_locked")
    failed(enter, someone, wrong(make.app_code(someone)), 3)
    (mail,) = mails("second_step_locked")
    assert (mail.account_id, mail.recipient) == (someone.account_id, someone.email)
    assert "avise ahora a un supervisor" in mail.text_body
    assert rows(select(AuditEntry.action).order_by(AuditEntry.id))[-1] == "second_step.lock"
    clock(minutes=16)
    failed(enter, someone, wrong(make.app_code(someone)), 5)
    assert len(mails("second_step_locked")) == 2


def test_codes_seen_over_a_shoulder_and_recovery_codes_that_are_none_tell_too(enter, make, call, someone, mails, clock):
    code = make.app_code(someone)
    enter(someone, code)
    failed(enter, someone, code, 5)
    assert len(mails("second_step_locked")) == 1
    clock(minutes=16)
    token = make.session(someone, second_step=False)
    for _ in range(5):
        with pytest.raises(DomainError):
            call(second_step.pass_recovery_code, "aaaaa-bbbbb", someone.actor, replacing=token)
    assert len(mails("second_step_locked")) == 2


def test_a_fifth_try_that_is_right_alarms_nobody(enter, make, someone, mails):
    failed(enter, someone, wrong(make.app_code(someone)), 4)
    enter(someone, make.app_code(someone))
    assert not mails("second_step_locked")


def test_after_a_quarter_of_an_hour_there_are_five_tries_again(enter, make, rows, someone, clock):
    for _ in range(5):
        with pytest.raises(DomainError):
            enter(someone, wrong(make.app_code(someone)))
    clock(minutes=14)
    with pytest.raises(DomainError, match="Espere 1 minuto "):
        enter(someone, make.app_code(someone))
    clock(minutes=15, seconds=1)
    with pytest.raises(DomainError, match="Le quedan 4 intentos"):
        enter(someone, wrong(make.app_code(someone)))
    enter(someone, make.app_code(someone))
    assert account_of(rows, someone).totp_tries == 0


def test_the_fifth_try_may_still_be_right_and_gives_the_others_back(enter, make, rows, someone):
    for _ in range(4):
        with pytest.raises(DomainError):
            enter(someone, wrong(make.app_code(someone)))
    enter(someone, make.app_code(someone))
    account = account_of(rows, someone)
    assert (account.totp_tries, account.totp_locked_until) == (0, None)


def test_each_passing_is_in_the_audit_chain(make, call, enter, rows, someone):
    enter(someone, make.app_code(someone))
    assert rows(select(AuditEntry.action).where(AuditEntry.subject == someone.username)) == ["second_step.pass"]


def test_the_session_remembers_when_it_was_passed(make, enter, rows, someone):
    signed_in = enter(someone, make.app_code(someone))
    kept = rows(select(UserSession).where(UserSession.second_step_at.is_not(None)))
    assert [row.token_hash for row in kept] == [sessions.hash_of(signed_in.token)]
