"""How far a purchase is, as its pages show it: what is done stays done, and nothing is shown for nothing."""

from __future__ import annotations

from portal.domain import clock as portal_clock
from tests.factories import Stage, beneficiary
from tests.web.wizard import at


def bar(page):
    """How each step is marked."""
    return [step.get("class") for step in page.document.xpath("//nav[@class='steps']//li")]


def test_while_the_policy_is_issued_every_step_before_stays_done(visitor, make, someone):
    public_id = make.purchase(someone, Stage.PAID)
    page = visitor.get(at(public_id, "pago"))
    assert page.heading == "Estamos emitiendo su póliza"
    assert bar(page) == ["is-done"] * 4 + ["is-now"]
    assert not page.document.xpath("//nav[@class='steps']//a"), "nothing of it can be edited any more"


def test_nor_does_time_undo_a_step_while_the_bank_is_asked(visitor, make, someone, clock):
    public_id = make.purchase(someone, Stage.PAID, last4="0022")  # charged, and the bank answered 500
    clock(minutes=31)
    page = visitor.sign_in(someone).get(at(public_id, "pago"))
    assert page.heading == "Estamos confirmando su pago con su banco"
    assert bar(page) == ["is-done"] * 4 + ["is-now"]


def test_a_step_that_is_not_answered_is_not_done(visitor, make, someone):
    page = visitor.get(at(make.purchase(someone, Stage.METHOD), "verificacion"))
    assert bar(page) == ["is-done", "is-done", "is-now", None, None]


def test_a_code_that_expired_leaves_no_field_without_its_button(visitor, make, someone, clock):
    public_id = make.purchase(someone, Stage.METHOD)
    page = visitor.get(at(public_id, "verificacion"))
    code = make.code(public_id)
    clock(minutes=11)
    page = visitor.submit(page, {"codigo": code}, button="Verificar")
    assert "El código venció" in page.errors[""]
    assert not page.document.xpath("//input[@name='codigo']")
    page = visitor.submit(page, {}, button="Enviar código")
    visitor.submit(page, {"codigo": make.code(public_id)}, button="Verificar")
    assert visitor.get(at(public_id)).path == at(public_id, "terminos")


def test_nor_does_one_whose_tries_are_spent(visitor, make, someone):
    public_id = make.purchase(someone, Stage.METHOD)
    page = visitor.get(at(public_id, "verificacion"))
    wrong = f"{(int(make.code(public_id)) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert page.document.xpath("//input[@name='codigo']")
        page = visitor.submit(page, {"codigo": wrong}, button="Verificar")
    assert "se acabaron los intentos" in page.errors[""]
    assert not page.document.xpath("//input[@name='codigo']")


def test_another_card_after_a_refusal_leads_straight_to_the_payment(visitor, make, someone):
    public_id = make.purchase(someone, Stage.PAID, last4="0001")
    page = visitor.get(at(public_id, "forma-de-pago"))
    other = {"banco": "BAP", "digitos": "5555", "vence": f"8/{portal_clock.today().year + 1}"}
    page = visitor.submit(page, other, button="Siguiente")
    assert page.path == at(public_id, "pago")


def test_another_card_before_paying_leads_to_the_terms(visitor, make, someone):
    public_id = make.purchase(someone, Stage.TERMS)
    page = visitor.submit(visitor.get(at(public_id, "forma-de-pago")), {"digitos": "5555"}, button="Siguiente")
    assert page.path == at(public_id, "terminos")


def test_an_answer_that_voids_the_code_still_asks_for_another(visitor, make, someone):
    public_id = make.purchase(someone, Stage.TERMS, named=[beneficiary()])
    page = visitor.get(at(public_id, "beneficiarios"))
    visitor.submit(page, {}, button="Quitar a Rosa Quispe Mamani")
    page = visitor.submit(visitor.get(at(public_id, "beneficiarios")), {}, button="Que cobren los herederos legales")
    page = visitor.submit(page, {}, button="Siguiente", action=at(public_id, "forma-de-pago"))
    assert page.path == at(public_id, "verificacion")
