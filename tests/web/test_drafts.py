"""Nothing typed is lost: a form that could not be sent comes back as it was, and only to whoever typed it (B26)."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from portal.domain.calendar import noon
from portal.domain.clock import today
from portal.extensions import db
from portal.models import Draft, PurchaseBeneficiary, Quote
from portal.services.operation import retention
from portal.services.payments import receipts
from portal.services.platform import drafts as store
from portal.services.platform import encryption
from tests.client import HTMX, PageClient
from tests.factories import PASSWORD, Stage, beneficiary
from tests.web.test_signup_pages import ANA
from tests.web.wizard import ROSA, at

QUOTE = "/cotizar/muerte-accidental/plan-2"
LUIS = {
    "asegurado": "otra",
    "numero_documento": "45454545",
    "nombres": "Luis",
    "apellido_paterno": "Mamani",
    "fecha_nacimiento": "27/08/1992",
}
NOT_SENT = "todavía no se envió nada"
worlds = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


@pytest.fixture
def drafts(app):
    """What lies in the table, unsealed."""

    def drafts() -> list[str]:
        with app.app_context():
            return [encryption.unseal(one) for one in db.session.scalars(select(Draft.sealed))]

    return drafts


@pytest.fixture
def count(app):
    def count(model) -> int:
        with app.app_context():
            return len(db.session.scalars(select(model)).all())

    return count


def sign_in(client, someone, page=None):
    return client.submit(page or client.get("/ingresar"), {"usuario": someone.username, "clave": PASSWORD})


def forget_token(client):
    """What a new login in another tab does to the page of this one."""
    with client.raw.session_transaction() as cookie:
        cookie.pop("csrf_token", None)
        cookie["csrf_token"] = "of another page"


def ended(client, clock):
    clock(minutes=31)


def lost(client, clock):
    client.raw.delete_cookie("portal")


@worlds
@pytest.mark.parametrize("ends", [ended, lost])
def test_a_quote_typed_while_its_session_ends_comes_back_after_login(app, make, clock, drafts, count, htmx, ends):
    me = make.customer()
    client = PageClient(app, htmx=htmx).sign_in(me)
    page = client.get(QUOTE)
    ends(client, clock)
    page = client.submit(page, LUIS | {"acepta_asegurado": True})
    assert page.path.startswith("/ingresar")
    if ends is ended:
        assert "Guardamos lo que escribió y no se envió nada" in page.text
    page = sign_in(client, me, page)
    assert page.path == QUOTE
    assert NOT_SENT in page.text
    shown = page.values("nombres")
    assert {name: shown[name] for name in LUIS} == LUIS
    assert "acepta_asegurado" not in shown, "nobody agrees by a draft"
    assert count(Quote) == 0
    page = client.submit(page, {"acepta_asegurado": True}, action=QUOTE)
    assert page.path.startswith("/cotizaciones/")
    assert drafts() == []
    assert client.get(QUOTE).values("nombres")["nombres"] == ""


@worlds
def test_a_beneficiary_typed_while_the_session_ends_comes_back(app, make, clock, drafts, count, htmx):
    me = make.customer()
    public_id = make.purchase(me, Stage.STARTED)
    client = PageClient(app, htmx=htmx).sign_in(me)
    page = client.get(at(public_id, "beneficiarios"))
    clock(minutes=31)
    page = client.submit(page, ROSA, button="Siguiente")
    page = sign_in(client, me, page)
    assert page.path.startswith(at(public_id, "beneficiarios"))
    assert NOT_SENT in page.text
    shown = page.values("nombres", "porcentaje")
    assert {name: shown[name] for name in ROSA} == ROSA
    assert count(PurchaseBeneficiary) == 0
    client.submit(page, {}, button="Agregar otra persona", action=at(public_id, "beneficiarios"))
    assert count(PurchaseBeneficiary) == 1
    assert drafts() == []


def test_what_was_typed_of_one_person_is_not_shown_as_another(app, make, clock):
    me = make.customer()
    public_id = make.purchase(me, Stage.BENEFICIARIES)
    make.beneficiaries(me, public_id, [])
    client = PageClient(app).sign_in(me)
    page = client.get(at(public_id, "beneficiarios"))
    client.submit(page, ROSA | {"porcentaje": "x"}, button="Siguiente")
    with app.app_context():
        (draft,) = db.session.scalars(select(Draft.place))
    assert draft == at(public_id, "beneficiarios") + "?persona=nueva"
    assert client.get(at(public_id, "beneficiarios")).values("nombres")["nombres"] == "Rosa"


@worlds
@pytest.mark.parametrize("ends", [ended, lost])
def test_another_person_on_the_same_phone_sees_nothing_of_it(app, make, clock, htmx, ends):
    juana, rosa = make.customer(), make.customer()
    client = PageClient(app, htmx=htmx).sign_in(juana)
    page = client.get(QUOTE)
    ends(client, clock)
    page = client.submit(page, LUIS)
    page = sign_in(client, rosa, page)
    assert page.path == QUOTE
    assert NOT_SENT not in page.text
    assert page.values("nombres")["nombres"] == ""
    clock(minutes=62)
    page = PageClient(app, htmx=htmx).sign_in(juana).get(QUOTE)
    assert page.values("nombres")["nombres"] == "Luis", "on any device, it is whoever typed it who finds it"


@worlds
def test_a_page_of_somebody_else_shows_its_text_to_nobody(app, make, htmx):
    juana, rosa = make.customer(), make.customer()
    client = PageClient(app, htmx=htmx).sign_in(juana)
    left_open = client.get(QUOTE)
    client.raw.delete_cookie("portal")
    client.sign_in(rosa)
    client.get("/inicio")
    answer = client.submit(left_open, LUIS)
    assert "Esa página era de otra cuenta" in answer.text
    assert "Luis" not in answer.text
    assert client.get(QUOTE).values("nombres")["nombres"] == ""
    assert PageClient(app).sign_in(juana).get(QUOTE).values("nombres")["nombres"] == "Luis"


@worlds
def test_with_a_token_that_is_too_old_the_text_is_there_and_pressing_again_works(app, make, count, htmx):
    client = PageClient(app, htmx=htmx).sign_in(make.customer())
    page = client.get(QUOTE)
    forget_token(client)
    page = client.submit(page, LUIS | {"acepta_asegurado": True})
    assert (page.status, count(Quote)) == (422, 0)
    assert "No se envió nada y lo que escribió sigue aquí. Presione otra vez." in page.errors[""]
    assert page.values("nombres")["nombres"] == "Luis"
    assert client.submit(page, {}, action=QUOTE).path.startswith("/cotizaciones/")


@pytest.mark.parametrize("button", ["Quitar a Rosa Quispe Mamani", "Agregar otra persona", "Siguiente"])
def test_nor_does_any_button_of_it_do_anything(app, make, button):
    me = make.customer()
    public_id = make.purchase(me, Stage.BENEFICIARIES, named=[beneficiary()])
    client = PageClient(app).sign_in(me)
    page = client.get(at(public_id, "beneficiarios"))
    forget_token(client)
    page = client.submit(page, {}, button=button)
    assert page.status == 422
    assert "Presione otra vez" in page.text
    with app.app_context():
        assert len(db.session.scalars(select(PurchaseBeneficiary)).all()) == 1


def test_a_sign_up_with_a_token_that_is_too_old_goes_on(client):
    client.get("/crear-cuenta")
    forget_token(client)
    page = client.post("/crear-cuenta", ANA)
    assert page.status == 422
    assert page.values("nombres")["nombres"] == ANA["nombres"]
    page = client.submit(page, {}, action="/crear-cuenta")
    assert client.submit(page, {}, action="/crear-cuenta").path.endswith("/terminos")


@worlds
def test_a_button_without_text_leads_back_to_its_page_with_a_good_token(app, make, htmx):
    me = make.customer()
    client = PageClient(app, htmx=htmx)
    page = client.get("/ingresar")
    forget_token(client)
    page = sign_in(client, me, page)
    assert "No se envió nada: revise y presione otra vez." in page.text
    assert sign_in(client, me, page).path == "/inicio"


def test_what_was_wrong_is_kept_too_and_another_device_goes_on(app, make):
    me = make.customer()
    client = PageClient(app).sign_in(me)
    client.submit(client.get(QUOTE), LUIS | {"fecha_nacimiento": "31/02/1990"})
    page = PageClient(app).sign_in(me).get(QUOTE)
    assert page.values("nombres")["fecha_nacimiento"] == "31/02/1990"
    assert NOT_SENT in page.text


def keep(client, page, action, **typed):
    """What the page's script does while somebody types."""
    form = page.form_with(["csrf_token"], action)
    data = dict(form.form_values()) | typed | {"lugar": action}
    return client.raw.post("/borrador", data=data)


