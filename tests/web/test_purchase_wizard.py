"""The wizard as a person without JavaScript walks it, and as htmx does."""

from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import Payment, Policy, Purchase
from portal.services import catalogue
from tests.client import Page, PageClient
from tests.factories import CANCER, FUNERAL, HOSPITAL, Factories, Someone, Stage, beneficiary

ROSA = {
    "parentesco": "hijo",
    "nombres": "Rosa",
    "apellidos": "Condori Flores",
    "numero_documento": "71452236",
    "fecha_nacimiento": "14/03/1988",
    "porcentaje": "60",
}
PEDRO = ROSA | {"nombres": "Pedro", "numero_documento": "71452237", "porcentaje": "40"}


@pytest.fixture
def someone(make: Factories) -> Someone:
    return make.customer()


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visitor(request: pytest.FixtureRequest, app: Flask, someone: Someone) -> PageClient:
    return PageClient(app, htmx=request.param).sign_in(someone)


def at(public_id: str, slug: str = "") -> str:
    return f"/compras/{public_id}/{slug}".rstrip("/")


def go_on(visitor: PageClient, public_id: str) -> Page:
    return visitor.get(at(public_id))


def test_the_whole_way_leads_to_the_summary(
    visitor: PageClient, make: Factories, someone: Someone, drain: object
) -> None:
    public_id = make.purchase(someone)
    page = go_on(visitor, public_id)
    page = visitor.submit(page, ROSA, button="Agregar otra persona")
    page = visitor.submit(page, PEDRO, button="Siguiente")
    assert page.heading == "¿Cómo quiere pagar?"
    assert all(words in page.text for words in ("Resumen de la compra", "Rosa Condori Flores", "60.00 %", "40.00 %"))
    page = visitor.submit(
        page, {"banco": "BAP", "digitos": "4821", "mes": "8", "anio": str(portal_clock.today().year + 1)}
    )
    assert page.heading == "Verifique que es usted"
    page = visitor.submit(page, {"codigo": make.code(public_id)}, button="Verificar")
    page = visitor.submit(page, {"acepta": True})
    assert "SP-" in page.text
    page = visitor.submit(page, {}, action=at(public_id, "pago"))
    assert page.heading == "Estamos procesando su pago"
    drain()  # type: ignore[operator]
    page = visitor.get(at(public_id, "pago"))
    assert page.path == at(public_id, "resumen")
    assert page.heading == "Listo, Juana. Su seguro está comprado."
    assert {"Ver condiciones generales", "Descargar PDF"} <= set(page.links)


def test_a_person_is_not_added_twice_when_shares_do_not_add_up(
    visitor: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone)
    page = visitor.submit(go_on(visitor, public_id), ROSA, button="Siguiente")
    assert "Faltan 40.00 %" in page.text
    page = visitor.submit(page, {}, button="Siguiente", action=at(public_id, "beneficiarios"))
    assert page.status == 422
    assert len(page.document.xpath("//section[contains(@class, 'person')]")) == 1


