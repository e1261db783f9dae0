"""Demo users: there for whoever tries the portal, and never where real people are."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select, update

from portal import demo
from portal.demo_users import NotHere, app_code
from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import Account, UserSession
from portal.models.transaction import writing
from portal.services.authentication import second_step, signing_in
from portal.services.catalogue import agencies


def code_of(username):
    return app_code(username, db.session.connection())


def test_each_of_them_signs_in_with_the_password_that_is_shown(call, rows):
    users = call(demo.create_demo_users)
    for user in users:
        signed_in = call(signing_in.sign_in, user.username, user.password, Actor())
        assert (signed_in.role, signed_in.must_change_password) == (user.role, user.is_first_login)
    assert {user.role for user in users} == {"customer", "collaborator", "supervisor"}
    assert len(rows(select(UserSession))) == len(users)


def test_the_command_says_the_code_that_passes_their_second_step(app, call, clock):
    staff = [user for user in call(demo.create_demo_users) if user.is_staff]
    assert [bool(user.agency and call(agencies.by_code, user.agency)) for user in staff] == [True, True, True, False]
    for user in staff:
        signed_in = call(signing_in.sign_in, user.username, user.password, Actor())
        actor = Actor(signed_in.account_id, signed_in.role)
        for _ in range(4):  # more often than there are codes
            found = call(code_of, user.username)
            code, wait = found.digits, found.wait
            if wait:
                break
            assert not call(second_step.pass_code, code, actor, replacing=signed_in.token).needs_second_step
        else:
            pytest.fail("it never said to wait")
        answer = app.test_cli_runner().invoke(args=["codigo", user.username])
        assert answer.exit_code == 0
        assert f"{code} (dentro de " in answer.output
        clock(seconds=wait + found.lasts - 30)
        assert not call(second_step.pass_code, code, actor, replacing=signed_in.token).needs_second_step
        clock()


@pytest.mark.parametrize("nobody", ["rosa1994", "nadie"])
def test_there_is_no_code_for_anybody_else(app, call, make, nobody):
    call(demo.create_demo_users)
    for username in (nobody, make.collaborator().username):
        answer = app.test_cli_runner().invoke(args=["codigo", username])
        assert answer.exit_code == 1
        assert "nobody of the demo" in answer.output


def test_those_of_an_older_folder_get_a_second_step_and_their_agency(app, call, rows):
    call(demo.create_demo_users)
    with app.app_context(), writing() as session:
        session.execute(update(Account).values(totp_secret=None, totp_enrolled_at=None, agency_code=None))
    call(demo.create_demo_users)
    by_name = {account.username: account for account in rows(select(Account))}
    assert by_name["carmen.ventas"].agency_code == by_name["pedro.caja"].agency_code == "CUS-1"
    assert by_name["carmen.ventas"].totp_secret != by_name["pedro.caja"].totp_secret
    assert call(code_of, "jorge.jefe")
    assert by_name["rosa1994"].totp_secret is None


def test_created_again_they_stay_as_they_were_left(call, rows):
    call(demo.create_demo_users)
    kept = (Account.id, Account.password_hash, Account.totp_secret, Account.agency_code)
    before = [rows(select(column).order_by(Account.id)) for column in kept]
    call(demo.create_demo_users)
    assert [rows(select(column).order_by(Account.id)) for column in kept] == before


@pytest.mark.parametrize(
    "where",
    [
        {"env": "production"},
        {"base_url": "https://portal.massiv.example"},
        {"base_url": "http://192.168.1.20:8000"},
        {"base_url": "http://localhost.massiv.example"},
    ],
)
def test_they_are_refused_wherever_other_people_may_be(app, call, rows, monkeypatch, where):
    monkeypatch.setitem(app.config, "PORTAL", dataclasses.replace(app.config["PORTAL"], **where))
    with pytest.raises(NotHere):
        call(demo.create_demo_users)
    with pytest.raises(NotHere):
        call(code_of, "carmen.ventas")
    assert rows(select(Account)) == []