def test_what_is_typed_is_kept_while_it_is_typed(app, make):
    me = make.customer()
    client = PageClient(app).sign_in(me)
    page = client.get(QUOTE)
    assert keep(client, page, QUOTE, asegurado="otra", nombres="Lu").status_code == 204
    assert keep(client, page, QUOTE, asegurado="otra", nombres="Luis").status_code == 204
    other = PageClient(app).sign_in(me)
    page = other.get(QUOTE)
    assert page.values("nombres")["nombres"] == "Luis"
    page = other.submit(page, {}, button="Borrarlo y empezar de nuevo", action="/borrador/descartar")
    assert (page.path, page.values("nombres")["nombres"]) == (QUOTE, "")


def test_no_secret_is_kept(app, make, drafts):
    me = make.customer()
    client = PageClient(app).sign_in(me)
    page = client.get("/perfil/correo")
    keep(client, page, "/perfil/correo", correo="otra@correo.pe", actual=PASSWORD)
    public_id = make.purchase(me, Stage.BENEFICIARIES)
    for slug, typed in (("forma-de-pago", {"digitos": "4821", "vence": "127"}), ("verificacion", {"codigo": "123456"})):
        keep(client, page, "/perfil/correo", lugar=at(public_id, slug), **typed)
        client.raw.post("/borrador", data=typed | {"lugar": at(public_id, slug), "csrf_token": "x"})
    assert len(drafts()) == 1
    assert not any(secret in kept for kept in drafts() for secret in (PASSWORD, "4821", "123456", "csrf"))