def test_equal_shares_of_three_total_a_hundred(visitor: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone)
    page = go_on(visitor, public_id)
    for number in range(3):
        typed = ROSA | {"numero_documento": f"7145223{number}", "porcentaje": "10"}
        page = visitor.submit(page, typed, button="Agregar otra persona")
    page = visitor.submit(page, {}, button="Repartir en partes iguales", action=at(public_id, "beneficiarios"))
    assert [share in page.text for share in ("33.34 %", "33.33 %", "100.00 %")] == [True] * 3
    page = visitor.submit(page, {}, button="Siguiente", action=at(public_id, "beneficiarios"))
    assert page.path == at(public_id, "forma-de-pago")


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"numero_documento": "7145223"}, "numero_documento", "El DNI tiene 8 dígitos. Usted escribió 7."),
        ({"porcentaje": "0"}, "porcentaje", "Escriba un porcentaje entre 0.01 y 100, con dos decimales."),
        ({"porcentaje": "NaN"}, "porcentaje", "Escriba un porcentaje como 33.34."),
        ({"porcentaje": "33.333"}, "porcentaje", "Escriba un porcentaje entre 0.01 y 100, con dos decimales."),
        *(
            ({"porcentaje": typed}, "porcentaje", "Escriba un porcentaje como 33.34.")
            for typed in ("1_0", "１０", "1e2", "+10", "-5", "1 0", ".5", "sNaN", "1" * 5000)
        ),
        *(
            ({"fecha_nacimiento": typed}, "fecha_nacimiento", "Escriba la fecha como 27/08/1994.")
            for typed in ("1/1/99999999999", "99999999999999999999/1/1990", "1_0/1/1990", "１/1/1990", "1/1/0999")
        ),
        ({"fecha_nacimiento": "31/02/1990"}, "fecha_nacimiento", "Escriba la fecha como 27/08/1994."),
        ({"fecha_nacimiento": "14/03/2020"}, "representante", "Es menor de edad: escriba quién cobrará en su nombre."),
        ({"nombres": "<b>Rosa</b>"}, "nombres", "Use solo letras, espacios, guion o apóstrofo."),
        ({"apellidos": " "}, "apellidos", "Escriba los apellidos."),
        ({"parentesco": ""}, "parentesco", "Elija qué es de la persona asegurada."),
    ],
)
def test_a_bad_beneficiary_keeps_what_was_typed(
    client: PageClient, make: Factories, someone: Someone, typed: dict[str, str], field: str, words: str
) -> None:
    public_id = make.purchase(someone)
    page = client.sign_in(someone).submit(go_on(client, public_id), ROSA | typed, button="Guardar a esta persona")
    assert (page.status, page.errors[field]) == (422, words)
    kept = page.values("nombres", "porcentaje")
    assert {name: kept[name] for name in ROSA} == ROSA | typed


def test_a_share_may_have_a_comma_and_its_sign(client: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone)
    typed = ROSA | {"porcentaje": " 33,5 % "}
    page = client.sign_in(someone).submit(go_on(client, public_id), typed, button="Guardar a esta persona")
    assert page.status == 200
    assert "33.50 %" in page.text


@pytest.mark.parametrize("person", ["9" * 5000, "99999999999999999999", "-1", "x"])
def test_a_person_nobody_named_is_a_page_of_the_portal(
    client: PageClient, make: Factories, someone: Someone, person: str
) -> None:
    address = at(make.purchase(someone), "beneficiarios")
    assert client.sign_in(someone).get(address, persona=person).status in (200, 404)
    client.get(address)
    sent = ROSA | {"tipo_documento": "DNI", "guardar": "1", "persona": person}
    assert client.post(address, sent).status in (200, 404)


