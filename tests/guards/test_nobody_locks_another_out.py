"""Wrong tries of one person, from wherever, never use up another's: at login, in an open session, at recovery, at the
second step; and who guesses gets no more tries than before."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Message, NameTries
from portal.services.authentication import password_attempts
from tests.client import PageClient
from tests.factories import PASSWORD, Factories, Someone

# The tries' rows are asked for and locked on both in tests/services/authentication.
pytestmark = pytest.mark.one_database

NEW = "cuatro nubes bajo el mar"
PLACES = [f"203.0.113.{number}" for number in range(1, 30)]


@pytest.fixture
def victim(make: Factories) -> Someone:
    return make.customer()


def log_in(browser: PageClient, someone: Someone, password: str = PASSWORD, *, by_document: bool = True) -> bool:
    """Whether the password opened the portal."""
    user = someone.identity.number if by_document else someone.username
    page = browser.submit(browser.get("/ingresar"), {"usuario": user, "clave": password})
    return page.path != "/ingresar"


def guess(app, someone: Someone, *, times: int = 6, first: int = 0) -> list[int]:
    """Wrong passwords, each from another address and a browser of its own; what was answered."""
    answers = []
    for number in range(first, first + times):
        stranger = PageClient(app)
        stranger.raw.environ_base["REMOTE_ADDR"] = PLACES[number % len(PLACES)]
        token = stranger.get("/ingresar").document.xpath("//input[@name='csrf_token']/@value")[0]
        typed = {"csrf_token": token, "usuario": someone.identity.number, "clave": f"no es esta {number}"}
        answers.append(stranger.raw.post("/ingresar", data=typed).status_code)
    return answers


def test_a_known_browser_comes_in_whatever_strangers_type(app, victim):
    browser = PageClient(app)
    assert log_in(browser, victim)
    browser.post("/salir")
    assert set(guess(app, victim)) == {422}
    assert not log_in(PageClient(app), victim), "elsewhere the account is locked, as ever"
    assert log_in(browser, victim)


def test_nor_do_limits_of_requests_stand_in_its_way(app, victim):
    browser = PageClient(app)
    assert log_in(browser, victim)
    browser.post("/salir")
    assert 429 in guess(app, victim, times=33)
    assert log_in(browser, victim)
    stranger = PageClient(app)  # at the same address as the owner, as behind a mobile company's
    token = stranger.get("/ingresar").document.xpath("//input[@name='csrf_token']/@value")[0]
    for number in range(121):
        stranger.raw.post("/ingresar", data={"csrf_token": token, "usuario": f"nadie{number}", "clave": "x"})
    browser.post("/salir")
    assert log_in(browser, victim)


def test_a_known_browser_has_five_tries_of_its_own_and_no_more(app, victim, clock):
    browser = PageClient(app)
    assert log_in(browser, victim)
    browser.post("/salir")
    for _ in range(5):
        assert not log_in(browser, victim, "no es esta")
    assert not log_in(browser, victim)
    assert log_in(PageClient(app), victim), "they were nobody else's"
    clock(minutes=15, seconds=1)
    assert log_in(browser, victim)


def test_a_browser_that_only_says_it_is_known_is_not(app, victim):
    browser = PageClient(app)
    browser.raw.set_cookie("portal-equipo", "a" * 43)
    guess(app, victim)
    assert not log_in(browser, victim)


def test_anothers_known_browser_is_not_known_to_the_victim(app, make, victim):
    browser = PageClient(app)
    assert log_in(browser, make.customer())
    browser.post("/salir")
    guess(app, victim)
    assert not log_in(browser, victim)


@pytest.mark.parametrize("has_mark", [True, False], ids=["by login", "a session alone"])
def test_an_open_session_changes_password_and_address_whatever_strangers_type(app, victim, has_mark):
    browser = PageClient(app)
    if has_mark:
        assert log_in(browser, victim)
    else:
        browser.sign_in(victim)
    guess(app, victim)
    page = browser.submit(browser.get("/perfil/correo"), {"correo": "nueva@example.com", "actual": PASSWORD})
    assert not page.errors
    page = browser.submit(browser.get("/perfil/clave"), {"actual": PASSWORD, "nueva": NEW, "repetida": NEW})
    assert "Cambiamos su contraseña" in page.text


def test_an_open_session_has_five_tries_of_its_own_and_says_when_there_are_more(app, victim, clock):
    browser = PageClient(app).sign_in(victim)
    for _ in range(5):
        page = browser.submit(browser.get("/perfil/clave"), {"actual": "no es esta", "nueva": NEW, "repetida": NEW})
    page = browser.submit(browser.get("/perfil/clave"), {"actual": PASSWORD, "nueva": NEW, "repetida": NEW})
    assert page.errors["actual"] == "Hubo 5 intentos que no eran correctos. Espere 15 minutos y pruebe otra vez."
    assert log_in(PageClient(app), victim), "a login elsewhere has tries of its own"
    clock(minutes=15, seconds=1)
    page = browser.submit(browser.get("/perfil/clave"), {"actual": PASSWORD, "nueva": NEW, "repetida": NEW})
    assert "Cambiamos su contraseña" in page.text


def test_strangers_get_no_more_tries_because_the_owner_comes_in(app, victim, clock, context_tries):
    browser = PageClient(app)
    assert log_in(browser, victim)
    for _ in range(3):
        guess(app, victim, times=5)
        browser.post("/salir")
        assert log_in(browser, victim)
    assert context_tries() == 5, "five in a quarter of an hour, from all unknown places together"


@pytest.fixture
def context_tries(app):
    def tries() -> int:
        with app.app_context():
            return db.session.scalar(select(func.max(NameTries.made))) or 0

    return tries


def recover_from(browser: PageClient, someone: Someone, address: str = "198.51.100.7") -> str:
    """Where asking for a code leads."""
    browser.raw.environ_base["REMOTE_ADDR"] = address
    return browser.submit(browser.get("/recuperar"), {"numero_documento": someone.identity.number}).path


def test_recovery_from_a_known_browser_is_not_used_up_by_strangers(app, victim, clock):
    browser = PageClient(app)
    assert log_in(browser, victim)
    browser.post("/salir")
    for minute in range(20):
        clock(minutes=2 * minute)
        assert recover_from(PageClient(app), victim, PLACES[minute % 5]) != "/recuperar"
    assert recover_from(PageClient(app), victim, "203.0.113.200") == "/recuperar", "from elsewhere there are no more"
    assert recover_from(browser, victim) != "/recuperar"


def test_nobody_makes_another_wait_for_a_code(app, victim):
    assert recover_from(PageClient(app), victim, "203.0.113.1") != "/recuperar"
    assert recover_from(PageClient(app), victim, "203.0.113.1") == "/recuperar"
    assert recover_from(PageClient(app), victim, "203.0.113.2") != "/recuperar"


def test_the_browser_of_a_recovery_is_known_from_then_on(app, victim, secret_of):
    guess(app, victim)
    browser = PageClient(app)
    page = browser.submit(browser.get("/recuperar"), {"numero_documento": victim.identity.number})
    page = browser.submit(page, {"codigo": secret_of("recovery"), "nueva": NEW, "repetida": NEW})
    assert page.path == "/ingresar"
    guess(app, victim)
    assert not log_in(PageClient(app), victim, NEW)
    assert log_in(browser, victim, NEW)


@pytest.fixture
def secret_of(app):
    from portal.services.platform import encryption

    def secret(kind: str) -> str:
        with app.app_context():
            sealed = db.session.scalars(
                select(Message.secret).where(Message.kind == kind).order_by(Message.id.desc()).limit(1)
            ).one()
            assert sealed
            return encryption.unseal(sealed)

    return secret


def told(app) -> list[tuple[str, str]]:
    with app.app_context():
        password_attempts.tell_owners()
        found = db.session.execute(select(Message.recipient, Message.text_body).where(Message.kind == "password_tries"))
        return [(row.recipient, row.text_body) for row in found]


def test_the_owner_is_told_of_wrong_passwords_once_a_day(app, victim, clock):
    guess(app, victim, times=4)
    assert told(app) == []
    guess(app, victim, times=1, first=4)
    ((recipient, words),) = told(app)
    assert recipient == victim.email
    assert "entra como siempre" in words
    clock(hours=2)
    guess(app, victim)
    assert len(told(app)) == 1
    clock(hours=25)
    guess(app, victim)
    assert len(told(app)) == 2


def test_the_owner_is_told_of_tries_in_an_open_session_too(app, victim):
    browser = PageClient(app).sign_in(victim)
    for _ in range(5):
        browser.submit(browser.get("/perfil/clave"), {"actual": "no es esta", "nueva": NEW, "repetida": NEW})
    assert [recipient for recipient, _ in told(app)] == [victim.email]


def correcting(app, customer: Someone, member: Someone):
    """The member's browser at the form that corrects the customer's address."""
    desk = PageClient(app).sign_in(member)
    found = desk.submit(desk.get("/gestion/buscar"), {"dato": customer.identity.number}, button="Buscar")
    return desk, desk.follow(found, "Corregir correo")


def test_a_colleagues_wrong_codes_lock_nobody_elses_second_step(app, make):
    customer, member, colleague, other = make.customer(), make.supervisor(), make.collaborator(), make.collaborator()
    typed = {"documento": True, "nacimiento": "17/05/1990", "correo": "otra@example.com"}
    typed |= {"otro_usuario": member.username, "otro_codigo": "000000"}
    desk, page = correcting(app, customer, colleague)
    for _ in range(5):
        page = desk.submit(page, typed, button="Corregir correo")
    page = desk.submit(page, typed | {"otro_codigo": make.app_code(member)}, button="Corregir correo")
    assert set(page.errors) == {"otro_codigo"}, "the five of this colleague are used up"
    browser = PageClient(app).sign_in(member, second_step=False)
    page = browser.submit(browser.get("/segundo-paso"), {"codigo": make.app_code(member)})
    assert page.path == "/gestion"
    desk, page = correcting(app, customer, other)
    done = desk.submit(page, typed | {"otro_codigo": make.app_code(member)}, button="Corregir correo")
    assert done.path == f"/gestion/clientes/{customer.account_id}"


def test_whoever_knows_ones_password_locks_no_second_step_that_was_passed_before(app, make):
    member = make.collaborator()
    browser = PageClient(app).sign_in(member)
    thief = PageClient(app).sign_in(member, second_step=False)
    for _ in range(5):
        thief.submit(thief.get("/segundo-paso"), {"codigo": "000000"})
    assert "Espere" in thief.submit(thief.get("/segundo-paso"), {"codigo": make.app_code(member)}).text
    page = browser.submit(browser.get("/segundo-paso/codigos/nuevos"), {"codigo": make.app_code(member)})
    assert page.path.startswith("/segundo-paso/codigos?")
