"""The first step of the wizard: people are named with a share each, and what was typed is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.client import PageClient
from tests.factories import CANCER, FUNERAL, HOSPITAL, Factories, Someone, Stage, beneficiary
from tests.web.wizard import PEDRO, ROSA, at, go_on


def test_a_person_is_not_added_twice_when_shares_do_not_add_up(
    visitor: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone)
    page = visitor.submit(go_on(visitor, public_id), ROSA, button="Siguiente")
    assert "Faltan 40 %" in page.text
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
    assert [share in page.text for share in ("33.34 %", "33.33 %", "100 %")] == [True] * 3
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
            for typed in ("1_0", "1e2", "+10", "-5", "1 0", ".5", "sNaN", "1" * 5000)
        ),
        *(
            ({"fecha_nacimiento": typed}, "fecha_nacimiento", "Escriba la fecha como 27/08/1994.")
            for typed in ("1/1/99999999999", "99999999999999999999/1/1990", "1_0/1/1990")
        ),
        ({"fecha_nacimiento": "31/02/1990"}, "fecha_nacimiento", "Febrero de 1990 tiene 28 días: revise el día."),
        ({"fecha_nacimiento": "14/03/2020"}, "representante", "Es menor de edad: escriba quién cobrará en su nombre."),
        ({"nombres": "<b>Rosa</b>"}, "nombres", "Use solo letras, espacios, guion o apóstrofo."),
        ({"apellidos": " "}, "apellidos", "Escriba los apellidos."),
    ],
)
def test_a_bad_beneficiary_keeps_what_was_typed(
    client: PageClient, make: Factories, someone: Someone, typed: dict[str, str], field: str, words: str
) -> None:
    public_id = make.purchase(someone)
    page = client.sign_in(someone).submit(go_on(client, public_id), ROSA | typed, button="Agregar otra persona")
    assert (page.status, page.errors[field]) == (422, words)
    kept = page.values("nombres", "porcentaje")
    assert {name: kept[name] for name in ROSA} == {name: text.strip() for name, text in (ROSA | typed).items()}


def test_a_share_may_have_a_comma_and_its_sign(client: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone)
    typed = ROSA | {"porcentaje": " 33,5 % "}
    page = client.sign_in(someone).submit(go_on(client, public_id), typed, button="Agregar otra persona")
    assert page.status == 200
    assert "33.5 %" in page.text


@pytest.mark.parametrize("person", ["9" * 5000, "99999999999999999999", "-1", "x"])
def test_a_person_nobody_named_is_a_page_of_the_portal(
    client: PageClient, make: Factories, someone: Someone, person: str
) -> None:
    address = at(make.purchase(someone), "beneficiarios")
    assert client.sign_in(someone).get(address, persona=person).status in (200, 404)
    client.get(address)
    sent = ROSA | {"tipo_documento": "DNI", "guardar": "1", "persona": person}
    assert client.post(address, sent).status in (200, 404)


def test_the_insured_is_no_beneficiary(client: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone)
    typed = ROSA | {"numero_documento": someone.identity.number}
    page = client.sign_in(someone).submit(go_on(client, public_id), typed, button="Agregar otra persona")
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


def test_who_issued_a_beneficiarys_passport_is_asked_and_shown(
    visitor: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone)
    typed = ROSA | {"tipo_documento": "PASAPORTE", "numero_documento": "ab123456", "porcentaje": "100"}
    page = visitor.submit(go_on(visitor, public_id), typed, button="Siguiente")
    assert page.errors == {"pais_documento": "Elija el país que emitió el pasaporte."}
    page = visitor.submit(page, {"pais_documento": "BO"}, button="Siguiente")
    assert page.path == at(public_id, "forma-de-pago")
    page = visitor.get(at(public_id, "beneficiarios"))
    assert "Pasaporte AB123456 (Bolivia)" in page.text
    page = visitor.follow(page, "Editar a Rosa Condori Flores")
    assert page.values("porcentaje")["pais_documento"] == "BO"


def test_nobody_types_a_share_and_all_have_as_much(visitor: PageClient, make: Factories, someone: Someone) -> None:
    address = at(make.purchase(someone), "beneficiarios")
    page = visitor.get(address)
    for number in range(3):
        typed = ROSA | {"numero_documento": f"7145223{number}", "porcentaje": ""}
        page = visitor.submit(page, typed, button="Agregar otra persona")
    assert [page.text.count(share) for share in ("33.34 %", "33.33 %", "100 %")] == [1, 2, 1]
    taken_off = page.document.xpath("//button[@name='quitar']/@value")[0]
    page = visitor.post(address, {"quitar": taken_off})
    assert page.text.count("50 %") == 2


def test_a_share_that_nobody_types_is_what_the_others_leave(
    visitor: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone)
    page = visitor.submit(go_on(visitor, public_id), ROSA, button="Agregar otra persona")
    page = visitor.submit(page, PEDRO | {"porcentaje": ""}, button="Agregar otra persona")
    assert [share in page.text for share in ("60 %", "40 %")] == [True, True]
    page = visitor.submit(page, PEDRO | {"numero_documento": "71452239", "porcentaje": ""}, button="Siguiente")
    assert "Los demás ya tienen el 100 %" in page.errors["porcentaje"]


def test_who_is_named_elsewhere_is_named_again_by_one_press(
    visitor: PageClient, make: Factories, someone: Someone, drain: Callable[[], object]
) -> None:
    make.purchase(someone, Stage.PAID, named=[beneficiary("Carmen", share="60"), beneficiary("Luz", share="40")])
    drain()
    public_id = make.purchase(someone)
    page = visitor.submit(go_on(visitor, public_id), {}, button="Los mismos de su otro seguro: Carmen, Luz")
    assert page.path == at(public_id, "forma-de-pago")
    assert [words in page.text for words in ("60 %", "40 %")] == [True, True]
    assert "Cobran: Carmen, Luz" in page.text


@pytest.mark.parametrize("button", ["mismos", "sin"])
def test_one_press_for_the_whole_list_takes_nobody_off(
    visitor: PageClient, make: Factories, someone: Someone, drain: Callable[[], object], button: str
) -> None:
    make.purchase(someone, Stage.PAID, named=[beneficiary("Carmen")])
    drain()
    address = at(make.purchase(someone), "beneficiarios")
    visitor.submit(visitor.get(address), ROSA, button="Agregar otra persona")
    page = visitor.post(address, {button: "1"})  # of a tab that was open before
    assert (page.status, "La lista cambió. Revísela" in page.text) == (422, True)
    assert "Rosa Condori Flores" in page.text
    assert visitor.get(address).path == address


def test_the_same_people_of_nobody_are_not_the_legal_heirs(
    visitor: PageClient, make: Factories, someone: Someone
) -> None:
    address = at(make.purchase(someone), "beneficiarios")
    visitor.get(address)
    assert visitor.post(address, {"mismos": "1"}).status == 422
    assert visitor.get(at(address.split("/")[2])).path == address


def test_a_dni_is_typed_on_figures_and_a_date_without_strokes_is_that_of_a_minor(
    visitor: PageClient, make: Factories, someone: Someone
) -> None:
    page = go_on(visitor, make.purchase(someone))
    assert page.document.xpath("//input[@name='numero_documento']/@data-number") == ["tipo_documento"]
    assert page.document.xpath("//*[@data-minor]/@data-minor") == ["18"]
    page = visitor.submit(page, ROSA | {"fecha_nacimiento": "27082015", "porcentaje": ""}, button="Siguiente")
    assert "representante" in page.errors
    assert not page.document.xpath("//*[@data-minor and @hidden]")


def test_what_somebody_is_of_the_insured_is_asked(visitor: PageClient, make: Factories, someone: Someone) -> None:
    page = go_on(visitor, make.purchase(someone))
    page = visitor.submit(
        page, {name: words for name, words in ROSA.items() if name != "parentesco"}, button="Siguiente"
    )
    assert page.errors == {"parentesco": "Elija qué es de la persona asegurada."}
