"""The counter of an agency, from a slip to its policy: wrong amount, twice, another agency, late, after a change; and
an hour of it without a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from portal.domain import clock
from portal.extensions import db
from portal.models import CashReceipt, Payment, Purchase, Refund
from portal.services.payments import bank, receipts
from portal.services.payments.refunds import CASH_REFUND
from portal.services.sale import account_validation
from tests.factories import Someone
from tests.guards.endpoints import send_page
from tests.journeys.conftest import DESKTOP, PHONE, Visitors, by_size
from tests.journeys.stack import Portal, text_of
from tests.pages.account import Access
from tests.pages.inspection import is_sound
from tests.pages.visitor import Visitor

AMOUNT, WRONG = "72.92", "70"
REFUSED = "no-existe+caja@correo.pe"

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
    visitor.main.get_by_role("textbox", name="Número").fill(typed)
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


#: A console error is a fault of the visitor: nothing of that hour may be done by a pointer.
_NO_MOUSE = """for (const kind of ["pointerdown", "mousedown"])
    addEventListener(kind, () => console.error("a mouse was used"), true)"""
_MOST_TABS = 60


@dataclass
class Keys:
    """Somebody at a keyboard; `pressed` counts Tab, Enter and the like, and single keys of the desk, `written` letters
    that go into fields."""

    visitor: Visitor
    pressed: int = 0
    written: int = 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.visitor.page.keyboard.press(key)
            self.pressed += 1

    def write(self, words: str) -> None:
        """Into the field that has the focus."""
        self.visitor.page.keyboard.type(words)
        self.written += len(words)

    def enter(self, words: str) -> None:
        """Written, and sent by Enter: the page that it leads to is there."""
        self.write(words)
        self.go()

    def go(self) -> None:
        self.press("Enter")
        self.visitor.is_settled()

    def to(self, wanted: Locator) -> None:
        """Tab by Tab, past the menu of a new page by "Ir al contenido"."""
        page = self.visitor.page
        if page.evaluate("document.activeElement === document.body"):
            self.press("Tab", "Enter")
        for _ in range(_MOST_TABS):
            if wanted.evaluate("wanted => wanted === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"no Tab leads to {wanted}")

    def field(self, name: str, words: str) -> None:
        self.to(self.visitor.main.locator(f"[name={name}]:visible").first)
        self.write(words)

    def follow(self, name: str) -> None:
        """A link or button of the page, by words that it holds."""
        link = self.visitor.main.locator("a, button").filter(has_text=re.compile(re.escape(name)))
        self.to(link.locator("visible=true").first)
        self.go()

    def seek(self, typed: str) -> None:
        """By the search over every page of the desk; "/" is a letter while one writes."""
        self.visitor.page.evaluate("document.activeElement.blur()")
        self.press("/")
        self.enter(typed)


@dataclass(frozen=True)
class Hour:
    """What ten customers come for: the codes of their slips, and the numbers of what was done before."""

    codes: dict[str, str]
    policy: str
    wrong: str
    refund: str
    lost: Someone
    changed: Someone
    printed: Someone


def before_it_opens(portal: Portal, colleague: Someone) -> Hour:
    """Five slips, one of which a colleague took already and one that its customer left for a card; a policy whose mail
    came back, one whose signed copy was sent, one to print, and a receipt by mistake."""
    customers = {
        name: portal.make.customer() for name in ("plain", "noted", "elsewhere", "twice", "changed", "mistaken")
    }
    slips, codes = {}, {}
    for name, someone in customers.items():
        slips[name] = portal.pays_in_cash(someone, "LIM-1" if name == "elsewhere" else "CUS-1")
        codes[name] = slip_of(portal, slips[name])[1]
    lost, printed, changed = portal.make.customer(), portal.make.customer(), customers["changed"]
    (policy,) = portal.policies(portal.bought(printed))
    portal.bought_but_lost(lost, REFUSED)
    send_page(portal.app, printed, policy)
    taken = [slip_of(portal, slips[name])[0] for name in ("twice", "mistaken")]
    with portal.app.app_context():
        _, wrong = (receipts.receive(number, Decimal(AMOUNT), colleague.actor) for number in taken)
        card = account_validation.Card(bank.banks()[0].code, "4821", 12, clock.today().year + 2)
        account_validation.validate(slips["changed"], card, changed.actor)
        back = receipts.receive_to_return(slip_of(portal, slips["changed"])[0], Decimal(AMOUNT), colleague.actor)
        owed = select(Refund.number).join(CashReceipt, CashReceipt.id == Refund.receipt_id)
        refund = db.session.scalars(owed.where(CashReceipt.number == back)).one()
    return Hour(codes, policy, wrong, refund, lost, changed, printed)


def test_an_hour_at_the_counter_without_a_mouse(portal: Portal, desk: Desk) -> None:
    """Ten customers, one after the other; a receipt takes a code, an amount and Enter after each."""
    carla, luis = portal.make.collaborator(), portal.make.collaborator()
    hour = before_it_opens(portal, luis)
    visitor = desk(carla)
    visitor.page.add_init_script(_NO_MOUSE)
    visitor.go("/gestion/caja")
    keys, main = Keys(visitor), visitor.main
    is_sound(visitor)

    def receives(name: str) -> None:
        expect(main.get_by_role("textbox", name="Número")).to_be_focused()
        keys.enter(hour.codes[name])
        expect(main.locator("[name=monto]")).to_be_focused()

    # 1. Cash for a slip: nothing but its code, the amount, and Enter after each.
    receives("plain")
    keys.enter(AMOUNT)
    expect(visitor.notices).to_contain_text("La póliza quedó emitida")
    assert keys.pressed == 2

    # 2. A note of 100 is no amount: its change is said, on the page and in the answer.
    receives("noted")
    expect(main).to_contain_text(re.compile(r"Recibe S/\s100\.00\s*S/\s27\.08"))
    keys.enter("100")
    expect(visitor.mistakes).to_contain_text(re.compile(r"dé S/\s27\.08 de vuelto"))
    keys.press("Tab", "Enter", "Control+a")
    keys.enter(AMOUNT)
    expect(visitor.notices).to_contain_text("La póliza quedó emitida")
    assert keys.pressed == 8

    # 3. A slip of another agency.
    receives("elsewhere")
    expect(main).to_contain_text("El cliente había elegido")
    keys.enter(AMOUNT)
    expect(main).to_contain_text("Agencia elegida")

    # 4. A slip that a colleague took before: no field for its money.
    expect(main.get_by_role("textbox", name="Número")).to_be_focused()
    keys.enter(hour.codes["twice"])
    expect(main).to_contain_text("No reciba el dinero: ya se cobró")
    expect(main.locator("[name=monto]")).to_have_count(0)

    # 5. Money that goes back, against the code that its owner says.
    keys.follow("Caja")
    keys.follow("por entregar")
    keys.follow(f"Ver {hour.refund}")
    keys.follow("Enviar el código")
    keys.field("codigo", portal.letters.code(hour.changed.email, "es su código para recoger"))
    keys.to(visitor.page.locator("[name=reviso]"))
    keys.press("Space")
    keys.go()
    expect(main).to_contain_text("Falta que otra persona confirme")
    with portal.app.app_context():
        CASH_REFUND.confirm(hour.refund, luis.actor, handed_over=True)

    # 6. A mail that came back: its customer, another address with the document in hand, and the same mail again.
    keys.seek(hour.lost.identity.number)
    keys.follow("Póliza enviada")
    expect(main).to_contain_text("No llegó")
    is_sound(visitor)
    keys.follow("Corregir correo")
    keys.to(visitor.page.locator("[name=documento]"))
    keys.press("Space")
    keys.field("nacimiento", "17051990")
    right = f"bien{hour.lost.account_id}@example.com"
    keys.field("correo", right)
    keys.field("otro_usuario", luis.username)
    keys.field("otro_codigo", portal.make.app_code(luis))
    keys.go()
    expect(visitor.notices).to_contain_text(right)
    keys.follow("Póliza enviada")
    keys.follow("Enviar otra vez")
    expect(visitor.notices).to_contain_text(f"El correo sale otra vez, a {right}")
    portal.letters.wait(right, "Su póliza")

    # 7. A policy is printed, as its holder has it.
    keys.seek(hour.policy)
    keys.follow(hour.policy)
    link = main.get_by_role("link", name="Imprimir la póliza (PDF)")
    keys.to(link)
    paper = visitor.download(lambda: keys.press("Enter"))
    assert paper.path().read_bytes().startswith(b"%PDF")
    is_sound(visitor)

    # 8. Its signed copy is reviewed.
    visitor.go("/gestion/evidencias")
    keys.press("j")
    keys.to(main.get_by_role("button", name=re.compile("Abrir póliza firmada")).last)
    keys.go()
    expect(main.get_by_role("button", name=re.compile("Aceptar y pasar"))).to_be_visible()
    keys.press("a")
    expect(visitor.notices).to_contain_text("Aceptada")

    # 9. A death is told of at the counter.
    visitor.go("/gestion/avisos/nuevo")
    keys.to(main.get_by_label("Una persona falleció"))
    keys.press("Space")
    told = {
        "numero_documento": hour.printed.identity.number,
        "nombres": "Nilda",
        "apellidos": "Quispe",
        "parentesco": "hija",
    }
    for name, words in {**told, "su_numero": "71999888", "celular": "984330127"}.items():
        keys.field(name, words)
    keys.go()
    expect(visitor.notices).to_contain_text("AV-")

    # 10. What a colleague recorded by mistake is reversed by another.
    visitor.go(f"/gestion/caja/recibos/{hour.wrong}")
    keys.to(main.get_by_label("Se registró en la solicitud de otra persona"))
    keys.press("Space")
    keys.field("detalle", "Dos solicitudes parecidas")
    keys.go()
    expect(main).to_contain_text("Este recibo está anulado")
    keys.follow("Caja")
    expect(main).to_contain_text("Recibido hoy")
    assert keys.pressed < 200, f"{keys.pressed} keys for ten customers, beside {keys.written} letters"
