"""Registering a claim and its pages, as a browser without a script and one with htmx see them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.domain.claim import ClaimState, Outcome
from portal.domain.formats import day
from portal.extensions import db
from portal.models import Claim, ClaimPaper, StoredFile
from portal.services.claims.resolutions import Proposal
from portal.services.claims.sums import Facts
from tests.client import Page, PageClient
from tests.decoder.printed_pages import good, spoiled
from tests.decoder.strangers import REFUSED, drawing, encoded, pdf
from tests.factories import ACCIDENT, FUNERAL, HOSPITAL, beneficiary
from tests.factories.claims import STORY


def file(data: bytes = b"", name: str = "papel.pdf"):
    return {"archivo": (io.BytesIO(data or pdf()), name)}


@pytest.fixture
def policy(make, someone, clock) -> str:
    """Its cover has begun, and waits for nothing any more."""
    number = make.policy(someone, product=HOSPITAL)
    clock(days=40)
    return number


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visitor(request, app, someone, policy) -> PageClient:
    """The holder's browser, in both worlds."""
    return PageClient(app, htmx=request.param).sign_in(someone)


@pytest.fixture
def chosen(visitor, policy) -> Page:
    """The step with what will be asked for."""
    page = visitor.follow(visitor.get("/siniestros"), "Registrar siniestro")
    return visitor.submit(page, {"caso": f"{policy}:renta-diaria"})


@pytest.fixture
def told(visitor, chosen) -> Page:
    """The step of the documents."""
    page = visitor.submit(chosen)
    return visitor.submit(page, {"fecha": day(clock.today()), "causa": "enfermedad", "relato": STORY}, action=page.path)


def claim_of(app) -> Claim:
    with app.app_context():
        return db.session.scalars(select(Claim)).one()


def papers_of(app) -> list[ClaimPaper]:
    with app.app_context():
        return list(db.session.scalars(select(ClaimPaper).order_by(ClaimPaper.id)))


def test_a_sheet_a_policy_says_its_dates_and_what_may_have_happened(visitor, policy):
    page = visitor.get("/siniestros/nuevo")
    assert policy in page.text
    assert "Renta diaria por hospitalización: S/" in page.text
    assert "Mi caso no está aquí" in page.text
    assert not page.document.xpath("//input[@type='radio'][@checked]"), "nothing is chosen beforehand"


def test_the_whole_way_to_the_number(app, visitor, told):
    assert told.heading == "Envíe sus documentos"
    review = visitor.submit(told, action=told.path)
    assert STORY in review.text
    done = visitor.submit(review, {"acepta": True})
    number = claim_of(app).number
    assert number in done.text
    assert "Le toca a usted" in done.text
    shown = visitor.follow(done, "Ver qué falta")
    assert shown.path == f"/siniestros/{number}"
    assert "Lo que usted contó" in shown.text


def test_what_will_be_asked_for_is_shown_before_anything_is(chosen):
    assert chosen.heading.startswith("Vamos a pedirle")
    assert "No hace falta tenerlos hoy" in chosen.text
    assert "DNI de la persona asegurada" in chosen.text


def test_without_the_tick_nothing_is_registered_and_its_field_says_so(app, visitor, told):
    review = visitor.submit(told, action=told.path)
    again = visitor.submit(review, {"acepta": False})
    assert again.status == 422
    assert "acepta" in again.errors
    assert claim_of(app).number is None


def test_a_day_outside_the_cover_is_warned_about_and_taken(app, visitor, chosen):
    page = visitor.submit(chosen)
    early = clock.today() - timedelta(days=43)
    typed = {"fecha": day(early), "causa": "accidente", "relato": STORY}
    warned = visitor.submit(page, typed)
    assert warned.heading == "Cuéntenos qué pasó"
    assert "antes de que empezara su seguro" in warned.text
    assert visitor.submit(warned, typed, button="Está bien, seguir").heading == "Envíe sus documentos"
    assert claim_of(app).event_date == early


