"""Open sessions, and the mail when an account is used from a browser that it never saw."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.models import Account, AuditEntry, UserSession
from portal.models.transaction import writing
from portal.services.authentication import session_list, sessions, signing_in
from tests.factories import PASSWORD
from tests.services.at_once import at_once

PHONE = Actor(
    ip="203.0.113.9", device="Mozilla/5.0 (Linux; Android 10; K) Chrome/126.0 Mobile Safari", browser="p" * 43
)
LAPTOP = replace(PHONE, device="Mozilla/5.0 (Windows NT 10.0) Firefox/127.0", browser="l" * 43)


@pytest.fixture
def sign_in(call):
    def sign_in(someone, actor: Actor = PHONE):
        return call(signing_in.sign_in, someone.username, PASSWORD, actor)

    return sign_in


@pytest.fixture
def told(mails):
    return lambda: [mail.text_body for mail in mails("new_device")]


def test_the_very_first_sign_in_is_no_news_and_a_new_browser_is_mailed_once(make, sign_in, told):
    me = make.newcomer()
    sign_in(me)
    sign_in(me)
    assert told() == []
    sign_in(me, LAPTOP)
    sign_in(me, LAPTOP)
    sign_in(me)
    (words,) = told()
    assert "Firefox en Windows" in words
    assert "¿No fue usted?" in words
    assert "también está en «Mis Comunicaciones».\nAyuda" in words


def test_an_account_unused_for_long_still_hears_of_it(app, make, sign_in, told):
    me = make.customer()
    with app.app_context(), writing() as session:
        session.execute(update(Account).values(password_changed_at=portal_clock.now()))
    sign_in(me)
    assert len(told()) == 1


def test_staff_hear_of_it_with_the_password_alone(make, sign_in, mails):
    me = make.supervisor()
    sign_in(me)
    sign_in(me, LAPTOP)
    (mail,) = mails("new_device")
    for words in (mail.text_body, mail.html_body):
        assert "Mis Comunicaciones" not in words  # the staff have no such page


def test_a_wrong_password_tells_nobody(make, sign_in, told, call):
    me = make.customer()
    sign_in(me)
    with pytest.raises(Exception, match="no son correctos"):
        call(signing_in.sign_in, me.username, "not it", LAPTOP)
    assert told() == []


def test_two_accounts_in_one_browser_keep_nothing_in_common(make, sign_in, rows):
    for _ in range(2):
        sign_in(make.customer())
    first, second = rows(select(UserSession.device_key))
    assert first != second
    assert PHONE.browser not in (first, second)


def test_a_new_browser_that_comes_twice_at_once_is_mailed_once(app, make, sign_in, told):
    me = make.customer()
    sign_in(me)
    at_once(app, 4, lambda _: signing_in.sign_in(me.username, PASSWORD, LAPTOP))
    assert len(told()) == 1


def test_open_sessions_are_listed_this_one_first_and_what_ended_is_not(make, sign_in, call, clock):
    me, other = make.customer(), make.customer()
    sign_in(other)
    old = sign_in(me, LAPTOP)
    clock(minutes=20)
    this, third = sign_in(me), sign_in(me, LAPTOP)
    actor = replace(PHONE, account_id=me.account_id)
    found = call(session_list.of_actor, actor, this.token)
    assert [(one.device, one.is_this) for one in found] == [
        ("Chrome en Android", True),
        ("Firefox en Windows", False),
        ("Firefox en Windows", False),
    ]
    call(signing_in.sign_out, third.token, actor)
    clock(minutes=40)
    assert call(sessions.load, old.token) is None
    assert [one.is_this for one in call(session_list.of_actor, actor, this.token)] == [True]


def test_one_session_is_closed_by_its_owner_and_by_nobody_else(make, sign_in, call, rows):
    me, other = make.customer(), make.customer()
    mine = sign_in(me)
    (session_id,) = rows(select(UserSession.id))
    for stranger in (other.actor, Actor()):
        with pytest.raises(NotFound):
            call(session_list.close, session_id, stranger)
    assert call(sessions.load, mine.token) is not None
    for _ in range(2):
        call(session_list.close, session_id, me.actor)
    assert call(sessions.load, mine.token) is None
    with pytest.raises(NotFound):
        call(session_list.close, session_id + 1000, me.actor)


def test_closing_the_others_spares_this_one(make, sign_in, call, rows):
    me, other = make.customer(), make.customer()
    theirs, this, that = sign_in(other), sign_in(me), sign_in(me, LAPTOP)
    call(session_list.close_others, me.actor, this.token)
    assert [call(sessions.load, one.token) is not None for one in (theirs, this, that)] == [True, True, False]
    assert rows(select(AuditEntry.action).order_by(AuditEntry.id))[-1] == "session.close_others"
