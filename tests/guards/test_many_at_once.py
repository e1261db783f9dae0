"""Hundreds of passwords at once: a few are hashed, the rest are told at once when to come again, and lose nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, union_all

from portal.extensions import db
from portal.models import NameTries, TryCount
from portal.services.authentication import passwords
from portal.web import turns
from tests.client import Page, PageClient
from tests.factories import PASSWORD
from tests.services.at_once import at_once

NEW = "cuatro nubes bajo el mar"


@pytest.fixture
def crowd() -> Iterator[None]:
    """All places are taken by others."""
    for _ in range(turns.PLACES):
        assert turns._places.acquire(blocking=False)
    yield
    for _ in range(turns.PLACES):
        turns._places.release()


def login(app, make) -> Page:
    browser = PageClient(app)
    return browser.submit(browser.get("/ingresar"), {"usuario": "JMAMANI", "clave": PASSWORD})


def first_password(app, make) -> Page:
    browser = PageClient(app).sign_in(make.newcomer())
    return browser.submit(browser.get("/cambiar-clave"), {"nueva": NEW, "repetida": NEW})


def another_password(app, make) -> Page:
    browser = PageClient(app).sign_in(make.customer())
    return browser.submit(browser.get("/perfil/clave"), {"actual": PASSWORD, "nueva": NEW, "repetida": NEW})


def another_address(app, make) -> Page:
    browser = PageClient(app).sign_in(make.customer())
    return browser.submit(browser.get("/perfil/correo"), {"correo": "nueva@example.com", "actual": PASSWORD})


def recovery(app, make) -> Page:
    browser = PageClient(app)
    page = browser.submit(browser.get("/recuperar"), {"numero_documento": make.customer().identity.number})
    return browser.submit(page, {"codigo": "123456", "nueva": NEW, "repetida": NEW})


def signing_up(app, make) -> Page:
    browser = PageClient(app)
    return browser.submit(browser.get(f"/activar/{make.signup()}"), {"codigo": "123456"})


KEPT = {login: "JMAMANI", another_address: "nueva@example.com", recovery: "123456", signing_up: "123456"}


@pytest.mark.parametrize("ask", [login, first_password, another_password, another_address, recovery, signing_up])
def test_every_page_that_hashes_says_when_to_come_again_and_keeps_what_was_typed(
    crowd, app, make, ask: Callable[..., Page]
):
    page = ask(app, make)
    assert (page.status, page.response.headers["Retry-After"]) == (503, "3")
    assert "Espere 3 segundos y envíelo otra vez" in page.text
    assert PASSWORD not in page.html
    assert NEW not in page.html
    if ask in KEPT:
        assert f'value="{KEPT[ask]}"' in page.html
    with app.app_context():
        assert db.session.scalars(union_all(select(NameTries.made), select(TryCount.made))).all() == []


def test_other_pages_are_answered_meanwhile(crowd, app):
    assert PageClient(app).get("/ingresar").status == 200
    assert PageClient(app).get("/verificar").status == 200


def test_of_forty_logins_at_once_all_are_answered_and_few_hash(app, make, monkeypatch):
    someone = make.customer()
    hashing, most, lock = [0], [0], threading.Lock()
    real = passwords._hasher

    class Counted:
        check_needs_rehash = real.check_needs_rehash

        def verify(self, *asked: str) -> bool:
            with lock:
                hashing[0] += 1
                most[0] = max(most[0], hashing[0])
            try:
                return real.verify(*asked)
            finally:
                with lock:
                    hashing[0] -= 1

    monkeypatch.setattr(passwords, "_hasher", Counted())

    def enter(_number: int) -> int:
        browser = app.test_client()
        page = browser.get("/ingresar").get_data(as_text=True)
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        typed = {"csrf_token": token, "usuario": someone.username, "clave": "no es esta"}
        return browser.post("/ingresar", data=typed).status_code

    statuses = at_once(app, 40, enter)
    assert most[0] == 1
    assert set(statuses) <= {422, 503, 429}
    assert 503 in statuses
    assert log_in(app, make.customer()) == 200, "places are given back"


def log_in(app, someone) -> int:
    browser = PageClient(app)
    return browser.submit(browser.get("/ingresar"), {"usuario": someone.username, "clave": PASSWORD}).status