def test_another_day_behind_the_warning_is_warned_about_too(visitor, chosen):
    page = visitor.submit(chosen)
    typed = {"causa": "accidente", "relato": STORY}
    warned = visitor.submit(page, typed | {"fecha": day(clock.today() - timedelta(days=43))})
    other = visitor.submit(
        warned, typed | {"fecha": day(clock.today() - timedelta(days=44))}, button="Está bien, seguir"
    )
    assert "antes de que empezara" in other.text


def test_one_alike_is_shown_with_its_link_and_no_hindrance(app, make, someone, visitor, policy):
    known = make.claim(someone, policy=policy)
    page = visitor.submit(visitor.get("/siniestros/nuevo"), {"caso": f"{policy}:renta-diaria"})
    page = visitor.submit(page)
    typed = {"fecha": day(clock.today()), "causa": "accidente", "relato": STORY}
    warned = visitor.submit(page, typed)
    assert "Ya hay un pedido parecido" in warned.text
    assert f"/siniestros/{known}" in warned.links.values()
    visitor.submit(warned, typed, button="Está bien, seguir")
    with app.app_context():
        assert db.session.scalars(select(Claim.event_date).where(Claim.number.is_(None))).one() is not None


def test_a_file_is_kept_shown_and_can_be_taken_away_before_registering(app, visitor, told):
    public_id, paper = claim_of(app).public_id, papers_of(app)[0]
    page = visitor.post(f"/siniestros/nuevo/{public_id}/documentos/{paper.id}", file())
    assert page.path.endswith("/documentos")
    assert "Recibido" in page.text
    with app.app_context():
        sent = db.session.scalars(select(StoredFile)).one()
    kept = visitor.get(f"/siniestros/nuevo/{public_id}/archivos/{sent.id}")
    assert kept.response.headers["Content-Disposition"].startswith("attachment")
    assert visitor.get(f"/siniestros/nuevo/{public_id}/archivos/{sent.id}/miniatura").status == 200
    page = visitor.submit(visitor.get(page.path), action=f"/siniestros/nuevo/{public_id}/archivos/{sent.id}/quitar")
    assert "Recibido" not in page.text


def test_one_more_page_of_what_was_received_is_asked_for_folded(app, visitor, told):
    public_id, paper = claim_of(app).public_id, papers_of(app)[0]
    assert "Agregar otra hoja" not in told.text
    page = visitor.post(f"/siniestros/nuevo/{public_id}/documentos/{paper.id}", file())
    (folded,) = page.document.xpath("//details[not(@open)][contains(summary, 'Agregar otra hoja')]")
    assert folded.xpath(f".//form[contains(@action, '/documentos/{paper.id}')]")


def test_a_photo_that_is_hard_to_read_is_shown_with_why_and_the_next_try_first(app, visitor, told):
    public_id, paper = claim_of(app).public_id, papers_of(app)[0]
    address = f"/siniestros/nuevo/{public_id}/documentos/{paper.id}"
    page = visitor.post(address, file(encoded(spoiled("blurred", 1), "JPEG", quality=60), "foto.jpg"))
    (line,) = page.document.xpath(f"//li[@id='documento-{paper.id}']")
    words = " ".join(line.text_content().split())
    assert "No se lee bien" in words
    assert "La foto salió movida. Apoye el papel en una mesa y tómela otra vez." in words
    assert "deje esta: la revisamos igual" in words
    assert line.xpath(".//figure[@class='look mb-3']/img[contains(@src, '/miniatura')]")
    (first,) = line.xpath(f".//form[contains(@action, '{address}')]//label[@data-own-camera]")
    assert ("btn-primary" in first.get("class"), "Tomar otra vez" in first.text_content()) == (True, True)
    again = visitor.post(address, file(encoded(good(1), "JPEG", quality=80), "foto.jpg"))
    assert "No se lee bien" not in again.text