@pytest.mark.parametrize(
    "lugar", ["", "/", "/no-hay", "//malo.pe/x", "/salir", "/perfil/clave", "á" * 300], ids=range(7)
)
def test_only_what_a_form_keeps_is_kept(app, make, drafts, lugar):
    client = PageClient(app).sign_in(make.customer())
    page = client.get(QUOTE)
    data = dict(page.form_with(["nombres"]).form_values()) | {"nombres": "Luis", "lugar": lugar}
    assert client.raw.post("/borrador", data=data).status_code == 204
    assert drafts() == []


def test_a_mark_that_we_did_not_write_keeps_nothing(app, make, drafts):
    client = PageClient(app).sign_in(make.customer())
    page = client.get(QUOTE)
    for mark in ("", "x", "a" * 80, page.values("nombres")["de_quien"][:-1] + "x"):
        keep(client, page, QUOTE, nombres="Luis", de_quien=mark)
    assert drafts() == []


def test_a_draft_is_sealed_and_its_owner_is_a_hash(app, make):
    me = make.customer()
    client = PageClient(app).sign_in(me)
    keep(client, client.get(QUOTE), QUOTE, nombres="Luis", numero_documento="45454545")
    with app.app_context():
        (draft,) = db.session.scalars(select(Draft))
        assert b"45454545" not in draft.sealed
        assert str(me.account_id) != draft.owner
        assert len(draft.owner) == 64


def test_after_a_week_nothing_of_it_is_left(app, make, clock, drafts):
    me = make.customer()
    client = PageClient(app).sign_in(me)
    keep(client, client.get(QUOTE), QUOTE, nombres="Luis")
    for days, left in ((6, 1), (7, 0)):
        clock(days=days, seconds=1)
        page = PageClient(app).sign_in(me).get(QUOTE)
        assert (page.values("nombres")["nombres"] == "Luis") is bool(left)
        with app.app_context():
            retention.forget()
        assert len(drafts()) == left


def test_a_sign_up_stays_in_its_browser_and_is_shown_to_who_knows_the_document(app, client, clients):
    page = client.get("/crear-cuenta")
    action = "/crear-cuenta"
    assert (
        keep(client, page, action, numero_documento="71452236", nombres="Ana", correo="ana@correo.pe").status_code
        == 204
    )
    page = client.get(action)
    assert "Ana" not in page.text
    assert page.values("nombres")["nombres"] == ""
    assert "En este equipo quedó un registro sin enviar" in page.text
    wrong = client.submit(page, {"documento": "11111111"})
    assert "documento" in wrong.errors
    assert "Ana" not in wrong.text
    page = client.submit(client.get(action), {"documento": "DNI 71452236-7"})
    assert page.values("nombres")["nombres"] == "Ana"
    assert NOT_SENT in page.text
    other = clients()
    page = other.get(action)
    assert "sin enviar" not in page.text
    assert page.values("nombres")["nombres"] == ""


