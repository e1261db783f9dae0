"""Demo users: there for whoever tries the portal, and never where real people are."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from portal import demo
from portal.domain.actor import Actor
from portal.models import Account, UserSession
from portal.services import accounts


def test_each_of_them_signs_in_with_the_password_that_is_shown(call, rows):
    users = call(demo.create_demo_users)
    for user in users:
        signed_in = call(accounts.sign_in, user.username, user.password, Actor())
        assert (signed_in.role, signed_in.must_change_password) == (user.role.value, user.is_first_login)
    assert {user.role.value for user in users} == {"customer", "collaborator", "supervisor"}
    assert len(rows(select(UserSession))) == len(users)


def test_created_again_they_stay_as_they_were_left(call, rows):
    call(demo.create_demo_users)
    before = [(account.id, account.password_hash) for account in rows(select(Account).order_by(Account.id))]
    call(demo.create_demo_users)
    assert [(account.id, account.password_hash) for account in rows(select(Account).order_by(Account.id))] == before


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
    with pytest.raises(demo.NotHere):
        call(demo.create_demo_users)
    assert rows(select(Account)) == []
