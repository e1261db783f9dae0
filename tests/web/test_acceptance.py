"""What a person accepts is what that person was shown: a text that changed meanwhile is read again first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Consent, Payment, Purchase, Quote, Signup
from portal.services.catalogue import offers
from tests.client import Page, PageClient
from tests.factories import ACCIDENT, Factories, Stage
from tests.web.test_quotes_form import ROSA
from tests.web.test_signup_pages import agree, fill_in

CHANGED = "El texto cambió mientras lo leía. Léalo otra vez y acepte."
NEW_WORDS = "Palabras que ayer no estaban."


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Publishes other words for a text, as a newer start of the portal would."""

    def change(key: str) -> None:
        shutil.copytree(offers.FOLDER, tmp_path / "catalogue")
        monkeypatch.setattr(offers, "FOLDER", tmp_path / "catalogue")
        path = tmp_path / "catalogue" / "texts" / f"{key}.toml"
        before, section, after = path.read_text().partition("[[sections]]")
        added = f'[[sections]]\ntitle = "Nuevo"\nparagraphs = ["{NEW_WORDS}"]\n\n'
        path.write_text(before + added + section + after)
        offers.texts.cache_clear()

    yield change
    offers.texts.cache_clear()


@pytest.fixture
def kept(app: Flask) -> Callable[[type[Any]], list[Any]]:
    def kept(model: type[Any]) -> list[Any]:
        with app.app_context():
            return list(db.session.scalars(select(model)).unique())

    return kept


def check_is_read_again(page: Page, box: str) -> None:
    assert (page.status, page.errors) == (422, {box: CHANGED})
    assert NEW_WORDS in page.text
    assert box not in page.values(box), "what was shown before is not accepted any more"


def test_the_quotes_terms(client: PageClient, make: Factories, change: Any, kept: Any) -> None:
    juana = make.customer()
    page = client.sign_in(juana).get(f"/cotizaciones/{make.quote(juana)}")
    change("cotizacion")
    again = client.submit(page, {"acepta": True})
    check_is_read_again(again, "acepta")
    assert kept(Purchase) == kept(Consent) == []
    assert client.submit(again, {"acepta": True}).path.startswith("/compras/")
    assert [one.text_sha256 for one in kept(Consent)] == [offers.texts()["cotizacion"].sha256]


def test_the_purchases_terms(client: PageClient, make: Factories, change: Any, kept: Any) -> None:
    juana = make.customer()
    public_id = make.purchase(juana, Stage.VERIFICATION)
    page = client.sign_in(juana).get(f"/compras/{public_id}/terminos")
    change("compra")
    again = client.submit(page, {"acepta": True})
    check_is_read_again(again, "acepta")
    assert kept(Payment) == []
    assert client.submit(again, {"acepta": True}).path == f"/compras/{public_id}/pago"


def test_the_declaration_about_somebody_else(client: PageClient, make: Factories, change: Any, kept: Any) -> None:
    page = client.sign_in(make.customer()).get(f"/cotizar/{ACCIDENT}/plan-2")
    change("declaracion-asegurado")
    again = client.submit(page, ROSA)
    check_is_read_again(again, "acepta_asegurado")
    assert kept(Quote) == kept(Consent) == []
    assert again.values("nombres")["nombres"] == ROSA["nombres"]
    assert client.submit(again, {"acepta_asegurado": True}).status == 200
    assert len(kept(Quote)) == 1


def test_who_insures_themselves_declares_nothing(client: PageClient, make: Factories, change: Any, kept: Any) -> None:
    page = client.sign_in(make.customer()).get(f"/cotizar/{ACCIDENT}/plan-2")
    change("declaracion-asegurado")
    client.submit(page, {"asegurado": "yo"})
    assert len(kept(Quote)) == 1


@pytest.mark.parametrize("key", ["registro", "comunicaciones-comerciales"])
def test_the_terms_of_an_account(client: PageClient, change: Any, kept: Any, key: str) -> None:
    page = fill_in(client)
    change(key)
    again = agree(client, page, offers=True)
    check_is_read_again(again, "acepta")
    assert "comunicaciones" not in again.values("texto")
    assert [one.accepted_at for one in kept(Signup)] == [None]
    assert agree(client, again).path.startswith("/activar/")


def test_whoever_sends_no_text_accepts_none(client: PageClient, make: Factories, kept: Any) -> None:
    juana = make.customer()
    number = make.quote(juana)
    client.sign_in(juana).get(f"/cotizaciones/{number}")
    assert client.post(f"/cotizaciones/{number}/comprar", {"acepta": "y"}).errors == {"acepta": CHANGED}
    assert kept(Purchase) == []
