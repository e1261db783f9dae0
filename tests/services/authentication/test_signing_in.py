"""Signing in and changing the password: nothing tells who has an account, and fifty guesses at once are five."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.actor import Actor
from portal.domain.calendar import noon
from portal.domain.clock import today
from portal.domain.errors import DomainError
from portal.domain.identity import DocumentType
from portal.models import Account, AuditEntry, Message, NameTries, TryCount, UserSession
from portal.models.transaction import writing
from portal.services.authentication import lockout, passwords, sessions, signing_in
from portal.services.platform import encryption
from portal.services.sale import beneficiaries
from tests.factories import PASSWORD
from tests.services.at_once import at_once
from tests.services.statements import statements_of

VISITOR = Actor(ip="203.0.113.9", device="a phone")
WRONG = "El usuario o la contraseña no son correctos."
NEW = "cuatro nubes bajo el mar"


@pytest.fixture
def sign_in(call):
    def sign_in(user: str, password: str = PASSWORD, **named):
        return call(signing_in.sign_in, user, password, VISITOR, **named)

    return sign_in


@pytest.fixture
def change(app):
    """Changes columns of an account."""

    def change(someone, **values) -> None:
        with app.app_context(), writing() as session:
            session.execute(update(Account).where(Account.id == someone.account_id).values(**values))

    return change


def test_user_name_and_document_both_open(make, sign_in):
    someone = make.customer()
    number = someone.identity.number
    for typed in (someone.username, f" {someone.username.upper()} ", number, f"{number[:4]} {number[4:]}"):
        assert sign_in(typed).account_id == someone.account_id


def test_a_session_opened_is_the_one_returned(make, sign_in, call):
    signed_in = sign_in(make.customer().username)
    assert call(sessions.load, signed_in.token).account_id == signed_in.account_id


def test_signing_in_over_an_older_session_ends_that_one(make, sign_in, call):
    someone = make.customer()
    old = sign_in(someone.username)
    new = sign_in(someone.username, replacing=old.token)
    assert call(sessions.load, old.token) is None
    assert call(sessions.load, new.token) is not None


def test_staff_sign_in_by_user_name_and_not_by_document(make, sign_in):
    staff = make.collaborator()
    assert sign_in(staff.username).role == "collaborator"
    with pytest.raises(DomainError, match=WRONG):
        sign_in(staff.identity.number)


def test_a_passport_numbered_like_a_dni_does_not_take_its_place(make, sign_in):
    passport = make.customer(document_type=DocumentType.PASSPORT, document_number="41999888")
    dni = make.customer(document_number="41999888")
    assert sign_in("41999888").account_id == dni.account_id
    assert sign_in(passport.username).account_id == passport.account_id


def test_another_countrys_passport_with_the_number_of_one_does_not_take_its_place(make, sign_in):
    first, later = (
        make.customer(document_type=DocumentType.PASSPORT, document_number="AB123456", country=country)
        for country in ("VE", "CO")
    )
    assert sign_in("ab123456").account_id == first.account_id
    assert sign_in(later.username).account_id == later.account_id


def test_unknown_wrong_and_disabled_get_the_same_words_after_the_same_statements(app, make, change):
    known, disabled = make.customer(), make.customer()
    change(disabled, disabled_at=portal_clock.now())
    seen = [
        statements_of(app, signing_in.sign_in, user, password, VISITOR)
        for user, password in (
            (known.username, "not it"),
            ("nobody", "not it"),
            ("00000000", PASSWORD),
            (disabled.username, PASSWORD),
        )
    ]
    assert seen[0][1] == WRONG
    for one in seen[1:]:
        assert one == seen[0]


def test_a_hash_is_verified_even_when_nobody_is_there(app, sign_in, monkeypatch):
    verified: list[str] = []
    real = passwords.matches

    def matches(kept: str, typed: str) -> bool:
        verified.append(kept)
        return real(kept, typed)

    monkeypatch.setattr(passwords, "matches", matches)
    with pytest.raises(DomainError):
        sign_in("nobody")
    assert len(verified) == 1
    assert verified[0].startswith("$argon2id$")


def test_the_fifth_wrong_password_locks_for_fifteen_minutes(make, sign_in, clock):
    someone = make.customer()
    for _ in range(5):
        with pytest.raises(DomainError):
            sign_in(someone.username, "not it")
    with pytest.raises(DomainError, match="Está bloqueado hasta las"):
        sign_in(someone.username)
    clock(minutes=15, seconds=1)
    assert sign_in(someone.username).account_id == someone.account_id


def test_whoever_waits_is_told_until_when_of_any_name(app, make, clock_at):
    moment = noon(today())
    clock_at(moment)
    names = (make.customer().username, "nobody", make.customer().identity.number, "DNI 00000000")
    seen = [[statements_of(app, signing_in.sign_in, name, "not it", VISITOR) for _ in range(6)] for name in names]
    told = [words for _, words in seen[0]]
    assert told[:4] == [WRONG] * 4
    assert told[4] == told[5]
    assert "bloqueado hasta las 12:15" in str(told[5])
    for one in seen[1:]:
        assert one == seen[0]
    clock_at(moment, seconds=16 * 60)
    assert [statements_of(app, signing_in.sign_in, name, "not it", VISITOR)[1] for name in names] == [WRONG] * 4


def test_after_the_lock_there_are_five_tries_again(make, sign_in, clock):
    someone = make.customer()
    for _ in range(5):
        with pytest.raises(DomainError):
            sign_in(someone.username, "not it")
    clock(minutes=16)
    for _ in range(4):
        with pytest.raises(DomainError):
            sign_in(someone.username, "not it")
    assert sign_in(someone.username)


def test_a_stranger_reads_the_same_whether_or_not_the_names_owner_came_in_between(app, make, sign_in, clock_at):
    clock_at(noon(today()))
    someone = make.customer()
    names = (someone.username, "nadie1234", someone.identity.number)
    told: dict[str, list[tuple[list[str], str]]] = {}
    for count in range(6):
        for name in names:
            told.setdefault(name, []).append(statements_of(app, signing_in.sign_in, name, "not it", VISITOR))
        if count < 4:
            sign_in(someone.username)
            sign_in(someone.identity.number)
    assert told[names[0]] == told[names[1]] == told[names[2]]
    assert [words == WRONG for _, words in told[names[0]]] == [True] * 4 + [False] * 2


def test_the_words_and_the_lock_are_one_count(make, sign_in):
    """What was typed with the document's number says and locks nothing of the user name, and the other way round."""
    someone = make.customer()
    for _ in range(4):
        for name in (someone.username, someone.identity.number):
            with pytest.raises(DomainError, match=WRONG):
                sign_in(name, "not it")
    assert sign_in(someone.username)
    with pytest.raises(DomainError, match="Está bloqueado hasta las"):
        sign_in(someone.identity.number, "not it")
    with pytest.raises(DomainError, match="Está bloqueado hasta las"):
        sign_in(someone.identity.number)
    assert sign_in(someone.username)