def test_the_tax_is_named_with_the_rate_that_the_product_is_sold_with(
    app: Flask, client: PageClient, make: Factories, someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    with app.app_context():
        version = db.session.scalars(select(Purchase)).one().quote.product_version_id
        sold = catalogue.offer(version)
    sixteen = replace(sold, product=replace(sold.product, limits=replace(sold.product.limits, igv_percent=Decimal(16))))
    monkeypatch.setitem(catalogue._parsed, version, sixteen)
    page = client.sign_in(someone).get(at(public_id, "pago"))
    assert page.text.count("IGV (16 %)") >= 3
    assert "18 %" not in page.text


def test_the_insured_is_no_beneficiary(client: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone)
    typed = ROSA | {"numero_documento": someone.identity.number}
    page = client.sign_in(someone).submit(go_on(client, public_id), typed, button="Guardar a esta persona")
    assert page.errors["numero_documento"] == "La persona asegurada no puede ser beneficiaria."


@pytest.mark.parametrize("product", [HOSPITAL, FUNERAL, CANCER])
def test_a_product_that_pays_nobody_named_in_advance_has_no_beneficiaries_step(
    client: PageClient, make: Factories, someone: Someone, product: str
) -> None:
    public_id = make.purchase(someone, product=product)
    page = go_on(client.sign_in(someone), public_id)
    assert page.path == at(public_id, "forma-de-pago")
    assert "Paso 1 de 4" in page.text
    assert client.get(at(public_id, "beneficiarios")).status == 404


@pytest.mark.parametrize(
    ("product", "payee", "days"),
    [(HOSPITAL, "La persona asegurada", "30"), (FUNERAL, "Quien pagó los gastos", "60")],
)
def test_before_paying_the_order_says_who_is_paid_and_the_waiting(
    client: PageClient, make: Factories, someone: Someone, product: str, payee: str, days: str
) -> None:
    page = go_on(client.sign_in(someone), make.purchase(someone, product=product))
    assert payee in page.text
    assert f"en los primeros {days} días" in page.text


@pytest.mark.parametrize("slug", ["forma-de-pago", "verificacion", "terminos", "pago", "resumen"])
def test_nobody_stands_beyond_the_first_open_step(
    client: PageClient, make: Factories, someone: Someone, slug: str
) -> None:
    public_id = make.purchase(someone)
    assert client.sign_in(someone).get(at(public_id, slug)).path == at(public_id, "beneficiarios")


def test_an_edited_answer_voids_code_and_terms_and_says_so(
    client: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    page = client.sign_in(someone).get(at(public_id, "beneficiarios"))
    page = client.submit(page, ROSA | {"porcentaje": "100"}, button="Siguiente")
    page = go_on(client, public_id)
    assert page.path == at(public_id, "verificacion")
    assert "Cambió un dato de su compra" in page.text
    assert client.get(at(public_id, "pago")).path == at(public_id, "verificacion")


def test_confirmations_last_thirty_minutes_and_the_page_says_why(
    client: PageClient, make: Factories, someone: Someone, clock: object
) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    client.sign_in(someone)
    clock(minutes=29)  # type: ignore[operator]
    assert client.get(at(public_id, "pago")).path == at(public_id, "pago")
    clock(minutes=31)  # type: ignore[operator]
    page = client.get(at(public_id, "pago"))
    assert page.path == at(public_id, "forma-de-pago")
    assert "dura 30 minutos" in page.text


def test_the_amount_shown_is_compared_and_never_used(
    app: Flask, client: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    client.sign_in(someone).get(at(public_id, "pago"))
    page = client.post(at(public_id, "pago"), {"monto": "1.00"})
    assert (page.status, "no es el que mostraba la página" in page.text) == (422, True)
    assert client.post(at(public_id, "pago"), {}).status == 422, "nothing shown is nothing agreed to"
    client.post(at(public_id, "pago"), {"monto": "72.92", "amount": "1.00", "premium_total": "1.00"})
    with app.app_context():
        assert str(db.session.scalars(select(Payment.amount)).one()) == "72.92"


def test_a_refusal_says_why_keeps_the_answers_and_another_card_gives_one_policy(
    app: Flask, visitor: PageClient, make: Factories, someone: Someone, drain: object
) -> None:
    public_id = make.purchase(someone, Stage.PAID, named=[beneficiary()], last4="0001")
    page = go_on(visitor, public_id)
    assert "Su banco no aprobó el pago: saldo insuficiente. No se descontó nada." in page.text
    page = visitor.follow(page, "Cambiar de tarjeta")
    page = visitor.submit(page, {"digitos": "4821"}, button="Siguiente", action=at(public_id, "forma-de-pago"))
    page = visitor.get(at(public_id, "pago"))
    visitor.submit(page, {}, button="Procesar Pago", action=at(public_id, "pago"))
    drain()  # type: ignore[operator]
    assert go_on(visitor, public_id).path == at(public_id, "resumen")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Policy)) == 1


def test_a_token_that_died_leads_back_to_the_method_with_nothing_charged(
    visitor: PageClient, make: Factories, someone: Someone, bank: object
) -> None:
    public_id = make.purchase(someone, Stage.PAID, last4="0012")
    page = go_on(visitor, public_id)
    assert page.path == at(public_id, "forma-de-pago")
    assert "No se cobró nada" in page.text
    assert bank.ledger.entries()["charges"] == []  # type: ignore[attr-defined]


def test_while_money_moves_no_answer_can_change(client: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone, Stage.PAID, last4="0022")  # charged, and the bank answered 500
    page = client.sign_in(someone).get(at(public_id, "beneficiarios"))
    assert page.path == at(public_id, "pago")
    assert page.heading == "Estamos confirmando su pago con su banco"
    assert "No pague otra vez" in page.text
    client.get("/perfil")  # any page with a token
    page = client.post(at(public_id, "beneficiarios"), {"sin": "1"})
    assert page.path == at(public_id, "pago")


def test_an_expired_quote_ends_the_purchase_and_offers_another(
    client: PageClient, make: Factories, someone: Someone, clock: object
) -> None:
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    clock(days=16, hours=12)  # type: ignore[operator]
    page = client.sign_in(someone).get(at(public_id))
    assert page.path.startswith("/cotizaciones/COT-")
    assert "venció" in page.text


def test_two_tabs_cannot_both_buy(app: Flask, make: Factories, someone: Someone, drain: object) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    tabs = [PageClient(app).sign_in(someone) for _ in range(2)]
    pages = [tab.get(at(public_id, "pago")) for tab in tabs]
    for tab, page in zip(tabs, pages, strict=True):
        assert tab.submit(page, {}, button="Procesar Pago", action=at(public_id, "pago")).status == 200
    drain()  # type: ignore[operator]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Payment)) == 1
        assert db.session.scalar(select(func.count()).select_from(Policy)) == 1


def test_somebody_elses_purchase_does_not_exist(app: Flask, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone, Stage.PAID)
    stranger = PageClient(app).sign_in(make.customer())
    for slug in ("", "beneficiarios", "forma-de-pago", "pago", "resumen"):
        assert stranger.get(at(public_id, slug)).status == 404
    assert stranger.post(at(public_id, "pago"), {"monto": "72.92"}).status == 404


def test_posting_states_and_people_changes_nothing(
    app: Flask, client: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    client.sign_in(someone).get(at(public_id, "forma-de-pago"))
    client.post(
        at(public_id, "forma-de-pago"), {"state": "pagada", "account_id": "1", "seller_id": "1", "quote_id": "1"}
    )
    with app.app_context():
        purchase = db.session.scalars(select(Purchase)).one()
        assert (purchase.state.value, purchase.seller_id, purchase.account_id) == ("en curso", None, someone.account_id)


def test_the_step_of_an_ended_session_is_where_signing_in_returns_to(client: PageClient) -> None:
    page = client.post("/compras/abc/forma-de-pago")
    assert page.passed[-1:] == ["/compras/abc/forma-de-pago"] or page.path.startswith("/ingresar")
    assert "next=/compras/abc/forma-de-pago" in page.path.replace("%2F", "/")


@pytest.mark.parametrize("path", ["/verificar/%00", "/compras/%00", "/productos/%00", "/ingresar?next=%00"])
def test_a_nul_in_an_address_is_a_page_of_the_portal(client: PageClient, path: str) -> None:
    assert client.get(path).status == 400


def test_the_start_page_tells_who_waits_for_the_bank_not_to_pay_again(
    client: PageClient, make: Factories, someone: Someone
) -> None:
    make.purchase(someone, Stage.PAID, last4="0022")  # charged, and the bank answered 500
    page = client.sign_in(someone).get("/inicio")
    assert "Estamos confirmando su pago" in page.text and "No pague otra vez" in page.text
    assert "Termine su compra" not in page.text


def test_a_mail_that_is_late_does_not_keep_the_page_asking(
    client: PageClient, make: Factories, someone: Someone, clock: object
) -> None:
    public_id = make.purchase(someone, Stage.PAID)  # issued; nobody renders or mails
    asking = "//*[@hx-trigger]"
    assert client.sign_in(someone).get(at(public_id, "pago")).document.xpath(asking)[0].get("hx-trigger") == "every 2s"
    clock(seconds=61)  # type: ignore[operator]
    page = client.get(at(public_id, "pago"))
    assert page.heading == "Su póliza está emitida"
    assert not page.document.xpath(asking)
