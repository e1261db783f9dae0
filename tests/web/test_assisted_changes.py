""" "Desvincular" with the customer at the desk, without a script and with htmx."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import AuditEntry, Consent, Message, Policy, PolicyChange, Purchase
from portal.services.desk import search
from portal.services.messaging import outgoing
from portal.services.payments import receipts
from tests.client import PageClient
from tests.factories import ACCIDENT, AGENCY, Stage, beneficiary
from tests.web.wizard import ROSA


@pytest.fixture
def clerk(make):
    return make.collaborator()


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desk(request, app, clerk, someone) -> PageClient:
    """The browser of a clerk who has looked the customer up."""
    with app.app_context():
        search.find(someone.identity.number, clerk.actor)
    return PageClient(app, htmx=request.param).sign_in(clerk)


def test_from_the_customer_to_the_end_of_a_policy(app, client, desk, make, someone):
    number = make.policy(someone)
    page = desk.follow(desk.get(f"/gestion/clientes/{someone.account_id}"), number)
    page = desk.get(f"{page.path}/desvincular")
    assert "Lo de abajo le habla al cliente: léaselo" in page.text
    assert "Le devolvemos" in page.text
    page = desk.submit(page, {}, action=page.path, button="Enviar código al cliente")
    assert page.heading == "Pida el código al cliente"
    digits = make.newest_code("end_code")
    assert digits not in page.text
    own = client.sign_in(someone).get(f"/polizas/{number}/desvincular/codigo")
    assert "Lo pidió por usted el personal de MASSIV" in own.text
    assert "dígalo solo a quien lo atiende" in own.text
    assert "No lo comparta con nadie" not in own.text, "its mail asks to say it"
    page = desk.submit(page, {"codigo": "000000" if digits != "000000" else "111111"}, button="Desvincular")
    assert (page.status, "codigo" in page.errors) == (422, True)
    page = desk.submit(page, {"codigo": digits}, button="Desvincular")
    assert page.path == f"/gestion/clientes/{someone.account_id}/polizas/{number}"
    assert f"La póliza {number} quedó desvinculada" in page.text
    page = desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{number}/desvincular")
    assert "No se puede desvincular" in page.text
    history = client.get(f"/polizas/{number}").text
    assert "Código para desvincular la póliza enviado a su correo" in history
    assert "Personal de MASSIV" in history


def test_the_customer_dictates_who_is_paid_and_confirms_by_their_code(app, client, desk, make, someone):
    number = make.policy(someone, named=[beneficiary("Carmen")])
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}"
    assert f"{at}/beneficiarios" in desk.get(at).links.values()
    page = desk.submit(
        desk.get(f"{at}/beneficiarios"), {}, action=f"{at}/beneficiarios", button="Cambiar beneficiarios"
    )
    step = page.path
    page = desk.follow(page, "Editar a Carmen Quispe Mamani")
    page = desk.submit(page, {"porcentaje": "40"}, action=step, button="Guardar a esta persona")
    page = desk.submit(page, {}, action=step, button="Agregar otra persona")
    page = desk.submit(
        page, ROSA | {"numero_documento": "71452239", "porcentaje": "60"}, action=step, button="Siguiente"
    )
    assert page.heading == "Pida el código al cliente"
    page = desk.submit(page, {}, action=page.path, button="Enviar código")
    assert "al correo del cliente" in page.text
    assert someone.email not in page.text
    digits = make.newest_code("beneficiaries_code")
    landing = f"/polizas/{number}/beneficiarios"
    own = client.follow(client.sign_in(someone).get(landing), "Ver la lista que preparó con el personal")
    assert "Lo pidió por usted el personal de MASSIV" in own.text
    assert "dígalo solo a quien lo atiende" in own.text
    page = desk.submit(page, {"codigo": digits}, button="Verificar")
    assert page.path == f"{at}/beneficiarios"
    assert "los beneficiarios cambiaron" in page.text
    assert "60 %" in page.text
    with app.app_context():
        mail = db.session.scalars(select(Message).where(Message.kind == "beneficiaries_code")).one()
        assert mail.recipient == someone.email
        assert "Diga este código a quien le atiende, solo si usted está ahí y la lista que sigue" in mail.text_body
        assert client.get(f"/polizas/{number}/beneficiarios/confirmacion").path == f"/polizas/{number}/beneficiarios"
    assert re.search(
        r"Beneficiarios cambiados: endoso 1.{0,60}Personal de MASSIV", client.get(f"/polizas/{number}").text
    )


def test_what_the_customer_began_alone_is_not_read_at_the_desk(desk, make, someone):
    number = make.policy(someone)
    make.renaming_begun(number, someone, [beneficiary("Luz")])
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}/beneficiarios"
    for address in (at, f"{at}/beneficiarios", f"{at}/confirmacion"):
        page = desk.get(address)
        assert page.path == at
        assert "Luz" not in page.text
    assert "Hay otro cambio sin confirmar" in page.text


def test_who_is_not_the_insured_names_nobody_at_the_desk(desk, make, someone):
    other = make.insured()
    number = make.policy(someone, quote=make.quote(someone, insured=other))
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}/beneficiarios"
    page = desk.get(at)
    assert "que es la persona asegurada, decide quién cobra" in page.text
    assert "Cambiar beneficiarios" not in page.text


def test_a_cheaper_plan_by_the_code_that_the_customer_says(client, desk, make, someone):
    number = make.policy(someone)
    make.in_force(number)
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}"
    assert f"{at}/cambiar-plan" in desk.get(at).links.values()
    page = desk.get(f"{at}/cambiar-plan", plan="plan-1")
    assert someone.email not in page.text
    page = desk.submit(page, {}, action=f"{at}/cambiar-plan", button="Enviar código al cliente")
    assert page.heading == "Pida el código al cliente"
    own = client.sign_in(someone).get(f"/polizas/{number}/cambiar-plan/codigo")
    assert re.search(r'class="btn btn-primary"[^>]*>\s*Cambiar de plan', own.html)
    assert "Lo pidió por usted el personal de MASSIV" in own.text
    digits = make.newest_code("plan_code")
    page = desk.submit(page, {"codigo": "000000" if digits != "000000" else "111111"}, button="Cambiar de plan")
    assert (page.status, "codigo" in page.errors) == (422, True)
    page = desk.submit(page, {"codigo": digits}, button="Cambiar de plan")
    assert page.path == at
    assert "El endoso va al correo del cliente" in page.text
    assert re.search(r"Plan cambiado, endoso 1.{0,120}Personal de MASSIV", client.get(f"/polizas/{number}").text)


def test_a_dearer_plan_is_begun_at_the_desk_and_bought_by_the_customer(app, client, clerk, desk, make, someone):
    number = make.policy(someone)
    make.in_force(number)
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}"
    page = desk.get(f"{at}/cambiar-plan", plan="plan-3")
    assert "Elegir cómo pagar" not in page.text
    page = desk.submit(page, {}, action=f"{at}/cambiar-plan", button="Empezar el cambio")
    assert page.path == at
    assert "lo encuentra en su página de inicio" in page.text
    with app.app_context():
        bought = db.session.scalars(select(Purchase).order_by(Purchase.id.desc()).limit(1)).one()
        mail = db.session.scalars(select(Message).where(Message.kind == "begun_at_desk")).one()
        public_id = bought.public_id
        assert (bought.seller_id, bought.agency_code) == (clerk.account_id, AGENCY)
        assert mail.recipient == someone.email
        assert f"/compras/{public_id}" in mail.text_body
    assert client.sign_in(someone).get(f"/compras/{public_id}").heading == "¿Cómo quiere pagar?"
    assert desk.get(f"/compras/{public_id}").status == 403
    page = desk.get(f"{at}/cambiar-plan", plan="plan-3")
    assert "El cliente lo sigue en su celular" in page.text
    assert "Empezar el cambio" not in page.text, "it would send nothing"
    page = desk.submit(page, {}, action=f"{at}/cambiar-plan/retirar", button="Retirar ese cambio")
    assert "Retiramos ese cambio" in page.text
    assert asks_no_more(app)


def asks_no_more(app) -> bool:
    """Whether the mail of what was begun at the desk is sent no more."""
    with app.app_context():
        return outgoing.is_over(db.session.scalars(select(Message).where(Message.kind == "begun_at_desk")).one())


def test_nobody_is_asked_to_go_on_with_a_plan_beside_a_death(app, desk, make, someone):
    number = make.policy(someone, named=[beneficiary("Rosa", share="100")])
    make.in_force(number)
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}"
    page = desk.get(f"{at}/cambiar-plan", plan="plan-3")
    desk.submit(page, {}, action=f"{at}/cambiar-plan", button="Empezar el cambio")
    assert not asks_no_more(app)
    make.claim(someone, ACCIDENT, policy=number)
    assert asks_no_more(app)


def test_a_renewal_is_begun_at_the_desk_and_sold_by_who_began_it(app, clerk, desk, make, someone):
    number = make.policy(someone)
    make.in_force(number, days=355)
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}"
    assert f"{at}/renovar" in desk.get(at).links.values()
    assert desk.get(f"{at}/renovar/condiciones").status == 200
    page = desk.get(f"{at}/renovar")
    assert "Cómo paga" not in page.text
    page = desk.submit(page, {}, action=f"{at}/renovar", button="Empezar la renovación")
    assert (page.status, "acepta" in page.errors) == (422, True)
    page = desk.submit(page, {"acepta": True}, action=f"{at}/renovar", button="Empezar la renovación")
    assert page.path == at
    with app.app_context():
        mailed = select(Message.recipient).where(Message.kind == "begun_at_desk")
        assert db.session.scalars(mailed).one() == someone.email
        agreed = select(Consent.account_id).where(Consent.text_key == "renovacion")
        assert db.session.scalars(agreed).one() == someone.account_id
    assert not asks_no_more(app)
    renewed = make.renewed(number, someone)
    assert asks_no_more(app)
    with app.app_context():
        policy = db.session.scalars(select(Policy).where(Policy.number == renewed)).one()
        assert (policy.seller_id, policy.agency_code) == (clerk.account_id, AGENCY)
        heard = select(AuditEntry.actor_id).where(AuditEntry.action == "purchase.renew")
        assert db.session.scalars(heard).all() == [clerk.account_id]
    refused = desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{renewed}")
    assert "debe atenderlo otra persona" in refused.text
    assert "Ya está renovada" in desk.get(f"{at}/renovar").text


def test_a_renewal_that_the_customer_began_is_neither_begun_again_nor_read_at_the_desk(desk, make, someone):
    number = make.policy(someone, named=[beneficiary("Carmen")])
    make.in_force(number, days=355)
    at = f"/gestion/clientes/{someone.account_id}/polizas/{number}/renovar"
    page = desk.get(at)
    assert "Carmen" in page.text
    make.renewal(number, someone, stage=Stage.STARTED)
    stale = desk.submit(page, {"acepta": True}, action=at, button="Empezar la renovación")
    assert "Le enviamos" not in stale.text
    page = desk.get(at)
    assert "El cliente la sigue en su celular" in page.text
    assert "Empezar la renovación" not in page.text
    assert "Carmen" not in page.text


def test_cash_is_collected_where_the_customer_says(app, desk, make, someone):
    slip = make.slip(someone)
    with app.app_context():
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
        policy = db.session.scalars(select(Policy.number)).one()
    page = desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{policy}/desvincular")
    page = desk.submit(page, {"agencia": ""}, button="Enviar código al cliente")
    assert (page.status, "agencia" in page.errors) == (422, True)
    page = desk.submit(page, {"agencia": AGENCY}, button="Enviar código al cliente")
    with app.app_context():
        assert db.session.scalars(select(PolicyChange.refund_agency)).one() == AGENCY


def test_a_death_is_claimed_and_not_ended(desk, make, someone):
    number = make.policy(someone)
    claim = make.claim(someone, ACCIDENT, policy=number)
    page = desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{number}/desvincular")
    assert claim in page.text
    assert "no se desvincula: se cobra" in page.text
    assert "Enviar código" not in page.text


def test_another_customers_policy_is_not_found_there(desk, make, someone):
    number = make.policy(make.customer())
    assert desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{number}/desvincular").status == 404


def test_the_code_page_without_a_code_asked_for_leads_to_what_it_would_do(desk, make, someone):
    at = f"/gestion/clientes/{someone.account_id}/polizas/{make.policy(someone)}/desvincular"
    assert desk.get(f"{at}/codigo").path == at


def test_the_desks_menu_marks_where_the_page_lies(app, client, clerk, make, someone):
    with app.app_context():
        search.find(someone.identity.number, clerk.actor)
    client.sign_in(clerk)
    for at in (f"polizas/{make.policy(someone)}/desvincular", "siniestros"):
        page = client.get(f"/gestion/clientes/{someone.account_id}/{at}").response.text
        assert re.search(r'href="/gestion/buscar"\s+aria-current="page"', page), at