def test_a_new_initial_password_opens_where_it_was_asked_for_and_nowhere_is_a_count_given_back(
    app, make, call, change, rows
):
    someone = make.newcomer()
    change(someone, initial_password_until=portal_clock.now())
    here = replace(VISITOR, browser="a" * 43)
    for _ in range(5):
        with pytest.raises(DomainError):
            call(signing_in.sign_in, someone.username, "not it", here)
    with pytest.raises(signing_in.InitialPasswordExpired):
        call(signing_in.sign_in, someone.identity.number, PASSWORD, here)
    with app.app_context():
        (message,) = rows(select(Message))
        mailed = encryption.unseal(message.secret)
    with pytest.raises(DomainError, match="Está bloqueado"):
        call(signing_in.sign_in, someone.username, mailed, VISITOR)
    assert call(signing_in.sign_in, someone.username, mailed, here)


def test_fifty_guesses_at_once_are_five_tries(app, make, rows, monkeypatch):
    someone = make.customer()
    tried: list[object] = []
    monkeypatch.setattr(lockout, "take_typed", _counting(lockout.take_typed, tried))
    at_once(app, 50, lambda number: signing_in.sign_in(someone.username, "not it", VISITOR))
    assert sum(taken is not None for taken in tried) == 5
    assert rows(select(NameTries.made)) == [5]