def test_a_colleague_s_text_comes_back_to_the_same_colleague_only(app, make, clock_at):
    morning = noon(today())  # a receipt is reversed on its own day only
    clock_at(morning)
    cashier, carla, luis = (make.collaborator() for _ in range(3))
    slip = make.slip(make.customer())
    with app.app_context():
        path = f"/gestion/caja/recibos/{receipts.receive(slip.number, slip.amount, cashier.actor)}"
    client = PageClient(app).sign_in(carla)
    page = client.get(path)
    clock_at(morning, seconds=31 * 60)
    page = client.submit(page, {"detalle": "Se cobró dos veces"})
    assert page.path.startswith("/ingresar")
    assert PageClient(app).sign_in(luis).get(path).values("detalle")["detalle"] == ""
    page = PageClient(app).sign_in(carla).get(path)
    assert page.values("detalle")["detalle"] == "Se cobró dos veces"
    assert NOT_SENT in page.text


@pytest.mark.parametrize("ends", [ended, lost])
def test_what_a_supervisor_typed_of_a_newcomer_comes_back(app, make, clock, ends):
    carla, luis = make.supervisor(), make.supervisor()
    client = PageClient(app).sign_in(carla)
    page = client.get("/gestion/personal-nuevo")
    ends(client, clock)
    client.submit(page, {"usuario": "rosa.quispe", "nombres": "Rosa"})
    for who, name in ((luis, ""), (carla, "Rosa")):
        page = PageClient(app).sign_in(who).get("/gestion/personal-nuevo")
        assert page.values("nombres")["nombres"] == name


def test_a_correction_with_a_token_that_is_too_old_checks_and_proposes_nothing(app, make):
    client = PageClient(app).sign_in(make.collaborator())
    someone = make.customer()
    client.submit(client.get("/gestion/buscar"), {"dato": someone.identity.number})
    page = client.get(f"/gestion/clientes/{someone.account_id}/datos")
    forget_token(client)
    page = client.submit(page, {"nombres": "Rossana"})
    assert "Presione otra vez" in page.errors[""]
    assert page.values("nombres")["nombres"] == "Rossana"


def test_a_session_says_how_long_it_lasts_and_asking_by_itself_is_no_use_of_it(app, make, clock):
    client = PageClient(app).sign_in(make.customer())
    quiet = {"X-By-Itself": "1"}

    def left(headers=None):
        return client.raw.get("/sesion", headers=headers).get_json()["queda"]

    assert 1790 <= left() <= 1800
    clock(minutes=20)
    assert 590 <= left(quiet) <= 600
    client.raw.get(QUOTE, headers=HTMX | quiet)
    assert 590 <= left(quiet) <= 600
    assert 1790 <= left() <= 1800, "one press goes on"
    clock(minutes=51)
    assert left(quiet) == left() == 0


def test_a_page_that_asks_by_itself_stays_when_the_session_ends(app, make, someone, clock):
    slip = make.slip(someone)
    client = PageClient(app).sign_in(someone)
    page = client.get(at(slip.public_id, "pago"))
    (poll,) = page.document.xpath("//*[@hx-trigger]")
    clock(minutes=31)
    answer = client.raw.get(poll.get("hx-get"), headers=HTMX | json.loads(poll.get("hx-headers")))
    assert (answer.status_code, answer.headers.get("HX-Redirect")) == (204, None)


def test_twelve_hours_are_the_end_whatever_is_pressed(app, make, clock):
    client = PageClient(app).sign_in(make.customer())
    for minutes in range(20, 12 * 60, 20):
        clock(minutes=minutes)
        assert client.raw.get("/sesion").get_json()["queda"] > 0
    clock(minutes=12 * 60 - 1)
    assert client.raw.get("/sesion").get_json()["queda"] <= 60


def test_managers_of_passwords_find_the_page_that_changes_one(client, make):
    answer = client.raw.get("/.well-known/change-password")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/perfil/clave")
    client.sign_in(make.customer())
    assert client.get("/.well-known/change-password").heading


def test_an_account_keeps_so_many_drafts_and_no_more(app):
    with app.app_context():
        mark = store.mark_of("account:1")
        for number in range(store.MOST_OF_AN_OWNER + 5):
            assert store.keep(mark, f"/cotizar/x/{number}", {"nombres": ["Luis"]})
        assert len(db.session.scalars(select(Draft)).all()) == store.MOST_OF_AN_OWNER
        assert not store.keep(mark, "/cotizar/x/y", {"nombres": ["x" * store.LARGEST]})
