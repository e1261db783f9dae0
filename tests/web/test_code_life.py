"""Each page that asks for a mailed code says until when it can be typed; afterwards that it is sent no more, and offers
another."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.domain import formats
from portal.extensions import db
from portal.models import Code, Message
from tests.factories import PASSWORD, Stage
from tests.web.test_signup_pages import accept


@pytest.fixture
def code(app):
    """The newest code, and what became of its mail."""

    def code() -> Code:
        with app.app_context():
            return db.session.scalars(select(Code).order_by(Code.id.desc()).limit(1)).one()

    return code


def signup(client, make) -> None:
    accept(client)


def recovery(client, make) -> None:
    number = make.customer().identity.number
    client.submit(client.get("/recuperar"), {"tipo_documento": "DNI", "numero_documento": number})


def recovery_of_nobody(client, make) -> None:
    client.submit(client.get("/recuperar"), {"tipo_documento": "DNI", "numero_documento": "70999111"})


def another_address(client, make) -> None:
    client.sign_in(make.customer())
    client.submit(client.get("/perfil/correo"), {"correo": "nueva@correo.pe", "actual": PASSWORD})
    client.submit(client.get("/perfil/correo"), action="/perfil/correo/codigo")


def purchase(client, make) -> None:
    someone = make.customer()
    public_id = make.purchase(someone, Stage.METHOD)
    client.sign_in(someone).get(f"/compras/{public_id}/verificacion")


ASKING = {
    "signup": (signup, "Enviar otro código", "{}/reenviar"),
    "recovery": (recovery, "Enviar otro código", "{}/reenviar"),
    "recovery of nobody": (recovery_of_nobody, "Enviar otro código", "{}/reenviar"),
    "another address": (another_address, "Enviar otro código", "/perfil/correo/codigo"),
    "purchase": (purchase, "Enviar código", "{}"),
}


@pytest.mark.parametrize("kind", ASKING)
def test_the_page_says_how_long_its_code_lives_and_offers_another_once_it_is_dead(
    app, client, make, code, clock_at, drain, mailbox, kind
):
    begin, offer, action = ASKING[kind]
    begin(client, make)
    path = client.page.path
    first = code()
    until = formats.hour(first.expires_at)
    assert re.search(rf"[Vv]ale hasta las {until}", client.get(path).text)
    clock_at(first.expires_at, 1)
    page = client.get(path)
    assert f"venció a las {until}" in page.text
    assert "ya no lo enviamos" in page.text
    drain()
    with app.app_context():
        told = db.session.scalars(select(Message.reason).where(Message.secret_for.is_not(None))).all()
    assert set(told) <= {"expired"}
    assert mailbox.store.mails() == []
    page = client.submit(page, button=offer, action=action.format(path))
    assert code().id > first.id
    assert re.search(rf"[Vv]ale hasta las {formats.hour(code().expires_at)}", page.text)
