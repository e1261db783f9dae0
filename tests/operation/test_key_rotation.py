"""SECRET_KEY is changed while people are at it; the one before is listed among SECRET_KEY_FALLBACKS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

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
from tests.factories import Factories, Stage
from tests.journeys.stack import code_in

OLD, NEW = "only for tests, and long enough for them", "the key of today, and long enough too"

Rotate = Callable[..., None]


@pytest.fixture
def rotate(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Rotate:
    """The next release's settings, with the old key as a fallback unless told otherwise."""

    def rotate(*fallbacks: str) -> None:
        settings = replace(app.config["PORTAL"], secret_key=NEW, secret_key_fallbacks=fallbacks)
        monkeypatch.setitem(app.config, "PORTAL", settings)
        monkeypatch.setitem(app.config, "SECRET_KEY", NEW)
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
