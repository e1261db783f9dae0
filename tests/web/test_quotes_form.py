"""The quote's form (S11, S12): who is insured, from when, and nothing that a person posts beyond that."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.formats import day
from portal.extensions import db
from portal.models import Consent, Quote
from tests.client import PageClient
from tests.factories import ACCIDENT, CANCER, FUNERAL, HOSPITAL

FORM = f"/cotizar/{ACCIDENT}/plan-2"
ROSA: dict[str, str | bool] = {
    "asegurado": "otra",
    "tipo_documento": "DNI",
    "numero_documento": "07654321",
    "nombres": "Rosa  Elena",
    "apellido_paterno": "Quispe",
    "apellido_materno": "",
    "fecha_nacimiento": "27/08/1994",
    "acepta_asegurado": True,
}


@pytest.fixture
def quotes(app):
    """The stored quotes, oldest first."""

    def read():
        with app.app_context():
            return db.session.scalars(select(Quote).order_by(Quote.id)).all()

    return read


def test_form_shows_the_holder_and_insures_them_by_default(client, make, quotes):
    juana = make.customer()
    page = client.sign_in(juana).get(FORM)
    assert "Juana Mamani Quispe" in page.text
    assert juana.identity.number in page.text
    quote = client.submit(page, {"asegurado": "yo"})
    (stored,) = quotes()
    assert quote.path == f"/cotizaciones/{stored.number}"
    assert stored.holder_is_insured
    assert stored.chosen_start is None


def test_who_issued_the_passport_of_another_insured_is_asked_and_shown(client, make, quotes):
    passport = ROSA | {"tipo_documento": "PASAPORTE", "numero_documento": "AB123456"}
    page = client.sign_in(make.customer()).submit(client.get(FORM), passport)
    assert page.errors == {"pais_documento": "Elija el país que emitió el pasaporte."}
    page = client.submit(page, {"pais_documento": "VE", "acepta_asegurado": True})
    assert "AB123456 (Venezuela)" in page.text
    (stored,) = quotes()
    assert (stored.insured.country, stored.insured.document_number) == ("VE", "AB123456")
    again = client.get(f"{FORM}?de={stored.number}")
    assert again.values("asegurado")["pais_documento"] == "VE"


def test_another_person_is_insured_as_declared(client, make, quotes, app):
    quote = client.sign_in(make.customer()).submit(client.get(FORM), ROSA)
    (stored,) = quotes()
    assert quote.status == 200
    assert stored.insured.full_name == "Rosa Elena Quispe"
    assert stored.insured.document_number == "07654321"
    assert not stored.holder_is_insured
    with app.app_context():
        assert db.session.scalars(select(Consent.text_key)).all() == ["declaracion-asegurado"]


@pytest.mark.parametrize("missing", ["apellido_materno", "apellido_paterno", "nombres", "numero_documento"])
def test_a_field_that_was_not_sent_is_an_empty_one(client, make, quotes, missing):
    page = client.sign_in(make.customer()).get(FORM)
    sent = page.values("solicitud") | ROSA | {"acepta_asegurado": "y"}
    answer = client.post(FORM, {name: value for name, value in sent.items() if name != missing})
    assert (answer.status, len(quotes())) == ((200, 1) if missing == "apellido_materno" else (422, 0))


@pytest.mark.parametrize("typed", ["1/1/99999999999", "99999999999999999999/1/2030", "1_0/1/2030"])
def test_what_is_no_day_is_refused_and_kept(client, make, quotes, typed):
    page = client.sign_in(make.customer()).submit(client.get(FORM), {"cuando": "fecha", "inicio": typed})
    assert page.errors == {"inicio": "Escriba la fecha como 27/08/1994."}
    assert page.values("inicio")["inicio"] == typed


def test_cover_may_start_on_a_chosen_day(client, make, quotes):
    tomorrow = portal_clock.today() + timedelta(days=1)
    client.sign_in(make.customer()).submit(client.get(FORM), {"cuando": "fecha", "inicio": day(tomorrow)})
    assert [one.chosen_start for one in quotes()] == [tomorrow]


@pytest.mark.parametrize("days", [0, 31])
def test_start_outside_its_days_is_refused_at_the_field(client, make, quotes, days):
    typed = day(portal_clock.today() + timedelta(days=days))
    page = client.sign_in(make.customer()).submit(client.get(FORM), {"cuando": "fecha", "inicio": typed})
    assert page.status == 422
    assert page.errors["inicio"].startswith("Elija un día entre mañana")
    assert page.values("inicio")["inicio"] == typed
    assert quotes() == []


def test_a_chosen_day_must_be_written(client, make, quotes):
    page = client.sign_in(make.customer()).submit(client.get(FORM), {"cuando": "fecha"})
    assert page.errors == {"inicio": "Escriba el día de inicio."}
    assert quotes() == []


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("numero_documento", "1234567", "El DNI tiene 8 dígitos. Usted escribió 7."),
        ("numero_documento", "", "Escriba el número de documento."),
        ("nombres", "R0sa", "Use solo letras, espacios, guion o apóstrofo."),
        ("apellido_paterno", " ", "Escriba el apellido paterno."),
        ("fecha_nacimiento", "31/02/1994", "Febrero de 1994 tiene 28 días: revise el día."),
        ("fecha_nacimiento", "", "Escriba la fecha de nacimiento."),
        ("fecha_nacimiento", "27/08/2190", "Revise el año de nacimiento."),
        ("acepta_asegurado", False, "Marque que la persona asegurada está de acuerdo."),
    ],
)
def test_a_mistake_in_the_other_person_is_told_at_its_field(client, make, quotes, field, typed, words):
    page = client.sign_in(make.customer()).submit(client.get(FORM), {**ROSA, field: typed})
    assert page.status == 422
    assert page.errors == {field: words}
    kept = page.values("asegurado")
    for name in ROSA.keys() - {field, "acepta_asegurado"}:
        assert kept[name] == ROSA[name]
    assert quotes() == []


def test_all_mistakes_are_told_at_once(client, make):
    page = client.sign_in(make.customer()).submit(client.get(FORM), {"asegurado": "otra"})
    assert page.errors.keys() == {
        "numero_documento",
        "nombres",
        "apellido_paterno",
        "fecha_nacimiento",
        "acepta_asegurado",
    }


def test_what_was_typed_for_another_person_is_ignored_for_oneself(client, make, quotes):
    typed = {**ROSA, "asegurado": "yo", "fecha_nacimiento": "ayer", "cuando": "pronto", "inicio": "mañana"}
    client.sign_in(make.customer()).submit(client.get(FORM), typed)
    assert [one.holder_is_insured for one in quotes()] == [True]


def test_the_holders_own_document_is_not_another_person(client, make, quotes):
    juana = make.customer()
    page = client.sign_in(juana).submit(client.get(FORM), {**ROSA, "numero_documento": juana.identity.number})
    assert page.errors["numero_documento"].startswith("Ese es su propio documento.")
    assert quotes() == []


def test_another_person_outside_the_ages_is_refused_at_the_birth_date(client, make, quotes):
    page = client.sign_in(make.customer()).submit(client.get(FORM), {**ROSA, "fecha_nacimiento": "01/01/1940"})
    assert page.status == 422
    assert page.errors["fecha_nacimiento"].startswith("Este seguro es para personas de 18 a 65 años.")
    assert page.values("asegurado")["nombres"] == ROSA["nombres"]
    assert quotes() == []


def test_age_is_judged_on_the_latest_start(client, make, quotes):
    # 65 today, 66 on the latest day on which a quote of today lets cover begin.
    turns_66 = portal_clock.today() + timedelta(days=16)
    born = turns_66.replace(year=turns_66.year - 66)
    page = client.sign_in(make.customer(birth_date=born)).submit(client.get(FORM), {"asegurado": "yo"})
    assert page.status == 422
    assert "la edad sería 66" in page.errors["asegurado"]
    assert quotes() == []


def test_the_same_form_sent_twice_makes_one_quote(client, make, quotes):
    page = client.sign_in(make.customer()).get(FORM)
    first, second = client.submit(page, {"asegurado": "yo"}), client.submit(page, {"asegurado": "yo"})
    assert first.path == second.path
    assert len(quotes()) == 1


def test_the_same_form_with_other_answers_makes_another_quote(client, make, quotes):
    page = client.sign_in(make.customer()).get(FORM)
    client.submit(page, {"asegurado": "yo"})
    client.submit(page, ROSA)
    assert [one.insured.names for one in quotes()] == ["Juana", "Rosa Elena"]


@pytest.mark.parametrize("token", ["", "corto", "con espacios y más", "x" * 44])
def test_a_form_without_its_token_is_asked_for_again(client, make, quotes, token):
    page = client.sign_in(make.customer()).get(FORM)
    again = client.post(FORM, {**page.values("asegurado"), "solicitud": token})
    assert again.status == 422
    assert again.errors[""] == "Revise sus respuestas y pulse Aceptar otra vez."
    client.submit(again, {"asegurado": "yo"})
    assert len(quotes()) == 1


def test_nothing_else_that_is_posted_has_effect(client, make, quotes):
    juana, luis = make.customer(), make.customer()
    page = client.sign_in(juana).get(FORM)
    extra = {"premium_total": "1", "premium_net": "1", "estado": "comprada", "state": "bought", "plan_code": "plan-3"}
    client.post(FORM, {**page.values("asegurado"), **extra, "account_id": luis.account_id, "valid_until": "2099-01-01"})
    (stored,) = quotes()
    assert str(stored.premium_total) == "72.92"
    assert (stored.plan_code, stored.state.value, stored.account_id) == ("plan-2", "valid", juana.account_id)
    assert stored.valid_until < portal_clock.now() + timedelta(days=17)


def test_a_type_of_document_that_does_not_exist_is_not_accepted(client, make, quotes):
    page = client.sign_in(make.customer()).get(FORM)
    answer = client.post(FORM, {**page.values("asegurado"), **ROSA, "tipo_documento": "RUC", "acepta_asegurado": "y"})
    assert answer.status == 422
    assert quotes() == []


def test_a_plan_that_is_not_on_sale_leads_to_those_that_are(client, make):
    client.sign_in(make.customer())
    assert client.get(f"/cotizar/{ACCIDENT}/plan-9").path == "/productos"
    assert client.get("/cotizar/nada/plan-1").path == "/productos"


def test_form_works_the_same_through_htmx(app, make, quotes):
    client = PageClient(app, htmx=True).sign_in(make.customer())
    page = client.get(FORM)
    wrong = client.submit(page, {**ROSA, "numero_documento": "1"})
    assert wrong.status == 422
    assert wrong.response.headers["HX-Push-Url"] == "false"
    assert client.submit(wrong, {"numero_documento": "07654321"}).path == f"/cotizaciones/{quotes()[0].number}"


@pytest.mark.parametrize("product", [ACCIDENT, HOSPITAL, FUNERAL, CANCER])
def test_what_a_person_types_is_escaped(client, make, product):
    mallory = make.customer(address="<script>alert(1)</script>", phone="<i>")
    page = client.sign_in(mallory).get(f"/cotizar/{product}/plan-1")
    assert "<i>" not in page.html
    assert "&lt;i&gt;" in page.html