def _counting(take, tried):
    def counted(*asked):
        taken = take(*asked)
        tried.append(taken)
        return taken

    return counted


def test_an_older_hash_is_renewed_by_signing_in(make, sign_in, change, rows):
    someone = make.customer()
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    change(someone, password_hash=old)
    sign_in(someone.username)
    (kept,) = rows(select(Account.password_hash))
    assert kept != old
    assert not passwords.must_rehash(kept)


def test_an_initial_password_opens_for_24_hours(make, sign_in, change):
    someone = make.newcomer()
    change(someone, initial_password_until=portal_clock.now() + signing_in.INITIAL_PASSWORD_LIFE)
    assert sign_in(someone.username).must_change_password


@pytest.mark.parametrize(
    "pasted",
    ["K7mt4-X9qpw-H3fzr", " k7mt4-x9qpw-h3fzr\n", "k7mt4–x9qpw—h3fzr", "k7mt4‑x9qpw−h3fzr", "k7mt4 x9qpw h3fzr",
     "k7mt4x9qpwh3fzr", "k7mt4-x9\u200bqpw-h3fzr\ufeff", "k7mt4-\nx9qpw-\r\nh3fzr.", "Contraseña: k7mt4-x9qpw-h3fzr",
     "«k7mt4-x9qpw-h3fzr»"],
)  # fmt: skip
@pytest.mark.one_database
def test_an_initial_password_opens_however_it_is_pasted_and_never_locks(make, sign_in, change, pasted):
    someone = make.newcomer()
    change(someone, password_hash=passwords.hash_password("k7mt4-x9qpw-h3fzr"))
    for _ in range(6):
        assert sign_in(someone.username, pasted).must_change_password


def test_a_password_of_ones_own_is_compared_as_it_was_chosen(make, sign_in, change):
    someone = make.customer()
    change(someone, password_hash=passwords.hash_password("k7mt4-x9qpw-h3fzr"))
    for typed in ("K7mt4-x9qpw-h3fzr", "k7mt4x9qpwh3fzr", " k7mt4-x9qpw-h3fzr"):
        with pytest.raises(DomainError):
            sign_in(someone.username, typed)
    assert sign_in(someone.username, "k7mt4-x9qpw-h3fzr")


def test_the_initial_password_in_capitals_is_no_new_one(make, call, change):
    someone = make.newcomer()
    change(someone, password_hash=passwords.hash_password("k7mt4-x9qpw-h3fzr"))
    with pytest.raises(DomainError, match="distinta de la actual"):
        call(signing_in.change_password, "K7MT4 X9QPW H3FZR", someone.actor)


def test_a_document_opens_as_it_is_pasted(make, sign_in):
    someone = make.customer(document_number="66163161")
    for typed in ("DNI 66163161", "66163161-4", "661631614", "\u200b66 163 161\u202c"):
        assert sign_in(typed).account_id == someone.account_id
    with pytest.raises(DomainError):
        sign_in("66163161-5")


def test_an_initial_password_too_old_mails_a_new_one_and_opens_nothing(app, make, sign_in, change, clock, rows):
    someone = make.newcomer()
    change(someone, initial_password_until=portal_clock.now() + signing_in.INITIAL_PASSWORD_LIFE)
    clock(hours=24, seconds=1)
    with pytest.raises(signing_in.InitialPasswordExpired, match="Le enviamos una nueva"):
        sign_in(someone.username)
    assert rows(select(UserSession)) == []
    (message,) = rows(select(Message))
    assert (message.kind, message.recipient) == ("credentials", someone.email)
    with app.app_context():
        mailed = encryption.unseal(message.secret)
    with pytest.raises(DomainError, match=WRONG):
        sign_in(someone.username)
    assert sign_in(someone.username, mailed).must_change_password


