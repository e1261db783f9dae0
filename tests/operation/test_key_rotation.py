"""SECRET_KEY is changed while people are at it; the one before is listed among SECRET_KEY_FALLBACKS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import httpx
import lxml.html
import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, Message
from portal.models.transaction import writing
from portal.services.authentication import recovery_codes
from portal.services.platform import encryption
from portal.services.sale import confirming
from sandbox.harness import RunningMailbox
from tests.client import PageClient
from tests.factories import Factories, Someone, Stage
from tests.faults.visitors import Visitor
from tests.journeys.stack import code_in
from tests.processes import PATIENCE, web_server
from tests.servers import RedisServer

OLD, NEW = "only for tests, and long enough for them", "the key of today, and long enough too"

Rotate = Callable[..., None]


@pytest.fixture
def rotate(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Rotate:
    """The next release's settings, with the old key as a fallback unless told otherwise."""

    def rotate(*fallbacks: str) -> None:
        settings = replace(app.config["PORTAL"], secret_key=NEW, secret_key_fallbacks=fallbacks)
        monkeypatch.setitem(app.config, "PORTAL", settings)
        monkeypatch.setitem(app.config, "SECRET_KEY", NEW)
        monkeypatch.setitem(app.config, "WTF_CSRF_SECRET_KEY", [*reversed(fallbacks), NEW])
        monkeypatch.setitem(app.config, "SECRET_KEY_FALLBACKS", list(fallbacks))

    return rotate


@pytest.mark.one_database
def test_who_is_signed_in_stays_signed_in(app: Flask, make: Factories, rotate: Rotate) -> None:
    client = PageClient(app).sign_in(make.customer())
    rotate(OLD)
    assert client.raw.get("/inicio").status_code == 200
    assert client.raw.get("/inicio").status_code == 200  # by a cookie of the new key, if one was set


@pytest.mark.one_database
def test_without_the_fallback_everybody_signs_in_again(app: Flask, make: Factories, rotate: Rotate) -> None:
    client = PageClient(app).sign_in(make.customer())
    rotate()
    assert client.raw.get("/inicio").status_code == 303


@pytest.mark.one_database
def test_a_code_on_its_way_arrives_and_passes(
    app: Flask, make: Factories, rotate: Rotate, drain: Callable[[], int], mailbox: RunningMailbox
) -> None:
    me = make.customer()
    public_id = make.purchase(me, Stage.METHOD)
    rotate(OLD)
    drain()
    (mail,) = [one for one in mailbox.store.mails() if "código para comprar" in one.header("Subject")]
    with app.app_context():
        confirming.CODE.verify(public_id, code_in(mail), me.actor)
        assert db.session.scalars(select(Message.secret).where(Message.kind == "purchase_code")).one() is None


@pytest.mark.one_database
def test_the_second_step_of_staff_goes_on(app: Flask, make: Factories, rotate: Rotate) -> None:
    staff = make.collaborator()
    with app.app_context(), writing() as session:
        account = session.get_one(Account, staff.account_id)
        account.totp_secret = encryption.seal("JBSWY3DPEHPK3PXP")
    with app.app_context(), writing():
        recovery = recovery_codes.replace(staff.account_id)
    rotate(OLD)
    with app.app_context():
        sealed = db.session.get_one(Account, staff.account_id).totp_secret
        assert sealed is not None
        assert encryption.unseal(sealed) == "JBSWY3DPEHPK3PXP"
    with app.app_context(), writing():
        assert recovery_codes.use(staff.account_id, recovery[0])


# What SECRET_KEY and SECRET_KEY_FALLBACKS are on each of two nodes, as docs/runbooks/change-secret-key.md goes: one is
# restarted at a time.
FIRST, SECOND = "the first key of both nodes: 5d0c9e1b7a", "the one that follows on both: 2f8a6b4c1e"
BEFORE, ACCEPTS, USES = (FIRST, ""), (FIRST, SECOND), (SECOND, FIRST)
PROCEDURE = ((BEFORE, BEFORE), (ACCEPTS, BEFORE), (ACCEPTS, ACCEPTS), (USES, ACCEPTS), (USES, USES))


class Nodes:
    """Two web servers of one portal behind one name, and a browser that speaks to either."""

    def __init__(self, env: dict[str, str], folder: Path, redis: RedisServer) -> None:
        self._env, self._folder, self._redis = env, folder, redis
        self._running: dict[int, tuple[tuple[str, str], ExitStack, str]] = {}
        self.http = httpx.Client(timeout=PATIENCE, trust_env=False)

    def run(self, number: int, keys: tuple[str, str]) -> None:
        """Restart a node with these keys, unless it has them."""
        if number in self._running and self._running[number][0] == keys:
            return
        self.stop(number)
        env = {"BASE_URL": "http://localhost", **self._env, "SECRET_KEY": keys[0], "SECRET_KEY_FALLBACKS": keys[1]}
        own = ExitStack()
        web = own.enter_context(web_server(env, self._folder / f"node-{number}"))
        self._running[number] = (keys, own, web.url)

    def stop(self, number: int) -> None:
        if number in self._running:
            self._running.pop(number)[1].close()

    def sign_in(self, someone: Someone) -> None:
        with closing(Visitor([self._running[0][2]])) as visiting:
            visiting.sign_in(someone)
            self.http.cookies.update(visiting._http.cookies)

    def form(self, number: int) -> dict[str, str]:
        """That of the sign-up, as a node writes it."""
        page = lxml.html.document_fromstring(self.http.get(f"{self._running[number][2]}/crear-cuenta").text)
        found = next(one for one in page.forms if "nombres" in one.fields)
        return {name: value or "" for name, value in found.fields.items()}

    def takes(self, number: int, form: dict[str, str]) -> bool:
        """Whether a node reads the form, of which nothing was filled in, and is not stopped by its token."""
        with self._redis.client as client:
            client.flushdb()  # nobody is too quick here
        answer = self.http.post(f"{self._running[number][2]}/crear-cuenta", data=form)
        return answer.status_code == 422 and "Falta corregir" in answer.text

    def knows_me(self, number: int) -> bool:
        return self.http.get(f"{self._running[number][2]}/inicio").status_code == 200


@pytest.fixture
def nodes(app: Flask, portal_env: dict[str, str], tmp_path: Path, redis_server: RedisServer) -> Iterator[Nodes]:
    two = Nodes(portal_env, tmp_path, redis_server)
    yield two
    two.http.close()
    for number in (0, 1):
        two.stop(number)


@pytest.mark.one_database
def test_two_nodes_change_their_key_one_by_one_and_every_form_passes_on_either(make: Factories, nodes: Nodes) -> None:
    left_open: dict[str, str] = {}
    for step in PROCEDURE:
        for number, keys in enumerate(step):
            nodes.run(number, keys)
        if not left_open:
            nodes.sign_in(make.customer())
            left_open = nodes.form(0)
        for one, other in ((0, 1), (1, 0)):
            assert nodes.takes(one, nodes.form(other)), step
            assert nodes.takes(one, left_open), step
            assert nodes.knows_me(one), step


@pytest.mark.one_database
def test_without_the_first_phase_nodes_refuse_each_others_forms(nodes: Nodes) -> None:
    """Why there is one: a form of the node that uses the new key reaches one that does not know it."""
    nodes.run(0, BEFORE)
    nodes.run(1, USES)
    assert not nodes.takes(0, nodes.form(1))