def test_papers_that_only_some_cases_need_are_folded_until_one_is_sent_or_refused(app, make, someone, visitor):
    public_id = make.claim_draft(someone, ACCIDENT, named=[beneficiary("Nilda")])
    address = f"/siniestros/nuevo/{public_id}/documentos"
    page = visitor.get(address)
    inside = "//details[contains(summary, 'Solo si es su caso')]"
    lines = page.document.xpath(f"{inside}//details[starts-with(@id, 'documento-')]")
    assert lines
    assert not any("open" in one.attrib for one in (*page.document.xpath(inside), *lines))
    own = page.document.xpath("//li[starts-with(@id, 'documento-')]")
    assert not {one.get("id") for one in own} & {one.get("id") for one in lines}
    key = lines[0].get("id").removeprefix("documento-")
    refused = visitor.post(f"{address}/{key}", file(REFUSED["PDF that runs a script"][0]))
    assert refused.document.xpath(f"{inside}[@open]//details[@id='documento-{key}'][@open]//p[@class='error']")
    sent = visitor.post(f"{address}/{key}", file())
    assert sent.document.xpath(f"//li[@id='documento-{key}'][contains(., 'Recibido')]")


def test_the_progress_shows_the_documents_as_done_once_something_came(app, visitor, chosen, told):
    public_id, paper = claim_of(app).public_id, papers_of(app)[0]

    def done(page: Page) -> bool:
        return bool(page.document.xpath("//nav[@class='steps']//li[@class='is-done'][contains(., 'Documentos')]"))

    facts = f"/siniestros/nuevo/{public_id}/que-paso"
    assert not done(chosen)
    assert not done(visitor.get(facts))
    visitor.post(f"/siniestros/nuevo/{public_id}/documentos/{paper.id}", file())
    assert done(visitor.get(facts))


def test_a_refused_file_says_why_at_its_document_and_the_rest_stays(app, visitor, told):
    public_id, paper = claim_of(app).public_id, papers_of(app)[0]
    bad = REFUSED["PDF that runs a script"][0]
    page = visitor.post(f"/siniestros/nuevo/{public_id}/documentos/{paper.id}", file(bad))
    assert page.status == 422
    assert "El PDF trae un programa adentro" in page.text
    assert page.heading == "Envíe sus documentos"


def test_a_full_disk_is_the_portals_trouble_and_the_file_is_sent_again(app, visitor, told, monkeypatch):
    address = f"/siniestros/nuevo/{claim_of(app).public_id}/documentos/{papers_of(app)[0].id}"
    token = told.document.xpath("//input[@name='csrf_token']/@value")[0]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("portal.integrations.reception.tempfile.TemporaryFile", full)
        response = visitor.raw.post(address, data={"csrf_token": token, **file()})
    assert response.status_code == 503
    assert "No pudimos guardar el archivo" in response.get_data(as_text=True)
    assert visitor.post(address, file()).status == 200


def test_what_was_begun_is_listed_gone_on_with_and_thrown_away(app, visitor, told):
    page = visitor.get("/siniestros")
    assert "Sin registrar todavía" in page.text
    public_id = claim_of(app).public_id
    gone_on = visitor.get(f"/siniestros/nuevo/{public_id}")
    assert gone_on.heading == "Revise y registre"
    page = visitor.submit(page, action=f"/siniestros/nuevo/{public_id}/descartar")
    assert "Lo descartamos" in page.text
    assert "Sin registrar todavía" not in page.text
    assert visitor.get(f"/siniestros/nuevo/{public_id}").status == 404


def test_what_it_would_pay_is_counted_once_the_days_are_told(app, make, visitor, policy, told):
    def plain(page: Page) -> str:
        return " ".join(page.text.replace("\xa0", " ").split())

    facts = told.path.replace("documentos", "que-paso")
    before = visitor.get(facts)
    assert "Paga S/ 70.00 por día, hasta 30 días al año." in plain(before)
    assert "×" not in before.text
    counted = visitor.submit(before, {"dias": "10"}, action=facts)
    review = visitor.submit(counted, action=counted.path)
    assert "S/ 70.00 × 10 días = S/ 700.00" in plain(review)
    registered = visitor.submit(review, {"acepta": True})
    assert registered.heading
    page = plain(visitor.get(f"/siniestros/{claim_of(app).number}"))
    assert "S/ 70.00 × 10 días = S/ 700.00 (por día, hasta 30 días al año)" in page


