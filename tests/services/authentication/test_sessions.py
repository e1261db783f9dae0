"""Sessions: they end by themselves, on logout, with the account; and the cookie's token is kept as a hash only."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select, update

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import Account, UserSession
from portal.models.transaction import writing
from portal.services.authentication import sessions


def test_a_token_leads_to_its_account(make, call):
    someone = make.customer()
    signed_in = call(sessions.load, make.session(someone))
    assert (signed_in.account_id, signed_in.username, signed_in.email) == (
        someone.account_id,
        someone.username,
        someone.email,
    )
    assert signed_in.role == "customer"
    assert signed_in.is_customer
    assert signed_in.is_authenticated
    assert signed_in.person.document_number == someone.identity.number


def test_the_database_does_not_hold_the_token(make, rows):
    token = make.session(make.customer())
    (row,) = rows(select(UserSession))
    assert token not in (row.token_hash, row.device, row.ip)
    assert len(token) >= 43


def test_an_unknown_token_is_nobodys(call):
    assert call(sessions.load, "x" * 43) is None


@pytest.mark.parametrize(("minutes", "holds"), [(29, True), (30, False)])
def test_a_session_ends_after_thirty_minutes_without_use(make, call, clock, minutes, holds):
    token = make.session(make.customer())
    clock(minutes=minutes)
    assert (call(sessions.load, token) is not None) is holds


def test_use_keeps_a_session_alive_but_never_beyond_twelve_hours(make, call, clock):
    token = make.session(make.customer())
    for minutes in range(20, 12 * 60, 20):
        clock(minutes=minutes)
        assert call(sessions.load, token) is not None, minutes
    clock(hours=12)
    assert call(sessions.load, token) is None


def test_its_last_use_is_written_once_a_minute_at_most(make, call, clock, rows):
    token = make.session(make.customer())
    (opened,) = rows(select(UserSession.last_seen_at))
    clock(seconds=50)
    call(sessions.load, token)
    assert rows(select(UserSession.last_seen_at)) == [opened]
    clock(seconds=70)
    call(sessions.load, token)
    (seen,) = rows(select(UserSession.last_seen_at))
    assert (seen - opened).total_seconds() >= 69


def test_loading_asks_one_query(app, make):
    token = make.session(make.customer())
    with app.app_context():
        asked: list[str] = []

        def note(_connection, _cursor, statement, *_rest) -> None:
            asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        signed_in = sessions.load(token)
        event.remove(db.engine, "before_cursor_execute", note)
        assert signed_in is not None
        assert signed_in.full_name == "Juana Mamani Quispe"
    assert len([one for one in asked if one.startswith("SELECT")]) == 1


def test_what_was_loaded_can_be_read_after_a_write(app, make, clock):
    token = make.session(make.customer())
    clock(minutes=2)
    with app.app_context():
        signed_in = sessions.load(token)
        with writing():
            pass
        assert signed_in is not None
        assert signed_in.person.full_name == "Juana Mamani Quispe"


def test_a_disabled_account_is_signed_out(app, make, call):
    token = make.session(make.customer())
    with app.app_context(), writing() as session:
        session.execute(update(Account).values(disabled_at=portal_clock.now()))
    assert call(sessions.load, token) is None


def test_closing_ends_one_session_and_closing_all_may_spare_one(app, make, call):
    someone, other = make.customer(), make.customer()
    tokens = [make.session(someone) for _ in range(3)]
    others = make.session(other)
    with app.app_context(), writing():
        sessions.close(tokens[0])
    assert [call(sessions.load, token) is not None for token in tokens] == [False, True, True]
    with app.app_context(), writing():
        sessions.close_all(someone.account_id, except_token=tokens[1])
    assert [call(sessions.load, token) is not None for token in tokens] == [False, True, False]
    with app.app_context(), writing():
        sessions.close_all(someone.account_id)
    assert call(sessions.load, tokens[1]) is None
    assert call(sessions.load, others) is not None
