"""The counter of an agency, from a slip to its policy: wrong amount, twice, another agency, late, after a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.domain import clock
from portal.extensions import db
from portal.models import Payment, Purchase
from portal.services.payments import bank
from portal.services.sale import account_validation
from tests.factories import Someone
from tests.journeys.conftest import DESKTOP, PHONE, Visitors, by_size
from tests.journeys.stack import Portal, text_of
from tests.pages.account import Access
from tests.pages.inspection import is_sound
from tests.pages.visitor import Visitor

AMOUNT, WRONG = "72.92", "70"

Desk = Callable[..., Visitor]


@pytest.fixture
def desk(portal: Portal, visitors: Visitors) -> Desk:
    """Somebody of the staff at their screen: desk(member, size, has_script=False), at `url` of a later day."""

    def desk(
        member: Someone, size: tuple[int, int] = DESKTOP, *, url: str | None = None, has_script: bool = True
    ) -> Visitor:
        visitor = visitors(url or portal, size, has_script=has_script)
        access = Access(visitor)
        access.sign_in(member.username, member.password)
        access.pass_second_step(portal.make.app_code(member))
        visitor.go("/gestion/caja")
        visitor.sees("Caja")
        return visitor

    return desk


@contextmanager
def days_later(portal: Portal, days: int) -> Iterator[str]:
    """The portal some days from now, for its pages and for this process: the address."""
    offset = timedelta(days=days)
    with portal.later(offset) as url:
        clock.shift(offset)
        try:
            yield url
        finally:
            clock.shift(timedelta())


def slip_of(portal: Portal, public_id: str) -> tuple[str, str]:
    """Number and code of a purchase's newest slip."""
    with portal.app.app_context():
        asked = select(Payment).join(Purchase).where(Purchase.public_id == public_id, Payment.slip_code.is_not(None))
        slip = db.session.scalars(asked.order_by(Payment.id.desc())).first()
        assert slip is not None
        assert slip.slip_code is not None
        return slip.number, slip.slip_code


def search(visitor: Visitor, typed: str, kind: str = "Código de pago") -> None:
    visitor.go("/gestion/caja")
    visitor.choose(tipo=kind)
    visitor.write(dato=typed)
    visitor.press("Buscar")


@by_size
def test_from_the_slip_to_the_policy_and_its_cancellation(
    portal: Portal, desk: Desk, size: tuple[int, int], has_script: bool
) -> None:
    customer = portal.make.customer()
    public_id = portal.pays_in_cash(customer, "CUS-1")
    number, code = slip_of(portal, public_id)
    cashier = desk(portal.make.collaborator(), size, has_script=has_script)
    is_sound(cashier)
    search(cashier, "123 456 789")
    expect(cashier.mistakes).to_contain_text("Algún número del código no está bien")
    is_sound(cashier)
    search(cashier, f"{code[:3]} {code[3:6]} {code[6:]}")
    cashier.sees(f"Solicitud {number}")
    for fact in ("Juana Mamani Quispe", customer.identity.number, "Agencia Cusco Centro", AMOUNT):
        expect(cashier.main).to_contain_text(fact)
    is_sound(cashier)

    cashier.write(monto=WRONG)
    cashier.press("Registrar el cobro")
    expect(cashier.mistakes).to_contain_text("exactos y usted escribió")
    expect(cashier.page.locator("[name=monto]")).to_have_value(WRONG)
    assert portal.policies(public_id) == []
    is_sound(cashier)
    cashier.write(monto=AMOUNT)
    cashier.press("Registrar el cobro")
    expect(cashier.notices).to_contain_text("La póliza quedó emitida")
    (policy,) = portal.policies(public_id)
    expect(cashier.main).to_contain_text(policy)
    expect(cashier.main).to_contain_text("Lo registró usted")
    is_sound(cashier)
    receipt = cashier.path.rsplit("/", 1)[1]
    mailed = portal.letters.wait(customer.email, receipt)
    assert policy in text_of(mailed)
    assert portal.letters.wait(customer.email, f"Su póliza {policy}").attachments()
    printed = cashier.download(lambda: cashier.follow("Recibo para imprimir (PDF)"))
    assert printed.path().read_bytes() == mailed.attachments()[0].data

    search(cashier, customer.identity.number, "DNI")
    cashier.sees(f"Solicitud {number}")
    expect(cashier.main).to_contain_text("No reciba el dinero: ya se cobró")
    expect(cashier.main).to_contain_text(receipt)
    expect(cashier.page.locator("[name=monto]")).to_have_count(0)
    is_sound(cashier)

    other = desk(portal.make.collaborator(), size, has_script=has_script)
    other.follow(f"Ver {receipt}")
    other.press("Anular el recibo")
    expect(other.mistakes).to_contain_text("Elija qué pasó.")
    is_sound(other)
    other.main.get_by_label("Se registró en la solicitud de otra persona").check()
    other.write(detalle="Dos solicitudes parecidas")
    other.press("Anular el recibo")
    expect(other.main).to_contain_text("Este recibo está anulado")
    is_sound(other)
    cancelled = portal.letters.wait(customer.email, f"Anulamos su póliza {policy}")
    assert "Si usted entregó dinero, se lo devolvemos hoy." in text_of(cancelled)
    assert [one.name for one in cancelled.attachments()] == [f"{policy}-endoso-1.pdf"]