def test_once_it_is_approved_the_money_comes_first_with_the_line_that_made_it(make, someone, visitor, policy):
    number = make.claim(someone, policy=policy, complete=True)
    make.decided(number, make.collaborator(), make.supervisor(), Proposal(Outcome.APPROVE, Facts(days=6)))
    page = visitor.get(f"/siniestros/{number}").text.replace("\xa0", " ")
    assert "S/ 70.00 × 6 días" in page
    assert page.index("Cómo cobra") < page.index("Adjuntos")


def test_it_would_pay_no_more_days_than_the_year_has_left(app, make, someone, visitor, policy):
    before = make.claim(someone, policy=policy, complete=True)
    make.decided(before, make.collaborator(), make.supervisor(), Proposal(Outcome.APPROVE, Facts(days=25)))
    number = make.claim(someone, policy=policy, days=10)
    page = visitor.get(f"/siniestros/{number}").text.replace("\xa0", " ")
    assert "S/ 70.00 × 5 días = S/ 350.00" in page
    assert "Son 10; el plan paga hasta 30 días al año y ya se pagaron 25." in page


def test_once_it_is_late_the_page_says_so_and_what_the_law_makes_of_it(app, make, someone, policy, clock):
    number = make.claim(someone, policy=policy, complete=True)
    clock(days=60)
    assert "decidimos y pagamos hasta el" in PageClient(app).sign_in(someone).get(f"/siniestros/{number}").text
    clock(days=61)
    page = PageClient(app).sign_in(someone).get(f"/siniestros/{number}").text
    assert "Nos toca a nosotros, y estamos tarde" in page
    assert "intereses de 1.5 veces la tasa activa promedio" in page


def test_back_after_registering_leads_to_the_number_again(app, visitor, told):
    review = visitor.submit(told, action=told.path)
    visitor.submit(review, {"acepta": True})
    again = visitor.submit(review, {"acepta": True})
    assert claim_of(app).number in again.text
    assert visitor.get(told.path).path.endswith("/registrado")


def test_the_list_has_the_owners_seven_columns(make, someone, visitor, policy):
    number = make.claim(someone, policy=policy)
    page = visitor.get("/siniestros")
    assert [one.text_content() for one in page.document.xpath("//th")] == [
        "Nro siniestro",
        "Descripción",
        "Estado",
        "Fecha siniestro",
        "Fecha registro",
        "Cobertura",
        "Acciones",
    ]
    row = page.document.xpath("//tbody/tr")[0].text_content()
    for word in (number, "Registrado", "Renta diaria por hospitalización", "Adjuntos", "Reenviar", day(clock.today())):
        assert word in row


def test_resending_sends_the_same_bytes(app, make, someone, visitor, drain, mailbox):
    number = make.claim(someone)
    drain()
    page = visitor.get(f"/siniestros/{number}")
    page = visitor.submit(page, action=f"/siniestros/{number}/reenviar")
    assert f"Enviamos la constancia del {number}" in page.text
    drain()
    mails = [one for one in mailbox.store.mails() if number in str(one.header("Subject"))]
    assert len(mails) == 2
    first, second = ([part.data for part in one.attachments()] for one in mails)
    assert first == second


def test_the_page_says_whose_turn_it_is_and_shows_what_to_send(make, someone, visitor):
    page = visitor.get(f"/siniestros/{make.claim(someone)}")
    assert "Le toca a usted: faltan" in page.text
    assert "Si se aprueba, pagaríamos" in page.text


def test_complete_it_is_ours_until_a_day_with_its_calendar_and_working_days(make, someone, visitor):
    page = visitor.get(f"/siniestros/{make.claim(someone, complete=True)}")
    last = clock.today() + timedelta(days=20)
    assert f"Nos toca a nosotros: decidimos y pagamos hasta el {day(last)}" in page.text
    assert page.document.xpath("string(//*[@class='days'])") == "20"
    assert "hábiles" in page.text


