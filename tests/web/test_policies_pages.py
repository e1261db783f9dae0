"""Policies as their holder reads them (S24, S25)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.clock import LIMA
from portal.extensions import db
from portal.models import Message, Policy, ProductVersion
from portal.models.transaction import writing
from tests.factories import ACCIDENT, CANCER, FUNERAL, HOSPITAL, beneficiary


def test_policy_shows_its_three_blocks_and_its_beneficiaries(client, make):
    juana = make.customer()
    number = make.policy(juana, named=[beneficiary("Rosa", share="60"), beneficiary("Pedro", share="40")])
    page = client.sign_in(juana).get(f"/polizas/{number}")
    words = page.text.replace("\xa0", " ")
    for title in ("Datos del Contratante", "Datos del Asegurado", "Datos del Seguro", "Beneficiarios"):
        assert title in words
    for fact in (number, "Microseguro de Muerte Accidental", "Plan 2", "S/ 72.92", "al mediodía", "60 %", "40 %"):
        assert fact in words


def test_policy_shows_the_code_that_anybody_verifies_it_by(client, make, app):
    juana = make.customer()
    number = make.policy(juana)
    with app.app_context():
        code = db.session.scalars(select(Policy.verification_code)).one() or ""
    page = client.sign_in(juana).get(f"/polizas/{number}")
    assert f"Código para verificar {code[:4]}-{code[4:]}" in page.text.replace("\xa0", " ").replace("\u2011", "-")
    with app.app_context():
        db.session.execute(update(Policy).values(verification_code=None))
        db.session.commit()
    assert "Código para verificar" not in client.get(f"/polizas/{number}").text


def test_policy_offers_what_exists_and_nothing_else(client, make):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/polizas/{make.policy(juana)}")
    buttons = page.document.xpath("//main//button")
    assert {" ".join(button.text_content().split()) for button in buttons} == {"Enviar Email", "Compartir"}
    (share,) = [button for button in buttons if button.get("data-share")]
    assert "hidden" in share.attrib  # until the script finds that the browser can
    assert {"Ver condiciones generales", "Descargar PDF"} <= page.links.keys()
    assert "Modificar" not in page.text


def test_policy_without_beneficiaries_names_the_legal_heirs(client, make):
    juana = make.customer()
    assert "herederos legales" in client.sign_in(juana).get(f"/polizas/{make.policy(juana)}").text


def test_both_people_are_told_in_the_owners_order(client, make):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/polizas/{make.policy(juana)}")
    labels = [one.text_content().strip() for one in page.document.xpath("//section//dl[@class='rows']//dt")]
    person = ["DNI", "Nombre completo", "Teléfono", "Correo electrónico"]
    assert labels[:9] == [*person, *person, "Nacimiento"]


@pytest.mark.parametrize("product", [HOSPITAL, CANCER])
def test_policy_that_pays_nothing_on_death_says_who_is_paid(client, make, product):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/polizas/{make.policy(juana, product=product)}")
    assert "Cobra la persona asegurada: Juana Mamani Quispe." in page.text
    assert "Beneficiarios" not in page.text


def test_policy_that_returns_what_a_funeral_cost_says_who_is_paid(client, make):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/polizas/{make.policy(juana, product=FUNERAL)}")
    assert "Cobra quien pagó los gastos y muestra las boletas o facturas a su nombre." in page.text
    assert "Cobra la persona asegurada" not in page.text
    assert "herederos legales" not in page.text


def test_policy_says_the_day_on_which_its_waiting_ends(client, make, app):
    juana = make.customer()
    number = make.policy(juana, product=CANCER)
    with app.app_context():
        starts_at = db.session.scalars(select(Policy.starts_at).where(Policy.number == number)).one()
    day = f"{(starts_at + timedelta(days=90)).astimezone(LIMA):%d/%m/%Y}"
    page = client.sign_in(juana).get(f"/polizas/{number}")
    assert f"no se paga el cáncer que se diagnostique antes del mediodía del {day}." in page.text


def test_state_follows_the_clock(client, make, clock):
    juana = make.customer()
    number = make.policy(juana)
    assert "PENDIENTE" in client.sign_in(juana).get(f"/polizas/{number}").text
    clock(days=2)
    assert "ACTIVA" in client.sign_in(juana).get(f"/polizas/{number}").text
    clock(days=370)
    assert "VENCIDA" in client.sign_in(juana).get(f"/polizas/{number}").text


def test_list_offers_to_change_only_what_still_protects(client, make, clock):
    juana = make.customer()
    number = make.policy(juana)
    assert f"Modificar {number}" in client.sign_in(juana).get("/seguros").links
    clock(days=370)
    assert f"Ver {number}" in client.sign_in(juana).get("/seguros").links


def test_mailing_again_sends_the_same_document(client, make, app, drain):
    juana = make.customer(email="juana@correo.pe")
    number = make.policy(juana)
    drain()
    page = client.sign_in(juana).get(f"/polizas/{number}")
    after = client.submit(page, action=f"/polizas/{number}/correo")
    assert after.path == f"/polizas/{number}"
    assert "Enviamos la póliza a juana@correo.pe." in after.text
    with app.app_context():
        first, again = db.session.scalars(select(Message).where(Message.kind == "policy").order_by(Message.id)).all()
        assert [one.sha256 for one in first.attachments] == [one.sha256 for one in again.attachments]


def test_pdf_is_downloaded_as_stored(client, make, drain):
    juana = make.customer()
    number = make.policy(juana)
    assert client.sign_in(juana).get(f"/polizas/{number}/pdf").status == 202
    drain()
    found = client.get(f"/polizas/{number}/pdf")
    assert found.data.startswith(b"%PDF-")
    assert found.response.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert client.get(f"/polizas/{number}/pdf").data == found.data


def test_conditions_are_those_of_the_version_that_was_sold(client, make, app):
    juana = make.customer()
    number = make.policy(juana)
    with app.app_context(), writing() as session:
        sold = session.scalars(select(ProductVersion).where(ProductVersion.slug == ACCIDENT)).one()
        clauses = [{**sold.content["clauses"][0], "title": "Título nuevo"}, *sold.content["clauses"][1:]]
        session.execute(update(ProductVersion).values(withdrawn_at=sold.published_at))
        content = {**sold.content, "clauses": clauses}
        session.add(ProductVersion(slug=ACCIDENT, version=sold.version + 1, sha256="0" * 64, content=content))
    assert "Título nuevo" not in client.sign_in(juana).get(f"/polizas/{number}/condiciones").text


def test_policy_says_what_it_does_not_pay_beside_what_it_pays(client, make):
    me = make.customer()
    page = client.sign_in(me).get(f"/polizas/{make.policy(me)}")
    (refused,) = page.document.xpath("//section[@aria-labelledby='no-paga']")
    assert "La muerte por enfermedad" in refused.text_content()
    assert "Los 14 casos en que no pagamos" in refused.text_content()
    assert "borrador, pendiente de asesoría legal" in refused.text_content()


def test_policy_asks_for_the_papers_of_its_own_plan_only(client, make):
    me = make.customer()
    number = make.policy(me, quote=make.quote(me, plan="plan-2"))
    asked = client.sign_in(me).get(f"/polizas/{number}").document.xpath("//*[@id='documentos']//h3/text()")
    assert asked == ["Muerte accidental", "Invalidez total y permanente", "Gastos de sepelio"]
    on_sale = client.get("/productos/muerte-accidental").text
    assert "Canasta familiar" in on_sale


@pytest.mark.parametrize("part", ["", "/pdf", "/condiciones"])
def test_another_customers_policy_is_not_found(client, make, part):
    number = make.policy(make.customer())
    assert client.sign_in(make.customer()).get(f"/polizas/{number}{part}").status == 404


def test_another_customers_policy_is_not_mailed(client, make, app):
    number = make.policy(make.customer())
    assert client.sign_in(make.customer()).post(f"/polizas/{number}/correo").status == 404
    with app.app_context():
        assert len(db.session.scalars(select(Message).where(Message.kind == "policy")).all()) == 1


def test_list_shows_own_policies_only(client, make):
    juana, luis = make.customer(), make.customer()
    own, other = make.policy(juana), make.policy(luis)
    page = client.sign_in(juana).get("/seguros")
    assert page.heading == "Mis Seguros"
    assert page.links[f"Modificar {own}"] == f"/polizas/{own}"
    assert other not in page.text
    assert "1 póliza, por empezar" in page.text


def test_list_without_policies_leads_to_the_products(client, make):
    page = client.sign_in(make.customer()).get("/seguros")
    assert "Todavía no tiene un seguro" in page.text
    assert page.links["Ver Productos"] == "/productos"


def test_what_a_person_typed_is_escaped(client, make, app):
    juana = make.customer(names="Juana", address="<img src=x>", phone="<i>9</i>")
    page = client.sign_in(juana).get(f"/polizas/{make.policy(juana)}")
    assert "<i>9</i>" not in page.html
    assert "<img src=x>" not in page.html


@pytest.mark.parametrize("way", ["page", "mail"])
def test_whoever_takes_the_policys_pdf_has_it_from_then_on(client, make, drain, app, last, way):
    juana, other = make.customer(), make.customer()
    number = make.policy(juana)
    drain()
    message_id = last("policy")
    with app.app_context(), writing() as session:
        session.execute(update(Policy).values(delivered_at=None))  # the mail never came
        mail = session.get_one(Message, message_id)
        address = f"/comunicaciones/{mail.id}/documentos/{mail.attachments[0].id}"
    address = f"/polizas/{number}/pdf" if way == "page" else address

    def proofs():
        with app.app_context():
            (policy,) = db.session.scalars(select(Policy))
            return policy.delivered_at, policy.downloaded_at

    assert client.sign_in(other).raw.get(address).status_code == 404
    client.sign_in(juana).get(f"/polizas/{number}")
    client.raw.head(address)
    client.raw.get(address, headers={"HX-Request": "true"})
    assert proofs() == (None, None), "nothing but the file itself is proof"
    assert client.raw.get(address).mimetype == "application/pdf"
    delivered, downloaded = proofs()
    assert delivered is not None
    assert delivered == downloaded
    assert "PDF de la póliza descargado" in client.get(f"/polizas/{number}").text
