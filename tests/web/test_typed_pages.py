"""Forms as they are filled from a chat, a mail or a PDF: with what nobody sees, labels and look-alikes."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import PurchaseBeneficiary, Quote
from tests.client import PageClient
from tests.factories import ACCIDENT, PASSWORD, Factories, Someone, Stage
from tests.web.wizard import go_on

_UNSEEN = "\u200b\u202a{}\u2069\ufeff\u00ad"


def pasted(**typed: str) -> dict[str, str | bool]:
    return {name: _UNSEEN.format(text.replace(" ", "\u00a0")) for name, text in typed.items()}


def test_a_sign_up_is_what_its_owner_sees(app: Flask, client: PageClient, make: Factories) -> None:
    client.get("/crear-cuenta")
    typed = pasted(
        numero_documento="DNI 66163161‑4",
        nombres="Ana Mari\u0301a",
        apellido_paterno="D´Angelo",
        apellido_materno="Ñahui–Quispe",
        fecha_nacimiento="27081994",
        celular="+51 ９８７ 654 321",
        correo="mailto:Ana@Gmail.com",
        direccion="Jr. Tacna 245",
    )
    places = {"departamento": "08", "provincia": "0806", "distrito": "080601"}
    page = client.post("/crear-cuenta", typed | places | {"tipo_documento": "DNI"})
    assert page.path.endswith("/terminos"), page.errors
    assert "ana@gmail.com" in page.text
    page = client.get(page.path.removesuffix("/terminos"))
    kept = page.values("nombres", "celular")
    assert (kept["numero_documento"], kept["nombres"], kept["apellido_paterno"], kept["apellido_materno"]) == (
        "66163161", "Ana María", "D'Angelo", "Ñahui-Quispe"
    )  # fmt: skip
    assert (kept["celular"], kept["correo"], kept["direccion"]) == ("987654321", "ana@gmail.com", "Jr. Tacna 245")


def test_another_insured_is_what_was_seen(app: Flask, client: PageClient, make: Factories) -> None:
    typed = pasted(
        numero_documento="66163161-I", nombres="Rosa Elena", apellido_paterno="O`Higgins", fecha_nacimiento="1994-08-27"
    )
    form = client.sign_in(make.customer()).get(f"/cotizar/{ACCIDENT}/plan-2")
    page = client.submit(form, typed | {"asegurado": "otra", "tipo_documento": "DNI", "acepta_asegurado": True})
    assert page.status == 200, page.errors
    with app.app_context():
        insured = db.session.scalars(select(Quote)).one().insured
        assert (insured.document_number, insured.names, insured.paternal_surname, insured.birth_date) == (
            "66163161", "Rosa Elena", "O'Higgins", date(1994, 8, 27)
        )  # fmt: skip


def test_a_beneficiary_is_what_was_seen_and_nothing_of_a_document_is_cut(
    app: Flask, visitor: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone)
    typed = pasted(nombres="Pedro", apellidos="Condori Flores", fecha_nacimiento="27.08.1994", porcentaje="100 %")
    choices = {"parentesco": "hijo", "tipo_documento": "CE"}
    page = visitor.submit(
        go_on(visitor, public_id), choices | typed | {"numero_documento": "0012345678901234"}, button="Siguiente"
    )
    assert page.errors["numero_documento"] == "El carné de extranjería tiene de 9 a 12 letras o números."
    assert page.values("numero_documento")["numero_documento"] == "0012345678901234"
    with app.app_context():
        assert db.session.scalars(select(PurchaseBeneficiary)).all() == []
    page = visitor.submit(page, {"numero_documento": " C.E. N.° 001\u2009234\u2009567"}, button="Siguiente")
    assert page.heading == "¿Cómo quiere pagar?"
    with app.app_context():
        kept = db.session.scalars(select(PurchaseBeneficiary)).one()
        assert (kept.document_number, kept.surnames, kept.birth_date) == (
            "001234567", "Condori Flores", date(1994, 8, 27)
        )  # fmt: skip


def test_a_code_pasted_whole_passes(visitor: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone, Stage.METHOD)
    page = go_on(visitor, public_id)
    code = make.code(public_id)
    page = visitor.submit(page, {"codigo": f" {code[:3]}\u202f{code[3:]}\u200b"}, button="Verificar")
    assert page.path.endswith("/terminos"), page.errors


def test_a_name_is_signed_in_with_as_it_is_pasted(client: PageClient, make: Factories) -> None:
    someone = make.customer()
    page = client.submit(
        client.get("/ingresar"),
        {"usuario": _UNSEEN.format(someone.username.upper()), "clave": "cuatro nubes bajo el mar \u200b"},
    )
    assert page.status == 422, "a password is what was chosen"
    page = client.submit(page, {"clave": PASSWORD})
    assert page.path == "/inicio", "the account was found"
