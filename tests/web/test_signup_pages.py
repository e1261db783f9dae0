"""From "Crear Cuenta Nueva" to the first login, with the mails that a person reads on the way."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, Consent, Signup
from tests.client import HTMX
from tests.factories import ACCIDENT

ANA = {
    "tipo_documento": "DNI",
    "numero_documento": "70123456",
    "nombres": "Ana María",
    "apellido_paterno": "De la Cruz",
    "apellido_materno": "Ñahui",
    "fecha_nacimiento": "27/08/1994",
    "celular": "987 654 321",
    "correo": "ana@gmail.com",
    "departamento": "08",
    "provincia": "0806",
    "distrito": "080601",
    "direccion": "Jr. Tacna 245",
}
WHO = ("tipo_documento", "numero_documento", "nombres", "apellido_paterno", "apellido_materno", "fecha_nacimiento")
CONTACT = "Ingresar Datos de contacto"
SIBLINGS = ("70123456", "70123457", "70123458")
NEW = "cuatro nubes bajo el mar"


def fill_in(client, **changes):
    """Type the answers as a person without JavaScript does: the lists of places come by their buttons."""
    typed = ANA | changes
    page = tell_who(client, client.get("/crear-cuenta"), **typed)
    if page.heading != CONTACT:
        return page
    return tell_contact(client, page, **typed)


def tell_contact(client, page, **typed):
    """The second screen."""
    contact = {name: typed[name] for name in ("celular", "correo", "direccion")}
    if client.htmx:  # with a script: the district by its name
        return client.submit(page, contact | {"lugar": "Sicuani"})
    page = client.submit(page, {"departamento": typed["departamento"]}, button="Ver provincias")
    page = client.submit(page, {"provincia": typed["provincia"]}, button="Ver distritos")
    return client.submit(page, contact | {"distrito": typed["distrito"]})


def tell_who(client, page, **typed):
    """The first screen."""
    own = [name for name in typed if name in page.values("nombres") and name in WHO]
    return client.submit(page, {name: typed[name] for name in own})


def agree(client, page, *, offers=False):
    """Accept the terms, and commercial mail or not."""
    return client.submit(page, {"comunicaciones": offers}, button="Aceptar y enviar el código")


def accept(client, **changes):
    page = fill_in(client, **changes)
    assert page.path.endswith("/terminos"), page.errors
    return agree(client, page)


@pytest.fixture
def mails(drain, mailbox):
    def mails():
        drain()
        return mailbox.store.mails()

    return mails


def text_of(mail):
    return mail.body("plain")


def test_the_whole_way(app, client, clients, mails):
    quote = f"/cotizar/{ACCIDENT}/plan-2"
    client.get(quote)
    page = fill_in(client)
    assert page.heading == "¿Es su correo?"
    assert "ana@gmail.com" in page.text
    assert "USO DE INFORMACIÓN Y DE MATERIALES" in page.text
    assert "RESPONSABILIDAD DEL USUARIO" in page.text
    page = agree(client, page, offers=True)
    assert page.heading == "Escriba el código"
    (mail,) = mails()
    words = text_of(mail)
    (link,) = re.findall(r"/activar/\S+", words)
    (code,) = re.findall(r"\b\d{6}\b", words)

    phone = clients()  # the mail is read on another device
    page = phone.get(link)
    assert page.heading == "Escriba el código"
    assert "ana@gmail.com" not in page.text
    page = phone.submit(page, {"codigo": code})
    assert page.heading == "Su cuenta ya está activa"
    (mail,) = [mail for mail in mails() if "contraseña inicial" in mail.header("Subject")]
    words = text_of(mail)
    (user,) = re.findall(r"Su usuario: (\S+)", words)
    (password,) = re.findall(r"Su contraseña inicial: ([a-z0-9]{15})\s", words)  # in one piece
    assert "/activar" not in words
    assert "/ingresar" not in words

    assert page.values("clave")["usuario"] == ""
    assert user not in page.text, "only where it was typed"
    mine = client.get(link)
    assert mine.values("clave")["usuario"] == user
    page = phone.submit(page, {"usuario": user, "clave": f" «Su contraseña inicial: {password}»\n"})
    assert page.heading == "Elija su contraseña"
    page = phone.submit(page, {"nueva": NEW})
    assert page.path == quote, "the plan that was chosen where the sign-up began"
    later = clients()
    later.get(link)
    assert "Le guardamos su plan" not in later.get("/ingresar").text, "it waits for a first login alone"
    with app.app_context():
        assert [row.granted for row in db.session.scalars(select(Consent))] == [True, True]


def test_each_wrong_answer_is_said_at_its_field_all_at_once_and_nothing_typed_is_lost(app, client):
    wrong = {
        "numero_documento": "123",
        "nombres": "Ana <b>",
        "fecha_nacimiento": "31/02/1994",
        "celular": "123",
        "correo": "ana",
        "direccion": "...",
    }
    page = client.post("/crear-cuenta", ANA | wrong)  # both screens at once
    assert page.status == 422
    assert set(page.errors) == {*wrong} & {*WHO}
    assert page.errors["numero_documento"] == "El DNI tiene 8 dígitos. Usted escribió 3."
    assert {name: page.values("correo")[name] for name in ANA} == ANA | wrong
    page = tell_who(client, page, **ANA)
    assert page.heading == CONTACT
    page = client.submit(page, {})
    assert (page.status, page.heading) == (422, CONTACT)
    assert set(page.errors) == {*wrong} - {*WHO}
    shown = page.values("correo")
    assert {name: shown[name] for name in ANA} == ANA | {name: wrong[name] for name in page.errors}
    with app.app_context():
        assert db.session.scalars(select(Signup)).all() == []


def test_only_a_passport_is_asked_who_issued_it(client, app):
    passport = {"tipo_documento": "PASAPORTE", "numero_documento": "ab123456"}
    page = client.get("/crear-cuenta")
    assert "País que lo emitió" not in page.text
    page = fill_in(client, **passport)  # without JavaScript the list comes with the answer
    assert page.status == 422
    assert page.errors == {"pais_documento": "Elija el país que emitió el pasaporte."}
    page = client.submit(page, {"pais_documento": "CO"})
    assert page.heading == CONTACT
    assert client.post("/crear-cuenta", ANA | passport | {"pais_documento": "CO"}).path.endswith("/terminos")
    page = client.page
    with app.app_context():
        assert db.session.scalars(select(Signup)).one().answers["pais_documento"] == "CO"
    again = client.get(page.path.removesuffix("/terminos"))
    assert again.values("correo")["pais_documento"] == "CO"
    for kind, shown in (("PASAPORTE", True), ("CE", False)):
        answer = client.raw.get(f"/pais-documento?tipo_documento={kind}", headers=HTMX).text
        assert ("País que lo emitió" in answer) is shown
    assert client.get("/pais-documento?tipo_documento=PASAPORTE").path == "/crear-cuenta"


def test_an_empty_form_asks_for_each_answer_in_words(client):
    page = client.submit(client.get("/crear-cuenta"), {"nombres": ""})
    assert page.status == 422
    assert set(page.errors) == {*WHO} - {"tipo_documento", "apellido_materno"}  # a DNI is what most people have
    page = client.submit(tell_who(client, page, **ANA), {})
    assert set(page.errors) == {"celular", "correo", "departamento", "direccion"}  # no province before a department


def test_one_goes_back_and_on_and_nothing_typed_is_lost(client):
    page = tell_who(client, client.get("/crear-cuenta"), **ANA)
    page = client.submit(page, {"celular": "987", "direccion": "Jr. Tacna 245"}, button="Volver")
    assert page.heading == "Ingresar Datos"
    assert page.values("nombres")["nombres"] == "Ana María"
    page = client.submit(page, {"nombres": "Ana Lucía"})
    shown = page.values("celular")
    assert (shown["nombres"], shown["celular"], shown["direccion"]) == ("Ana Lucía", "987", "Jr. Tacna 245")


def test_on_a_shared_phone_nobody_goes_back_to_what_another_typed(client):
    """Whoever left it half written, or written and not accepted; the next person opens the page, follows a link of it
    and goes back."""
    client.htmx = True
    for go_on in (tell_who, lambda *_args, **typed: client.post("/crear-cuenta", typed)):
        go_on(client, client.get("/crear-cuenta"), **ANA)
        client.get("/crear-cuenta")
        client.get("/ingresar")
        back = client.raw.get("/crear-cuenta", headers=HTMX | {"HX-History-Restore-Request": "true"})
        assert (back.status_code, back.location) == (200, None)
        for typed in ("nombres", "numero_documento", "correo"):
            assert ANA[typed] not in back.text


def test_what_its_writer_asked_for_is_shown_once(client):
    tell_who(client, client.get("/crear-cuenta"), **ANA)
    page = client.submit(client.get("/crear-cuenta"), {"documento": ANA["numero_documento"]})
    assert page.values("nombres")["nombres"] == ANA["nombres"]
    assert client.get("/crear-cuenta").values("nombres")["nombres"] == ""


def test_a_district_is_sought_by_its_name_once_a_script_runs(client):
    client.htmx = True
    page = tell_who(client, client.get("/crear-cuenta"), **ANA)
    assert {"lugar", "direccion"} <= {*page.values("celular")}
    found = client.raw.get("/ubigeo?lugar=sicu", headers=HTMX).text
    assert "Sicuani, Canchis, Cusco" in found
    written = page.values("celular") | {"lugar": "sicu", "direccion": ANA["direccion"]}
    chosen = client.post("/crear-cuenta", written | {"ver": "080601"})  # a POST: no log holds it
    places = {name: ANA[name] for name in ("departamento", "provincia", "distrito")}
    shown = chosen.values("celular")
    assert {name: shown[name] for name in (*places, "direccion")} == places | {"direccion": ANA["direccion"]}
    assert chosen.document.xpath("//*[@autofocus]/@name") == ["direccion"]
    lists = client.post("/crear-cuenta", written | {"ver": "listas"})
    assert lists.document.xpath("//*[@autofocus]/@name") == ["departamento"]
    again = client.submit(chosen, button="Cambiar").values("celular")
    assert (again["lugar"], again["direccion"], "distrito" in again) == ("", ANA["direccion"], False)
    assert client.raw.get("/ubigeo?lugar=%3Cb%3E", headers=HTMX).status_code == 200
    assert "Tacna" not in "".join(str(one) for one in page.document.xpath("//@hx-get | //@hx-include"))
    contact = {name: ANA[name] for name in ("celular", "correo", "direccion")}
    page = client.submit(page, contact | {"lugar": "Miraflores"})
    assert page.errors == {"lugar": "Escriba su distrito y elíjalo de la lista."}
    page = client.submit(page, {"lugar": "sicuani"})  # there is one
    assert page.path.endswith("/terminos"), page.errors


def test_someone_under_18_is_refused(client):
    page = fill_in(client, fecha_nacimiento="01/01/2020")
    assert page.errors == {"fecha_nacimiento": "Debe tener 18 años o más para abrir una cuenta."}


def test_a_place_that_is_not_under_the_one_above_is_let_go(client):
    page = fill_in(client)
    page = client.post("/crear-cuenta", ANA | {"departamento": "15"})
    assert page.status == 422
    assert page.errors == {"provincia": "Elija su provincia."}


def test_the_lists_of_places_come_as_a_fragment(client):
    answer = client.raw.get("/ubigeo?departamento=08", headers=HTMX)
    assert answer.status_code == 200
    assert "Canchis" in answer.text
    assert "<html" not in answer.text
    answer = client.raw.get("/ubigeo?provincia=0806", headers=HTMX)
    assert "Sicuani" in answer.text
    assert 'name="provincia"' not in answer.text  # whoever chose by typing is still at that list
    assert client.raw.get("/ubigeo?provincia=%3Cb%3E", headers=HTMX).status_code == 200
    assert client.get("/ubigeo").path == "/crear-cuenta"


def test_a_slip_in_the_address_is_corrected_with_one_press(client, mails):
    page = fill_in(client, correo="ana@gmial.com")
    assert "¿Quiso escribir ana@gmail.com?" in page.text
    page = client.submit(page, button="Sí, corregirlo", action=page.path.replace("terminos", "sugerencia"))
    assert "ana@gmail.com" in page.text
    assert "gmial" not in page.text
    agree(client, page)
    assert len(mails()) == 1


@pytest.mark.parametrize(
    ("domain", "is_doubted"),
    [("ymail.com", False), ("outlook.com.pe", False), ("hotmail.co", False), ("gmial.com", True)],
)
def test_the_address_as_typed_stays_first_and_one_with_mail_is_not_doubted(client, mails, domain, is_doubted):
    page = fill_in(client, correo=f"ana@{domain}")
    assert ("Puede tener un error" in page.text) is is_doubted
    (primary,) = page.document.xpath("//main//button[contains(@class, 'btn-primary')]")
    assert primary.text_content().strip() == "Aceptar y enviar el código"
    agree(client, page)
    assert [mail.header("To") for mail in mails()] == [f"ana@{domain}"]


def test_the_address_can_be_corrected_from_the_page_of_the_code(client):
    page = agree(client, fill_in(client, correo="ana@hotmail.com"))
    page = client.follow(page, "Corregir el correo")
    assert page.values("correo")["correo"] == "ana@hotmail.com"
    assert "ana@yahoo.com" in client.submit(page, {"correo": "ana@yahoo.com"}).text


def test_the_address_can_be_corrected_with_everything_typed_still_there(client):
    page = fill_in(client, correo="ana@hotmail.com")
    page = client.follow(page, "Corregir el correo")
    shown = page.values("correo")
    assert {name: shown[name] for name in ANA} == ANA | {"correo": "ana@hotmail.com", "celular": "987654321"}
    page = client.submit(page, {"correo": "ana@yahoo.com"})
    assert "ana@yahoo.com" in page.text
    assert "hotmail" not in page.text


def test_the_terms_must_be_accepted_and_commercial_mail_comes_unticked(client, mails):
    page = fill_in(client)
    assert not page.values("comunicaciones").get("comunicaciones")
    page = client.submit(page, {"comunicaciones": True})  # not by the button that accepts
    assert page.status == 422
    assert "acepta" in page.errors
    assert page.values("comunicaciones").get("comunicaciones")
    assert mails() == []


def test_what_was_typed_is_shown_only_to_the_browser_where_it_was_typed(client, clients):
    path = fill_in(client).path
    for address in (path, path.removesuffix("/terminos")):
        assert client.get(address).status == 200
        assert clients().get(address).status == 404


def test_several_sign_ups_in_one_browser_are_all_finished(app, client, mails):
    typed = [fill_in(client, numero_documento=number, correo=f"{number}@gmail.com") for number in SIBLINGS]
    for page in typed:
        page = client.get(page.path)
        page = client.submit(client.follow(page, "Corregir el correo"), {"direccion": "Jr. Puno 12"})
        page = agree(client, page)
        assert page.heading == "Escriba el código"
    for mail in mails():
        (link,) = re.findall(r"/activar/\S+", text_of(mail))
        (code,) = re.findall(r"\b\d{6}\b", text_of(mail))
        assert mail.header("To") in client.get(link).text
        assert client.submit(client.page, {"codigo": code}).heading == "Su cuenta ya está activa"
    with app.app_context():
        assert set(db.session.scalars(select(Account.document_number))) == set(SIBLINGS)


def test_a_sign_up_outlasts_a_session_that_begins_and_ends_beside_it(make, client, mails):
    someone = make.customer()
    page = fill_in(client)
    entered = client.submit(client.get("/ingresar"), {"usuario": someone.username, "clave": someone.password})
    assert entered.path == "/inicio"
    assert client.get(page.path).heading == "¿Es su correo?"
    client.submit(client.get("/inicio"), action="/salir")
    page = agree(client, client.get(page.path))
    assert page.heading == "Escriba el código"


def test_an_identity_with_an_account_sees_the_same_pages_and_only_the_account_is_told(app, make, clients, mails):
    make.customer(document_number="70999888", email="suya@gmail.com")
    seen = []
    for number in ("70123456", "70999888"):
        browser = clients()
        pages = [fill_in(browser, numero_documento=number, correo="ajena@gmail.com")]
        pages.append(agree(browser, pages[-1]))
        pages.append(browser.submit(pages[-1], {"codigo": "000000"}))
        pages.append(browser.submit(pages[-1], action=pages[-1].path + "/reenviar"))
        seen.append([(page.status, _without_tokens(page.html)) for page in pages])
    assert seen[0] == seen[1]
    assert "vaya a una agencia de MASSIV con su documento" in pages[1].text
    sent = mails()
    assert len(sent) == 2
    told = [mail for mail in sent if "ya tiene una cuenta" in text_of(mail)]
    assert len(told) == 1
    with app.app_context():
        assert len(db.session.scalars(select(Account)).unique().all()) == 1


def _without_tokens(html):
    html = re.sub(r'name="(csrf_token|mostrado)" value="[^"]+"', "", html)
    html = re.sub(r"en \d+ segundos", "", html)
    return re.sub(r"/(crear-cuenta|activar)/[\w-]{43}", r"/\1/token", html)


def test_opening_the_link_changes_nothing(app, client, clients):
    path = accept(client).path
    scanner = clients()
    for _ in range(7):
        scanner.get(path)
    with app.app_context():
        (row,) = db.session.scalars(select(Signup)).all()
        assert row.completed_at is None


def test_a_wrong_code_keeps_what_was_typed_and_counts_down(client):
    page = client.submit(accept(client), {"codigo": "12 34"})
    assert page.errors["codigo"] == "El código tiene 6 dígitos."
    assert page.values("codigo")["codigo"] == "12 34"
    page = client.submit(page, {"codigo": "000000"})
    assert page.status == 422
    assert "intentos" in page.errors["codigo"]


def test_another_code_comes_after_a_minute(client, clock, mails):
    page = accept(client)
    path = page.path
    page = client.submit(page, action=path + "/reenviar")
    assert page.status == 422
    assert "Puede pedir otro en" in page.errors["codigo"]
    assert len(mails()) == 1
    clock(seconds=61)
    page = client.submit(page, action=path + "/reenviar")
    assert page.path == path
    assert "Pedimos otro código" in page.text
    assert len(mails()) == 2


def test_a_second_opening_after_completion_is_answered_kindly(client, mails):
    page = accept(client)
    path = page.path
    (code,) = re.findall(r"\b\d{6}\b", text_of(mails()[0]))
    first = client.submit(page, {"codigo": code})
    again = client.submit(page, {"codigo": code})  # pressed twice, or back and again
    assert first.heading == again.heading == client.get(path).heading == "Su cuenta ya está activa"
    for address in (path.replace("activar", "crear-cuenta"), path.replace("activar", "crear-cuenta") + "/terminos"):
        assert client.get(address).path == path
    assert len(mails()) == 2


def test_the_credentials_are_mailed_again_on_request(app, client, clock, mails):
    page = accept(client)
    (code,) = re.findall(r"\b\d{6}\b", text_of(mails()[0]))
    page = client.submit(page, {"codigo": code})
    again = page.path + "/datos"
    mails()
    assert "Puede pedirlos otra vez en" in client.submit(page, action=again).errors[""]
    clock(seconds=61)
    page = client.get(page.path)
    for _ in range(3):  # pressed again and again
        done = client.submit(page, action=again)
        assert (done.status, done.path) == (200, page.path)
    second, first = (
        re.findall(r"Su contraseña inicial: (\S+)", text_of(mail))[0]
        for mail in mails()
        if "contraseña inicial" in mail.header("Subject")
    )
    assert client.submit(done, {"clave": first}).status == 422
    page = client.submit(client.get(page.path), {"clave": second})
    client.submit(page, {"nueva": NEW})
    client.submit(client.get("/inicio"), action="/salir")
    gone = client.get(done.path)
    assert (gone.path, gone.values("usuario")["usuario"]) == ("/ingresar", "")
    assert ANA["correo"] not in gone.html
    clock(minutes=2)
    assert "¿Olvidó su contraseña?" in client.post(again).errors[""]
    assert len(mails()) == 4


def test_of_an_account_that_nobody_signed_in_to_its_page_shows_nothing_after_a_day(client, clock, mails):
    page = accept(client)
    (code,) = re.findall(r"\b\d{6}\b", text_of(mails()[0]))
    page = client.submit(page, {"codigo": code})
    assert ANA["correo"] in page.text
    assert page.values("usuario")["usuario"]
    assert len(mails()) == 2
    clock(hours=25)
    again = page.path + "/datos"
    page = client.get(page.path)
    assert (page.path, page.values("usuario")["usuario"]) == ("/ingresar", "")
    assert "¿Olvidó su contraseña?" in client.post(again).errors[""]
    assert len(mails()) == 2


def test_a_link_older_than_a_day_says_so(client, clock):
    page = accept(client)
    clock(hours=25)
    page = client.get(page.path)
    assert (page.status, page.heading) == (200, "Este enlace ya venció")
    assert page.links["Empezar otra vez"] == "/crear-cuenta"


def test_a_link_that_never_was_is_not_found(client):
    assert client.get("/activar/" + "x" * 43).status == 404


def test_one_document_cannot_be_flooded_but_mistyping_is_free(client):
    for _ in range(12):
        assert fill_in(client, celular="1").status == 422
    page = None
    for _ in range(11):
        page = client.post("/crear-cuenta", ANA)
    assert page is not None
    assert page.status == 429
