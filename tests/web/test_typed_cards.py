"""The last four digits of a card, and nothing of a whole number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import Payment, Purchase
from tests.client import PageClient
from tests.factories import Factories, Someone
from tests.factories.sales import Stage
from tests.web.wizard import at, go_on


@pytest.fixture
def card() -> dict[str, str]:
    return {"banco": "BAP", "vence": f"8/{portal_clock.today().year + 1}"}


@pytest.mark.parametrize(
    "pasted",
    [
        "4557880612344821",
        "4557 8806 1234 4821",
        "4557-8806-1234-4821\u200b",
        "4821 08/27",
        "48210",
        "４５５７８８０６１２３４４８２１",
    ],
)
def test_a_longer_number_is_refused_and_neither_shown_nor_kept(
    app: Flask, visitor: PageClient, make: Factories, someone: Someone,
    card: dict[str, str], pasted: str, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    page = visitor.submit(go_on(visitor, public_id), card | {"digitos": pasted})
    assert page.status == 422
    assert "solo los últimos 4 dígitos" in page.errors["digitos"]
    assert page.values("digitos")["digitos"] == ""
    assert pasted not in page.html
    assert {name: page.values(name)[name] for name in card} == card
    with app.app_context():
        assert db.session.scalar(select(Purchase.card_last4)) is None
    logged = capfd.readouterr()
    assert pasted not in logged.out + logged.err


@pytest.mark.parametrize(
    "pasted", [" 4821", "4 8 2 1", "•••• 4821", "**** **** **** 4821", "xxxx-4821", "4821\u202c\n"]
)
def test_the_four_digits_are_taken_as_they_are_pasted(
    app: Flask, visitor: PageClient, make: Factories, someone: Someone, card: dict[str, str], pasted: str
) -> None:
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    page = visitor.submit(go_on(visitor, public_id), card | {"digitos": pasted})
    assert page.path == at(public_id, "verificacion")
    with app.app_context():
        assert db.session.scalar(select(Purchase.card_last4)) == "4821"


@pytest.mark.parametrize("typed", ["482", "48a1", "la de siempre"])
def test_what_is_no_four_digits_stays_to_be_corrected(
    visitor: PageClient, make: Factories, someone: Someone, card: dict[str, str], typed: str
) -> None:
    page = visitor.submit(go_on(visitor, make.purchase(someone, Stage.BENEFICIARIES)), card | {"digitos": typed})
    assert page.errors["digitos"] == "Escriba los últimos 4 dígitos de su tarjeta."
    assert page.values("digitos")["digitos"] == typed


def test_a_card_that_ran_out_is_no_question_to_the_bank(
    app: Flask, visitor: PageClient, make: Factories, someone: Someone
) -> None:
    today = portal_clock.today()
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    typed = {"banco": "BAP", "digitos": "4821"}
    page = visitor.submit(
        go_on(visitor, public_id), typed | {"vence": f"{today.replace(day=1) - timedelta(days=1):%m/%y}"}
    )
    assert page.errors == {"vence": "La tarjeta está vencida. Revise la fecha o use otra."}
    with app.app_context():
        assert db.session.scalar(select(Purchase.account_asks)) == 0
    assert visitor.submit(page, typed | {"vence": f"{today:%m%y}"}).path == at(public_id, "verificacion")


def test_whoever_paid_before_finds_the_card_filled_in(
    visitor: PageClient, make: Factories, someone: Someone, drain: Callable[[], object]
) -> None:
    make.purchase(someone, Stage.PAID)
    drain()
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    page = go_on(visitor, public_id)
    assert "Banco Andino del Perú, tarjeta terminada en 4821" in page.text
    assert "Es la de su último pago" in page.text
    assert page.values("digitos")["digitos"] == "4821"
    assert page.document.xpath("//details[not(@open)]//input[@name='digitos']"), "another card is one tap away"
    assert "Otro banco o caja" not in page.text, "there is none but those shown"
    page = visitor.submit(page, {"digitos": "482"}, button="Siguiente")
    assert not page.document.xpath("//details//input[@name='digitos']"), "what is wrong is seen"
    page = go_on(visitor, public_id)
    assert visitor.submit(page, {}, button="Siguiente").path == at(public_id, "verificacion")


def test_a_card_that_was_refused_after_it_paid_is_not_filled_in(
    app: Flask, visitor: PageClient, make: Factories, someone: Someone, drain: Callable[[], object]
) -> None:
    make.purchase(someone, Stage.PAID)
    make.purchase(someone, Stage.PAID, last4="0001")
    drain()
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    assert go_on(visitor, public_id).values("digitos")["digitos"] == "4821", "the refused one was another"
    with app.app_context():
        db.session.execute(update(Payment).values(card_last4="4821"))
        db.session.commit()
    assert go_on(visitor, public_id).values("digitos")["digitos"] == ""


def test_the_two_lists_of_an_older_page_are_still_read(client: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    client.sign_in(someone).get(at(public_id, "forma-de-pago"))
    year = str(portal_clock.today().year + 1)
    card = {"forma": "cuenta", "banco": "BAP", "digitos": "4821", "mes": "8", "anio": year}
    assert client.post(at(public_id, "forma-de-pago"), card).path == at(public_id, "verificacion")
