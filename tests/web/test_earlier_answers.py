"""What a page said of an earlier answer is gone once there is another."""

from __future__ import annotations

import pytest

from tests.factories import Stage
from tests.web.wizard import at


def test_a_card_that_the_bank_refuses_takes_the_word_about_the_one_before_away(visitor, make, someone):
    public_id = make.purchase(someone, Stage.METHOD)
    page = visitor.get(at(public_id, "forma-de-pago"))
    assert "Su banco reconoció la tarjeta terminada en 4821" in page.text
    answer = visitor.submit(page, {"digitos": "0010"}, button="Siguiente")
    assert "digitos" in answer.errors
    assert "reconoció" not in answer.text
    visitor.submit(answer, {"digitos": "5555"}, button="Siguiente")
    page = visitor.get(at(public_id, "forma-de-pago"))
    assert "Su banco reconoció la tarjeta terminada en 5555" in page.text
    assert page.errors == {}


@pytest.mark.parametrize("typed", [{"digitos": "12"}, {"vence": "13/27"}])
def test_nor_does_it_stand_beside_a_field_that_is_wrong(visitor, make, someone, typed):
    page = visitor.get(at(make.purchase(someone, Stage.METHOD), "forma-de-pago"))
    page = visitor.submit(page, typed, button="Siguiente")
    assert page.errors
    assert "reconoció" not in page.text


def test_why_a_step_is_asked_again_gives_way_to_what_is_wrong_with_the_answer(visitor, make, someone, clock):
    public_id = make.purchase(someone, Stage.VERIFICATION)
    clock(minutes=29, seconds=59)
    make.method(someone, public_id)
    clock(minutes=31)
    page = visitor.sign_in(someone).get(at(public_id, "verificacion"))
    assert "Su verificación venció" in page.text
    page = visitor.submit(page, {}, button="Enviar código")
    page = visitor.submit(page, {"codigo": "12"}, button="Verificar")
    assert page.errors
    assert "Su verificación venció" not in page.text


def test_the_refusal_of_a_card_is_not_said_of_the_next(visitor, make, someone):
    public_id = make.purchase(someone, Stage.PAID, last4="0001")
    assert "saldo insuficiente" in visitor.get(at(public_id, "pago")).text
    make.method(someone, public_id, "5555")
    page = visitor.get(at(public_id, "pago"))
    assert page.heading == "Su solicitud de pago"
    assert "no aprobó" not in page.text