def test_a_missing_document_is_sent_later_from_its_page(app, make, someone, visitor):
    number = make.claim(someone)
    paper = papers_of(app)[0]
    page = visitor.get(f"/siniestros/{number}")
    page = visitor.post(f"/siniestros/{number}/documentos/{paper.id}", file())
    assert "Recibido" in page.text
    page = visitor.post(f"/siniestros/{number}/documentos", file(encoded(drawing(), "PNG")))
    assert page.document.xpath("string(//*[@id='otros'])").count("Recibido") == 1


def test_a_death_names_who_would_be_paid_to_its_holder(make, someone, visitor):
    number = make.claim(someone, ACCIDENT, named=[beneficiary(names="Rosa", surnames="Condori")])
    page = visitor.get(f"/siniestros/{number}")
    assert "Rosa Condori" in page.text


def test_somebody_elses_claim_is_not_found(make, visitor):
    other = make.customer()
    number = make.claim(other)
    for path in ("", "/registrado", "/constancia"):
        assert visitor.get(f"/siniestros/{number}{path}").status == 404
    visitor.get("/siniestros/nuevo")
    assert visitor.post(f"/siniestros/{number}/reenviar").status == 404
    visitor.get("/siniestros/nuevo")
    assert visitor.post(f"/siniestros/{number}/documentos/1", file()).status == 404


def test_a_policy_of_somebody_else_can_be_claimed_with_by_nobody(make, visitor, policy):
    theirs = make.policy(make.customer(), product=FUNERAL)
    visitor.get("/siniestros/nuevo")
    assert visitor.post("/siniestros/nuevo", {"caso": f"{theirs}:gastos-sepelio"}).status == 404


@pytest.mark.parametrize("typed", ["", "nada", ":", "RH-1", "RH-2026-000001:no-existe"])
def test_an_answer_that_is_none_is_said_at_its_field(visitor, policy, typed):
    visitor.get("/siniestros/nuevo")
    assert visitor.post("/siniestros/nuevo", {"caso": typed}).status in (404, 422)


def test_without_a_policy_the_page_says_what_to_do(app, make):
    page = PageClient(app).sign_in(make.customer()).get("/siniestros/nuevo")
    assert "Todavía no tiene un seguro" in page.text


def test_the_case_of_no_coverage_is_registered(app, visitor, policy):
    page = visitor.submit(visitor.get("/siniestros/nuevo"), {"caso": f"{policy}:otro"})
    page = visitor.submit(page)
    page = visitor.submit(page, {"fecha": day(clock.today()), "relato": STORY})
    page = visitor.submit(visitor.submit(page, action=page.path), {"acepta": True})
    assert "Nos toca a nosotros" in page.text
    assert claim_of(app).state is ClaimState.REGISTERED


def test_what_serves_instead_is_offered_and_marked_as_such(app, make, someone, visitor, policy):
    number = make.claim(someone, policy=policy)
    page = visitor.get(f"/siniestros/{number}")
    asked = [one for one in page.document.xpath("//a/@href") if one.startswith("?sin=")]
    assert asked, "no document says what serves in its place"
    paper_id = int(asked[0].removeprefix("?sin=").partition("#")[0])
    page = visitor.get(f"/siniestros/{number}?sin={paper_id}")
    assert "En su lugar:" in page.text
    visitor.post(f"/siniestros/{number}/documentos/{paper_id}?en-su-lugar=1", file())
    assert [one.is_instead for one in papers_of(app) if one.id == paper_id] == [True]


def test_the_policy_leads_to_its_claims_and_to_registering_one(make, someone, visitor, policy):
    number = make.claim(someone, policy=policy)
    page = visitor.get(f"/polizas/{policy}")
    assert number in visitor.follow(page, "Ver los siniestros de esta póliza").text
    assert "No hay siniestros de esta póliza" in visitor.get("/siniestros?poliza=RH-2020-000001").text
    page = visitor.follow(page, "Registrar siniestro")
    assert page.document.xpath("count(//fieldset)") == 1


def test_its_message_leads_to_the_claim(make, someone, visitor, policy, last):
    number = make.claim(someone, policy=policy)
    assert number in visitor.get("/comunicaciones").text
    page = visitor.get(f"/comunicaciones/{last('claim_received')}")
    assert f"/siniestros/{number}" in page.links.values()