def test_asked_many_times_at_once_one_new_initial_password_is_mailed(app, make, change, rows):
    someone = make.newcomer()
    change(someone, initial_password_until=portal_clock.now())
    at_once(app, 4, lambda _: signing_in.sign_in(someone.username, PASSWORD, VISITOR))
    assert len(rows(select(Message))) == 1


def test_a_wrong_password_never_learns_that_the_initial_one_expired(make, sign_in, change, clock, rows):
    someone = make.newcomer()
    change(someone, initial_password_until=portal_clock.now())
    clock(hours=1)
    with pytest.raises(DomainError, match=WRONG):
        sign_in(someone.username, "not it")
    assert rows(select(Message)) == []


def test_changing_the_password_ends_every_other_session_and_renews_ones_own(make, call):
    someone = make.customer()
    tokens = [make.session(someone) for _ in range(2)]
    signed_in = call(signing_in.change_password, NEW, someone.actor, current=PASSWORD)
    assert [call(sessions.load, token) for token in tokens] == [None, None]
    assert call(sessions.load, signed_in.token) is not None


def test_changing_the_password_is_mailed_and_audited(make, call, rows):
    someone = make.customer()
    call(signing_in.change_password, NEW, someone.actor, current=PASSWORD)
    (message,) = rows(select(Message))
    assert (message.kind, message.recipient) == ("password_changed", someone.email)
    assert NEW not in message.text_body
    assert rows(select(AuditEntry.action)) == ["password.change"]


def test_the_first_change_asks_for_no_password_and_opens_the_portal(make, call, sign_in):
    someone = make.newcomer()
    assert not call(signing_in.change_password, NEW, someone.actor).must_change_password
    assert not sign_in(someone.username, NEW).must_change_password


def test_later_changes_need_the_present_password_and_count_wrong_ones(make, call, rows):
    someone = make.customer()
    for current in (None, "", "not it"):
        with pytest.raises(DomainError, match="actual no es correcta") as refused:
            call(signing_in.change_password, NEW, someone.actor, current=current)
        assert refused.value.field == "actual"
    assert rows(select(TryCount.made)) == [3]


def test_a_weak_or_unchanged_password_is_refused_and_nothing_changes(make, call, sign_in, rows):
    someone = make.customer()
    for new in ("1234567890", f"juana mamani {someone.identity.number}", PASSWORD):
        with pytest.raises(DomainError) as refused:
            call(signing_in.change_password, new, someone.actor, current=PASSWORD)
        assert refused.value.field == "nueva"
    assert rows(select(Message)) == []
    assert sign_in(someone.username)


def test_of_two_first_changes_at_once_one_holds(app, make):
    someone = make.newcomer()
    news = ["cuatro nubes bajo el mar", "siete puentes sobre arena"]
    results = at_once(app, 2, lambda number: signing_in.change_password(news[number], someone.actor))
    assert sorted(isinstance(one, DomainError) for one in results) == [False, True]


def test_a_password_changed_while_the_old_one_is_verified_no_longer_opens(app, make, change, rows, monkeypatch):
    someone = make.customer()
    new_hash = passwords.hash_password(NEW)
    real = passwords.matches

    def matches(kept, typed):
        verified = real(kept, typed)
        change(someone, password_hash=new_hash)
        return verified

    monkeypatch.setattr(passwords, "matches", matches)
    _, words = statements_of(app, signing_in.sign_in, someone.username, PASSWORD, VISITOR)
    assert words == WRONG
    assert rows(select(UserSession)) == []


def test_signing_in_and_a_command_of_the_same_account_never_wait_for_each_other_in_a_circle(app, make):
    someone = make.customer()
    public_id = make.purchase(someone)

    def work(number: int) -> None:
        for _ in range(25):
            if number == 0:
                signing_in.sign_in(someone.username, PASSWORD, VISITOR)
            else:
                for _ in range(6):  # as long as a password takes to verify
                    beneficiaries.NAMING.name_nobody(public_id, someone.actor)

    assert at_once(app, 2, work) == [None, None]
