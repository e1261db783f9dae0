"""The desk's search and the customer's page in both worlds: what they say, what they refuse, what no address holds."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.extensions import db
from portal.models import Account, AuditEntry, Policy
from portal.models.transaction import writing
from portal.services.messaging import mails, outgoing
from portal.services.messaging.mails.account import PasswordChanged
from tests.client import PageClient
from tests.factories import HOSPITAL, Stage


@pytest.fixture
def rosa(make):
    return make.customer(names="Rosa Ángela", paternal_surname="Ñahui", maternal_surname="Pérez")


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desk(app, make, request):
    return PageClient(app, htmx=request.param).sign_in(make.collaborator())


def search(desk, typed):
    return desk.submit(desk.get("/gestion/buscar"), {"dato": typed}, button="Buscar")


def test_a_customer_is_found_from_the_desk_and_read_on_one_page(app, make, rosa, desk, drain):
    policy = make.policy(rosa)
    slip = make.slip(rosa, quote=make.quote(rosa, HOSPITAL, insured=make.insured()), product=HOSPITAL)
    drain()
    page = search(desk, rosa.identity.number)
    assert page.path == f"/gestion/clientes/{rosa.account_id}"
    assert page.heading == "Rosa Ángela Ñahui Pérez"
    for words in (rosa.identity.number, rosa.email, "San Isidro, Lima, Lima", "Cuenta abierta", policy, "Por empezar"):
        assert words in page.text
    assert "tarjeta terminada en 4821" in page.text
    assert "Por pagar en agencia" in page.text
    assert "Póliza enviada" in page.text
    assert "Enviado" in page.text
    assert desk.follow(page, slip.number).path == f"/gestion/caja/{slip.number}"


def test_what_a_mail_said_and_what_guards_the_account_stay_out(make, rosa, desk):
    public_id = make.purchase(rosa, Stage.METHOD)
    code = make.code(public_id)
    page = search(desk, rosa.identity.number)
    assert "Código para comprar" in page.text
    for secret in (code, "Contraseña", "Segundo paso", "Bloqueada"):
        assert secret not in page.html


def test_what_was_typed_never_stands_in_an_address_nor_in_a_line_of_the_log(make, rosa, desk, capfd):
    make.customer(names="Rosalía", paternal_surname="Ñahui")
    for typed in (rosa.identity.number, "nahui rosa", "Ñahui"):
        page = search(desk, typed)
        for address in (page.path, *page.passed):
            assert typed not in address
            assert "ahui" not in address.casefold()
    written = "".join(capfd.readouterr()).casefold()
    assert "gestion/buscar" in written
    assert rosa.identity.number not in written
    assert "ahui" not in written


def test_several_are_listed_and_one_is_chosen(make, rosa, desk):
    other = make.customer(names="Rosalía", paternal_surname="Ñahui")
    page = search(desk, "ñahui ros")
    assert page.path == "/gestion/buscar/resultados"
    assert page.heading == "Clientes encontrados"
    assert f"DNI •••••{other.identity.number[-3:]}" in page.text
    assert other.identity.number not in page.html
    assert rosa.email not in page.html
    page = desk.submit(page, action=f"/gestion/clientes/{rosa.account_id}")
    assert page.path == f"/gestion/clientes/{rosa.account_id}"
    assert desk.get(f"/gestion/clientes/{other.account_id}").status == 404


def test_a_long_list_is_read_a_page_at_a_time(make, desk):
    for _ in range(23):
        make.customer(names="Rosa", paternal_surname="Ñahui")
    page = search(desk, "ñahui")
    assert len(page.document.xpath("//tbody/tr")) == 20
    older = desk.follow(page, "Ver anteriores")
    assert len(older.document.xpath("//tbody/tr")) == 3
    assert "ahui" not in older.path


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Escriba un documento, un número o un nombre"),
        ("x", "al menos dos letras"),
        ("12345", "No parece un documento"),
        ("99999999", "No encontramos a ningún cliente"),
        ("nadie jamas", "No encontramos a ningún cliente"),
    ],
)
def test_a_search_that_finds_nobody_says_why_at_the_field(rosa, desk, typed, words):
    page = search(desk, typed)
    assert (page.status, page.path) == (422, "/gestion/buscar")
    assert words in page.errors["dato"]
    assert page.values("dato")["dato"] == typed


def test_the_bar_of_every_page_leads_straight_to_a_customer_a_policy_s_a_claim_or_a_notice(app, make, rosa):
    policy, claim, notice = make.policy(rosa), make.claim(rosa), make.notice()
    desk = PageClient(app).sign_in(make.collaborator())
    for typed, path in (
        (rosa.identity.number, f"/gestion/clientes/{rosa.account_id}"),
        (f"póliza {policy}", f"/gestion/clientes/{rosa.account_id}"),
        (claim, f"/gestion/siniestros/{claim}"),
        (claim.replace("-", " ").lower(), f"/gestion/siniestros/{claim}"),
        (f"Aviso {notice}", f"/gestion/avisos/{notice}"),
    ):
        for at in ("/gestion", "/gestion/siniestros", "/perfil", f"/gestion/siniestros/{claim}"):
            assert desk.submit(desk.get(at), {"dato": typed}, action="/gestion/buscar").path == path, (typed, at)


@pytest.mark.parametrize(("number", "what"), [("SIN-2026-999999", "siniestro"), ("AV-2026-999999", "aviso")])
def test_a_number_that_nothing_has_is_told_at_the_field(desk, number, what):
    page = search(desk, number)
    assert (page.status, page.path) == (422, "/gestion/buscar")
    assert f"No hay ningún {what} con ese número" in page.text


def test_a_customer_who_was_not_searched_for_is_not_found(rosa, desk):
    for path in ("", "/polizas", "/cotizaciones", "/pagos", "/correos"):
        page = desk.get(f"/gestion/clientes/{rosa.account_id}{path}")
        assert page.status == 404
        assert "Busque al cliente" in page.text


def test_a_choice_without_its_search_leads_back_to_it(rosa, desk):
    desk.get("/gestion/buscar")
    page = desk.post(f"/gestion/clientes/{rosa.account_id}")
    assert page.path == "/gestion/buscar"
    assert "Busque al cliente otra vez" in page.text
    assert desk.get("/gestion/buscar/resultados").path == "/gestion/buscar"


def test_ones_own_account_is_left_to_others(app, make, rosa):
    me = PageClient(app).sign_in(make.collaborator(document_number=rosa.identity.number))
    page = search(me, rosa.identity.number)
    assert page.path == "/gestion/buscar"
    assert "debe atenderlo otra persona" in page.text
    assert me.get(f"/gestion/clientes/{rosa.account_id}").status == 404


def test_each_list_goes_on_beyond_the_newest(make, rosa, desk):
    for _ in range(22):
        make.quote(rosa)
    page = search(desk, rosa.identity.number)
    assert len(page.document.xpath("//section[@aria-labelledby='cotizaciones']//tbody/tr")) == 5
    page = desk.follow(page, "Ver todo: cotizaciones y compras")
    assert page.heading == "Cotizaciones y compras"
    assert len(page.document.xpath("//tbody/tr")) == 20
    assert len(desk.follow(page, "Ver anteriores").document.xpath("//tbody/tr")) == 2
    for name, words in (("polizas", "No tiene pólizas"), ("pagos", "No tiene pagos"), ("correos", "ningún correo")):
        assert words in desk.get(f"/gestion/clientes/{rosa.account_id}/{name}").text
    assert desk.get(f"/gestion/clientes/{rosa.account_id}/claves").status == 404


def test_who_has_no_agency_sees_no_way_to_the_counter(app, make, rosa):
    slip = make.slip(rosa)
    client = PageClient(app).sign_in(make.collaborator(agency=None))
    page = search(client, slip.code)
    assert slip.number in page.text
    assert slip.number not in page.links


def test_a_number_that_no_key_reaches_is_nobody(desk):
    for address in ("", "/correo", "/polizas"):
        # 405 where the address has another method too: the router looks at that first.
        assert desk.get(f"/gestion/clientes/{10**20}{address}").status in (404, 405)


def test_a_policy_leads_to_its_page_and_is_printed_as_its_holder_has_it(app, client, make, rosa, desk, drain):
    number = make.policy(rosa)
    drain()
    page = search(desk, rosa.identity.number)
    assert "Nació el 17/05/1990, " in page.text
    policy = desk.follow(page, number)
    assert (policy.heading, policy.status) == (f"Póliza {number}", 200)
    printed = desk.raw.get(policy.links["Imprimir la póliza (PDF)"])
    assert printed.data == client.sign_in(rosa).get(f"/polizas/{number}/pdf").data
    with app.app_context():
        looks = select(AuditEntry.subject).where(AuditEntry.action == "file.open")
        assert db.session.scalars(looks).all() == [number]
        assert db.session.scalars(select(Policy)).one().downloaded_at is not None  # by the holder, above


def test_nobody_prints_a_policy_whose_customer_they_did_not_look_up(app, make, rosa):
    number = make.policy(rosa)
    other = PageClient(app).sign_in(make.collaborator())
    assert other.raw.get(f"/gestion/clientes/{rosa.account_id}/polizas/{number}/pdf").status_code == 404


def test_a_mail_is_read_without_its_code_and_one_of_the_account_only_that_there_was_one(app, make, rosa, desk, drain):
    public_id = make.purchase(rosa, Stage.METHOD)
    code = make.code(public_id)
    with app.app_context(), writing() as session:
        account = session.get(Account, rosa.account_id)
        outgoing.queue(PasswordChanged(changed_at=clock.now()), to=rosa.email, account=account)
    drain()
    page = search(desk, rosa.identity.number)
    mail = desk.follow(page, "Código para comprar")
    assert "Muerte Accidental" in mail.text
    assert "Su código no se muestra" in mail.text
    assert code not in mail.html
    private = desk.follow(page, mails.words_of("password_changed"))
    assert "lo lee solo el cliente" in private.text
    assert "cambió la contraseña de su cuenta" not in private.text.partition("Lo que dice")[2]
    of_another = mail.path.replace(f"/{rosa.account_id}/", f"/{make.customer().account_id}/", 1)
    assert desk.raw.get(of_another).status_code == 404
