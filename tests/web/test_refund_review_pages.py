"""A refund that the bank left open is ended by two people."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.refund import RefundState
from portal.extensions import db
from portal.models import Message, Refund


@pytest.mark.parametrize(
    ("result", "state", "mail"),
    [("devolvio", RefundState.DONE, "refund_arrived"), ("no-devolvio", RefundState.REFUSED, "refund_refused")],
)
def test_a_refund_in_review_ends_by_the_word_of_two(app, clients, make, result, state, mail):
    number = make.refund_in_review(make.customer())
    desk, boss = clients().sign_in(make.collaborator()), clients().sign_in(make.supervisor())
    address = f"/gestion/pagos/devoluciones/{number}"
    assert address in desk.get("/gestion/pagos").html
    page = desk.get(address)
    assert desk.submit(page, {"referencia": "re_1", "explicacion": "Mesa"}).status == 422
    page = desk.submit(page, {"resultado": result, "referencia": "re_1", "explicacion": "Mesa de comercios"})
    assert "Falta que lo confirme" in page.text
    boss.submit(boss.get(address), action=f"{address}/decision", button="Confirmar")
    with app.app_context():
        assert db.session.scalars(select(Refund.state)).all() == [state]
        assert db.session.scalars(select(Message.kind).where(Message.kind == mail)).all() == [mail]


def test_nobody_ends_what_never_was_open(clients, make):
    number = make.refund_refused(make.customer())
    desk = clients().sign_in(make.collaborator())
    assert desk.get(f"/gestion/pagos/devoluciones/{number}").status == 404
