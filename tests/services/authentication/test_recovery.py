"""Coming in again: only the code of the account's own mailbox opens, and nothing tells who has an account."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from portal.domain import clock as portal_clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import DocumentType, Identity
from portal.models import Account, AuditEntry, Code, Message, OutboxRow, Recovery
from portal.models.transaction import writing
from portal.services.authentication import recovery, sessions, signing_in
from portal.services.operation import retention
from portal.services.platform import encryption
from tests.factories import PASSWORD
from tests.services.at_once import at_once
from tests.services.statements import statements_of

VISITOR = Actor(ip="203.0.113.9", device="a phone")
OTHER_PHONE = Actor(ip="198.51.100.7", device="another phone")
NEW = "cuatro nubes bajo el mar"
NOBODYS = "79999999"


@pytest.fixture
def ask(call):
    def ask(someone, **named) -> str:
        identity = Identity(DocumentType.DNI, someone) if isinstance(someone, str) else someone.identity
        return call(recovery.ask, identity, VISITOR, **named)

    return ask


@pytest.fixture
def complete(call):
    def complete(token: str, code: str, new: str = NEW):
        return call(recovery.complete, token, code, new, OTHER_PHONE)

    return complete


@pytest.fixture
def code(app, mails):
    """What the newest mail of a recovery carries."""

    def code() -> str:
        with app.app_context():
            return encryption.unseal(mails("recovery")[-1].secret)

    return code


@pytest.fixture
def change(app):
    def change(someone, **values) -> None:
        with app.app_context(), writing() as session:
            session.execute(update(Account).where(Account.id == someone.account_id).values(**values))

    return change


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 1_000_000:06d}"


def test_the_code_of_the_mail_and_a_new_password_open_the_account_again(make, ask, complete, code, call, rows, mails):
    someone = make.customer()
    open_already = make.session(someone)
    token = ask(someone)
    (mail,) = mails("recovery")
    assert (mail.recipient, mail.account_id) == (someone.email, someone.account_id)
    assert someone.username in mail.text_body
    assert f"/recuperar/{token}" in mail.text_body
    complete(token, code())
    assert call(sessions.load, open_already) is None
    with pytest.raises(DomainError):
        call(signing_in.sign_in, someone.username, PASSWORD, VISITOR)
    assert call(signing_in.sign_in, someone.username, NEW, VISITOR).account_id == someone.account_id
    (told,) = mails("password_changed")
    assert told.recipient == someone.email
    actions = rows(select(AuditEntry.action).order_by(AuditEntry.id))
    assert actions == ["recovery.code", "password.recover", "session.open"]


def test_known_unknown_and_disabled_get_the_same_answer_after_the_same_statements(app, make, change, rows):
    known, disabled = make.customer(), make.customer()
    change(disabled, disabled_at=portal_clock.now())
    people = (known.identity, Identity(DocumentType.DNI, NOBODYS), disabled.identity)
    first = Identity(DocumentType.DNI, "78888888")
    ask = [statements_of(app, recovery.ask, identity, VISITOR) for identity in (first, *people)][1:]
    assert _all_alike(ask)
    assert not ask[0][1]
    tokens = rows(select(Recovery.token).order_by(Recovery.id))[1:]
    guess = [statements_of(app, recovery.complete, token, "000000", NEW, VISITOR) for token in tokens]
    assert _all_alike(guess)
    assert "Le quedan 4 intentos" in guess[0][1]
    again = [statements_of(app, recovery.ask, identity, VISITOR) for identity in people]
    assert _all_alike([(one, words.split(" en ")[0]) for one, words in again])
    soon = [statements_of(app, recovery.resend, token, VISITOR) for token in tokens]
    assert _all_alike([(one, words.split(" en ")[0]) for one, words in soon])


def test_another_code_takes_the_same_work_too(app, make, ask, clock):
    tokens = [ask(make.customer()), ask(NOBODYS)]
    clock(seconds=61)
    assert _all_alike([statements_of(app, recovery.resend, token, VISITOR) for token in tokens])


def _all_alike(seen) -> bool:
    """The letter to nobody is taken back where the other is kept: nothing else differs."""
    ends = ("RELEASE SAVEPOINT", "ROLLBACK TO")
    plain = [([one for one in asked if not one.startswith(ends)], words) for asked, words in seen]
    lengths = {len(asked) for asked, _ in seen}
    return all(one == plain[0] for one in plain) and len(lengths) == 1


def test_nobody_is_mailed_for_a_document_without_an_account_or_with_a_disabled_one(make, ask, change, rows):
    disabled = make.customer()
    change(disabled, disabled_at=portal_clock.now())
    ask(NOBODYS)
    ask(disabled)
    assert rows(select(Message)) == []
    assert rows(select(OutboxRow)) == []
    assert len(rows(select(Recovery))) == len(rows(select(Code))) == 2


def test_a_customers_recovery_is_not_that_of_the_same_persons_staff_account(make, ask, mails):
    staff = make.collaborator()
    ask(staff)
    assert mails("recovery") == []
    ask(staff, is_staff=True)
    assert [mail.recipient for mail in mails("recovery")] == [staff.email]


def test_fifty_guesses_at_once_are_five_tries(app, make, ask, code, complete, rows):
    token = ask(make.customer())
    right = code()
    answers = at_once(app, 50, lambda _: recovery.complete(token, wrong(right), NEW, VISITOR))
    assert sum("Le queda" in str(one) or "se acabaron" in str(one) for one in answers) == 5
    assert rows(select(Code.tries)) == [5]
    with pytest.raises(DomainError, match="Se acabaron los 5 intentos"):
        complete(token, right)


def test_of_two_with_the_same_code_at_once_one_password_holds(app, make, ask, code, call, mails):
    someone = make.customer()
    token, right = ask(someone), code()
    news = [NEW, "siete puentes sobre arena"]
    answers = at_once(app, 2, lambda number: recovery.complete(token, right, news[number], VISITOR))
    assert answers == [None, None] or all(one is None or isinstance(one, DomainError) for one in answers)
    assert len(mails("password_changed")) == 1
    opened = []
    for new in news:
        try:
            opened.append(call(signing_in.sign_in, someone.username, new, VISITOR).account_id)
        except DomainError:
            continue
    assert opened == [someone.account_id]


def test_pressed_twice_it_is_done_once_and_later_the_code_is_worth_nothing(make, ask, complete, code, clock, mails):
    token = ask(make.customer())
    right = code()
    complete(token, right)
    complete(token, right)
    assert len(mails("password_changed")) == 1
    clock(minutes=2)
    with pytest.raises(DomainError, match="ya no vale"):
        complete(token, right, "siete puentes sobre arena")


def test_recovery_ends_the_initial_password_and_a_change_of_address(make, ask, complete, code, change, call, rows):
    someone = make.newcomer()
    change(
        someone,
        initial_password_until=portal_clock.now(),
        pending_email="intruso@example.com",
    )
    complete(ask(someone), code())
    assert not call(signing_in.sign_in, someone.username, NEW, VISITOR).must_change_password
    (account,) = rows(select(Account))
    assert (account.initial_password_until, account.pending_email) == (None, None)


def test_staff_still_pass_their_second_step(make, ask, complete, code, call):
    staff = make.supervisor()
    complete(ask(staff, is_staff=True), code())
    assert call(signing_in.sign_in, staff.username, NEW, VISITOR).needs_second_step


def test_an_account_disabled_meanwhile_stays_closed(make, ask, complete, code, change, rows):
    someone = make.customer()
    token, right = ask(someone), code()
    before = rows(select(Account.password_hash))
    change(someone, disabled_at=portal_clock.now())
    with pytest.raises(DomainError, match="ya no vale"):
        complete(token, right)
    assert rows(select(Account.password_hash)) == before


def test_a_weak_password_is_refused_before_the_code_and_a_personal_one_only_after_it(make, ask, complete, code, rows):
    someone = make.customer()
    token = ask(someone)
    with pytest.raises(DomainError, match="fácil de adivinar"):
        complete(token, wrong(code()), "1234567890")
    assert rows(select(Code.tries)) == [0]
    personal = f"mamani {someone.identity.number}"
    with pytest.raises(DomainError) as guessed:
        complete(token, wrong(code()), personal)
    assert guessed.value.field == "codigo"
    with pytest.raises(DomainError, match="No use su nombre") as told:
        complete(token, code(), personal)
    assert told.value.field == "nueva"
    complete(token, code())


def test_a_guess_that_hits_the_code_of_nobody_learns_nothing(app, ask, complete, rows, monkeypatch):
    monkeypatch.setattr("portal.services.authentication.one_time_codes.secrets.randbelow", lambda _: 123456)
    token = ask(NOBODYS)
    with pytest.raises(DomainError, match="ya no vale"):
        complete(token, "123456")


def test_another_code_waits_a_minute_and_voids_the_one_before(make, ask, complete, code, call, clock):
    token = ask(make.customer())
    first = code()
    with pytest.raises(DomainError, match="Puede pedir otro en"):
        call(recovery.resend, token, VISITOR)
    clock(seconds=61)
    call(recovery.resend, token, VISITOR)
    if first != code():
        with pytest.raises(DomainError):
            complete(token, first)
    complete(token, code())


def test_asked_again_at_once_the_same_browser_goes_on_and_another_waits(make, ask, mails):
    someone = make.customer()
    token = ask(someone)
    assert ask(someone, token=token) == token
    with pytest.raises(DomainError, match="Ya se pidió un código para este documento") as refused:
        ask(someone, token="another")
    assert refused.value.field == "numero_documento"
    assert len(mails("recovery")) == 1


def test_asked_by_ten_at_once_one_code_is_mailed(app, make, mails):
    identity = make.customer().identity
    at_once(app, 10, lambda _: recovery.ask(identity, VISITOR))
    assert len(mails("recovery")) == 1


def test_a_document_gets_five_codes_a_day_from_one_network_whether_it_has_an_account(make, ask, call, clock, code):
    someone = make.customer()
    last = ""
    for number in range(recovery.DAILY_LIMIT):
        clock(minutes=2 * number)
        last = ask(someone)
        ask(NOBODYS)
    clock(minutes=2 * recovery.DAILY_LIMIT)
    for document in (someone, NOBODYS):
        with pytest.raises(DomainError, match="Desde esta conexión"):
            ask(document)
    with pytest.raises(DomainError, match="Desde esta conexión"):
        call(recovery.resend, last, OTHER_PHONE)
    right = call(recovery.ask, someone.identity, OTHER_PHONE)
    call(recovery.complete, right, code(), NEW, OTHER_PHONE)
    clock(hours=25)
    ask(someone)


def test_all_networks_together_get_twenty_codes_a_day(make, call, clock):
    someone = make.customer()
    for number in range(recovery.DAILY_LIMIT_OF_ALL):
        clock(minutes=2 * number)
        call(recovery.ask, someone.identity, Actor(ip=f"203.0.113.{number}"))
    clock(minutes=2 * recovery.DAILY_LIMIT_OF_ALL)
    with pytest.raises(DomainError, match="Pruebe mañana"):
        call(recovery.ask, someone.identity, OTHER_PHONE)


def test_the_addresses_of_one_ipv6_subscriber_are_one_network(make, call, clock):
    someone = make.customer()
    for number in range(recovery.DAILY_LIMIT):
        clock(minutes=2 * number)
        call(recovery.ask, someone.identity, Actor(ip=f"2001:db8:0:1::{number}"))
    clock(minutes=2 * recovery.DAILY_LIMIT)
    with pytest.raises(DomainError, match="Desde esta conexión"):
        call(recovery.ask, someone.identity, Actor(ip="2001:db8:0:1:ffff::9"))
    assert call(recovery.ask, someone.identity, Actor(ip="2001:db8:0:2::9"))


@pytest.mark.parametrize("said", ["198.51.100.7:4711", "[2001:db8::9]:443", "unknown:_x"])
def test_what_a_proxy_says_in_place_of_an_address_keeps_nobody_out(make, call, clock, said):
    someone = make.customer()
    assert call(recovery.ask, someone.identity, Actor(ip=said))
    clock(minutes=2)
    assert call(recovery.ask, someone.identity, VISITOR), "its row stays, and is counted with the others"


def test_addresses_of_ipv4_written_as_ipv6_are_not_one_network(make, call, clock):
    someone = make.customer()
    for number in range(recovery.DAILY_LIMIT):
        clock(minutes=2 * number)
        call(recovery.ask, someone.identity, Actor(ip=VISITOR.ip if number else f"::ffff:{VISITOR.ip}"))
    clock(minutes=2 * recovery.DAILY_LIMIT)
    with pytest.raises(DomainError, match="Desde esta conexión"):
        call(recovery.ask, someone.identity, Actor(ip=f"::ffff:{VISITOR.ip}"))
    assert call(recovery.ask, someone.identity, Actor(ip=f"::ffff:{OTHER_PHONE.ip}"))


def test_a_code_in_the_mail_stays_good_when_somebody_else_asks(make, call, code, clock):
    someone = make.customer()
    mine, right = call(recovery.ask, someone.identity, VISITOR), code()
    clock(seconds=61)
    other = call(recovery.ask, someone.identity, OTHER_PHONE)
    for _ in range(5):
        with pytest.raises(DomainError):
            call(recovery.complete, other, "000000", NEW, OTHER_PHONE)
    call(recovery.complete, mine, right, NEW, VISITOR)


def test_a_request_lives_an_hour(make, ask, complete, code, call, clock):
    token = ask(make.customer())
    assert not call(recovery.is_over, token)
    clock(hours=1)
    assert call(recovery.is_over, token)
    with pytest.raises(recovery.RecoveryOver):
        complete(token, code())
    with pytest.raises(recovery.RecoveryOver):
        call(recovery.resend, token, VISITOR)


def test_a_used_code_ends_every_other_request_of_the_account(make, ask, complete, code, clock, call, mails):
    someone = make.customer()
    first = ask(someone)
    first_code = code()
    clock(seconds=61)
    complete(ask(someone), code())
    with pytest.raises(DomainError, match="ya no vale"):
        complete(first, first_code, "siete puentes sobre arena")
    clock(seconds=122)
    call(recovery.resend, first, VISITOR)
    assert len(mails("recovery")) == 2


def test_an_unknown_token_is_not_found(call, complete):
    for asked in (lambda: call(recovery.is_over, "x" * 43), lambda: complete("x" * 43, "000000")):
        with pytest.raises(NotFound):
            asked()


def test_passports_of_two_countries_with_one_number_are_two_people(make, ask, mails):
    people = [make.customer(document_type="PASAPORTE", document_number="AB123456", country=one) for one in ("CO", "VE")]
    for someone in people:
        ask(someone)
    assert [mail.account_id for mail in mails("recovery")] == [someone.account_id for someone in people]


def test_requests_are_deleted_after_three_months(make, ask, call, clock, rows):
    ask(make.customer())
    clock(days=89)
    call(retention.forget)
    assert rows(select(func.count()).select_from(Recovery)) == [1]
    clock(days=91)
    call(retention.forget)
    assert rows(select(func.count()).select_from(Recovery)) == [0]
