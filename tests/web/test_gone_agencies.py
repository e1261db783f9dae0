"""An agency that closed for good: kept for what names it, offered to nobody; and one that left the file by mistake."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.domain.errors import DomainError
from portal.services.catalogue import agencies
from portal.services.payments import receipts
from portal.services.sale import paying
from tests.client import PageClient
from tests.factories import Factories, Stage

GONE = "CUS-2"


@pytest.fixture
def rewrite(monkeypatch, tmp_path):
    """Brings another agencies.toml: `rewrite(old, new)`."""
    caches = (agencies.all_agencies, agencies._by_code, agencies.departments)

    def rewrite(old: str, new: str) -> None:
        words = agencies._FILE.read_text()
        assert words.count(old) == 1
        file = tmp_path / "agencies.toml"
        file.write_text(words.replace(old, new))
        monkeypatch.setattr(agencies, "_FILE", file)
        for cache in caches:
            cache.cache_clear()

    yield rewrite
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def close_for_good(rewrite):
    return lambda: rewrite(f'code = "{GONE}"', f'code = "{GONE}"\nclosed = true')


def test_its_slip_says_where_to_go_instead_and_is_paid_there(app: Flask, make: Factories, close_for_good):
    juana = make.customer()
    slip = make.slip(juana, agency=GONE)
    close_for_good()
    client = PageClient(app).sign_in(juana)
    page = client.get(f"/compras/{slip.public_id}/pago")
    assert (page.status, page.heading) == (200, "Pague en la agencia con este código")
    assert "Ya no atiende: pague con el mismo código en otra de nuestras agencias" in page.text
    assert client.get("/inicio").status == 200
    with app.app_context():
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
    assert client.get(f"/compras/{slip.public_id}").path == f"/compras/{slip.public_id}/resumen"


def test_nobody_is_offered_it_nor_gets_a_slip_for_it(app: Flask, make: Factories, close_for_good):
    juana = make.customer(ubigeo="080601")
    public_id = make.purchase(juana, Stage.BENEFICIARIES)
    close_for_good()
    page = PageClient(app).sign_in(juana).get(f"/compras/{public_id}/forma-de-pago?forma=efectivo")
    assert "Agencia Cusco Centro" in page.text
    assert "Agencia San Sebastián" not in page.text
    with app.app_context(), pytest.raises(DomainError) as refused:
        paying.choose_agency(public_id, GONE, juana.actor)
    assert refused.value.field == "agencia"


def test_a_department_whose_only_agency_is_gone_is_not_offered(app: Flask, rewrite):
    assert "16" in {code for code, _ in agencies.departments()}
    rewrite('code = "IQT-1"', 'code = "IQT-1"\nclosed = true')
    assert "16" not in {code for code, _ in agencies.departments()}


def test_a_release_that_lost_an_agency_in_use_is_not_seeded(app: Flask, make: Factories, rewrite):
    make.slip(make.customer(), agency=GONE)
    assert app.test_cli_runner().invoke(args=["seed"]).exit_code == 0
    rewrite(f'code = "{GONE}"', 'code = "CUS-9"')
    refused = app.test_cli_runner().invoke(args=["seed"])
    assert refused.exit_code == 1
    assert f"A agencies.toml le falta {GONE}" in refused.output
