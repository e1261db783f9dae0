"""Texts that a person accepts: the owner's words, their version and their fingerprint."""

import hashlib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from portal.domain.catalogue import CatalogueError, load_files, parse_product
from portal.domain.texts import load_texts, parse_text

CATALOGUE = Path(__file__).parents[2] / "portal" / "catalogue"
TEXTS = load_texts(CATALOGUE / "texts")

GOOD: dict[str, Any] = {
    "key": "prueba",
    "version": "2026-11-01",
    "title": "Prueba",
    "acceptance": "Acepto.",
    "draft_notice": "Borrador.",
    "sections": [{"title": "Uno", "paragraphs": ["Primero.", "Segundo."]}],
}


def test_every_text_that_the_portal_asks_to_accept_is_there():
    asked = {
        "registro",
        "comunicaciones-comerciales",
        "cotizacion",
        "compra",
        "cambio-de-plan",
        "declaracion-asegurado",
        "datos-de-salud",
        "renovacion",
    }
    assert set(TEXTS) == asked


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_text_says_that_it_is_a_draft(text):
    assert "borrador, pendiente de asesoría legal" in text.draft_notice


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            "registro",
            "encuentran registradas en el Perú. MASSIV también reclama derechos sobre otras marcas registradas",
        ),
        ("registro", "USO DE INFORMACIÓN Y DE MATERIALES"),
        ("registro", "Se prohibe estrictamente el uso no autorizado de este sitio Web y de los sistemas de MASSIV;"),
        ("registro", "La elegibilidad o asegurabilidad de cualquier persona o bien para productos y servicios"),
        ("registro", "RESPONSABILIDAD DEL USUARIO"),
        ("registro", "La Cuenta es personal, única e intransferible."),
        ("registro", "así como el ingreso por terceros no autorizados a la misma"),
        ("comunicaciones-comerciales", "POLÍTICA DE ENVÍO DE COMUNICACIONES COMERCIALES"),
        (
            "comunicaciones-comerciales",
            "Declaro conocer que el no conceder esta autorización no afectará la prestación del servicio contratado.",
        ),
    ],
)
def test_the_owners_words_are_kept(key, words):
    assert words in TEXTS[key].plain


def test_the_purchase_terms_give_the_days_to_withdraw_of_every_product():
    for slug, data in load_files(CATALOGUE):
        days = parse_product(data).withdrawal_days
        assert f"Tengo {days} días desde la emisión de la póliza" in TEXTS["compra"].plain, slug


def test_the_fingerprint_is_the_sha256_of_the_whole_text():
    text = parse_text(GOOD)
    assert text.plain == "Prueba\n\nprueba 2026-11-01\n\nBorrador.\n\nUno\n\nPrimero.\n\nSegundo.\n\nAcepto.\n"
    assert text.sha256 == hashlib.sha256(text.plain.encode("utf-8")).hexdigest()


@pytest.mark.parametrize("key", ["version", "title", "acceptance", "draft_notice"])
def test_changing_any_words_changes_the_fingerprint(key):
    changed = {**GOOD, key: "2026-11-02"}
    assert parse_text(changed).sha256 != parse_text(GOOD).sha256


def test_the_lines_above_the_button_are_of_what_is_accepted():
    text = parse_text(GOOD | {"summary": ["No cuesta."]})
    assert text.summary == ("No cuesta.",)
    assert text.plain == parse_text(GOOD).plain.replace("Borrador.\n\n", "Borrador.\n\nNo cuesta.\n\n")


def test_changing_a_paragraph_changes_the_fingerprint():
    changed = deepcopy(GOOD)
    changed["sections"][0]["paragraphs"][1] = "Segundo, con un cambio."
    assert parse_text(changed).sha256 != parse_text(GOOD).sha256


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "2"}, r"prueba\.version: must be a date"),
        ({"title": ""}, r"prueba\.title: must be a text"),
        ({"sections": []}, r"prueba\.sections: must be a list with at least one item"),
        ({"sections": [{"title": "Uno"}]}, r"prueba\.sections\[1\]\.paragraphs: is missing"),
        (
            {"sections": [{"title": "Uno", "paragraphs": ["."], "nota": "."}]},
            r"sections\[1\]\.nota: is not a known key",
        ),
        ({"autor": "nadie"}, r"prueba\.autor: is not a known key"),
    ],
)
def test_a_bad_text_is_refused_with_its_place_and_problem(change, message):
    with pytest.raises(CatalogueError, match=message):
        parse_text({**GOOD, **change})


def test_a_text_is_named_after_its_key(tmp_path):
    source = (CATALOGUE / "texts" / "compra.toml").read_text(encoding="utf-8")
    (tmp_path / "venta.toml").write_text(source, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"venta\.toml\.key: must be 'venta', the name of the file"):
        load_texts(tmp_path)