def test_two_cashiers_with_the_same_slip_open(portal: Portal, desk: Desk) -> None:
    customer = portal.make.customer()
    public_id = portal.pays_in_cash(customer, "CUS-1")
    _, code = slip_of(portal, public_id)
    first, second = desk(portal.make.collaborator()), desk(portal.make.collaborator(agency="LIM-1"))
    for cashier in (first, second):
        search(cashier, code)
        cashier.write(monto=AMOUNT)
    expect(second.main).to_contain_text("El cliente había elegido Agencia Cusco Centro")
    second.press("Registrar el cobro")
    expect(second.notices).to_contain_text("La póliza quedó emitida")
    second.is_settled()
    receipt = second.path.rsplit("/", 1)[1]
    first.press("Registrar el cobro")
    expect(first.notices).to_contain_text(f"Esta solicitud ya se cobró: recibo {receipt}")
    expect(first.main).to_contain_text("No reciba el dinero: ya se cobró")
    assert len(portal.policies(public_id)) == 1


def test_money_after_a_change_of_method_and_after_the_deadline_is_given_back(portal: Portal, desk: Desk) -> None:
    changed, late = portal.make.customer(), portal.make.customer()
    cancelled = portal.pays_in_cash(changed, "CUS-1")
    with portal.app.app_context():
        card = account_validation.Card(bank.banks()[0].code, "4821", 12, clock.today().year + 2)
        account_validation.validate(cancelled, card, changed.actor)
    cashier = desk(portal.make.collaborator())
    search(cashier, slip_of(portal, cancelled)[1])
    expect(cashier.main).to_contain_text("No cobre esta solicitud")
    expect(cashier.main).to_contain_text("se había cancelado al cambiar la compra")
    is_sound(cashier)
    cashier.write(monto=AMOUNT)
    cashier.press("Ya recibí el dinero")
    expect(cashier.mistakes).to_contain_text("Si está ahí, devuélvale su dinero ahora.")
    is_sound(cashier)
    cashier.page.locator("[name=se_fue]").check()
    cashier.press("Ya recibí el dinero")
    expect(cashier.notices).to_contain_text("se abrió su devolución")
    is_sound(cashier)
    assert "72.92" in text_of(portal.letters.wait(changed.email, "por recoger en Agencia Cusco Centro"))
    assert portal.policies(cancelled) == []

    expired = portal.pays_in_cash(late, "CUS-1")
    one, other = portal.make.collaborator(), portal.make.collaborator()
    with days_later(portal, 4) as url:
        cashier = desk(one, PHONE, url=url)
        search(cashier, slip_of(portal, expired)[1])
        expect(cashier.main).to_contain_text("la solicitud ya había vencido")
        cashier.write(monto=AMOUNT)
        cashier.page.locator("[name=se_fue]").check()
        cashier.press("Ya recibí el dinero")
        expect(cashier.notices).to_contain_text("se abrió su devolución")
        cashier.go("/gestion/caja")
        cashier.follow("devoluciones por entregar", exact=False)
        is_sound(cashier)
        cashier.main.get_by_role("link", name="Ver DV-").first.click()
        cashier.press("Enviar el código")
        expect(cashier.main).to_contain_text("Pídale el código y su documento")
        is_sound(cashier)
        cashier.write(codigo=portal.letters.code(changed.email, "es su código para recoger"))
        cashier.press("Entregué el dinero")
        expect(cashier.mistakes).to_contain_text("Marque que revisó su documento.")
        cashier.page.locator("[name=reviso]").check()
        cashier.press("Entregué el dinero")
        expect(cashier.main).to_contain_text("Falta que otra persona confirme")
        is_sound(cashier)
        refund = cashier.path
        second = desk(other, PHONE, url=url)
        second.go(refund)
        second.main.get_by_label("Sí, se entregó").check()
        is_sound(second)
        second.press("Guardar")
        expect(second.main).to_contain_text("Se entregó y se confirmó")
        is_sound(second)
    assert refund.rsplit("/", 1)[1] in text_of(portal.letters.wait(changed.email, "Le devolvimos"))
    assert portal.policies(expired) == []
