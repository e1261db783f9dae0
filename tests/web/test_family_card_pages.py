"""The card that tells a family of a policy (B23): asked for by its holder, as a PDF and as a picture."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import Document, Endorsement, Policy
from portal.models.transaction import writing
from tests.client import HTMX, PageClient
from tests.factories import ACCIDENT, Factories, Someone, Stage


@pytest.fixture
def bought(client: PageClient, make: Factories) -> tuple[Someone, str]:
    """A customer who is signed in, and their policy."""
    juana = make.customer()
    client.sign_in(juana)
    return juana, make.policy(juana)


def cards(app: Flask) -> int:
    with app.app_context():
        its = select(func.count()).select_from(Document).where(Document.kind.in_(("family_card", "family_picture")))
        return db.session.scalar(its) or 0


def test_the_card_is_made_once_and_read_as_a_pdf_and_as_a_picture(
    app: Flask, client: PageClient, bought: tuple[Someone, str], drain: Callable[[], int]
) -> None:
    _, number = bought
    page = client.get(client.get(f"/polizas/{number}").links["Hacer la tarjeta"])
    assert "No dice cuánto paga" in page.text
    assert "Descargar imagen" not in page.links
    waiting = client.submit(page, action=f"/polizas/{number}/tarjeta")
    assert (waiting.status, waiting.path) == (202, f"/polizas/{number}/tarjeta")
    client.submit(page, action=f"/polizas/{number}/tarjeta")
    assert cards(app) == 2
    assert client.raw.get(waiting.path, headers=HTMX).status_code == 204  # the waiting page's own question
    assert client.get(f"/polizas/{number}/tarjeta/imagen").status == 202
    drain()
    page = client.get(f"/polizas/{number}/tarjeta")
    purse, picture = (client.get(page.links[words]) for words in ("Descargar PDF", "Descargar imagen"))
    assert purse.data.startswith(b"%PDF")
    assert purse.response.headers["Content-Disposition"] == f'attachment; filename="tarjeta-{number}.pdf"'
    assert picture.response.headers["Content-Type"] == "image/png"
    assert picture.response.headers["Content-Disposition"] == f'attachment; filename="tarjeta-{number}.png"'
    assert Image.open(io.BytesIO(picture.data)).width == 1080
    (shown,) = page.document.xpath("//main//img/@src")
    assert shown == f"/polizas/{number}/tarjeta/imagen"
    shared = page.document.xpath("//main//button[@hidden]/@data-share")
    assert shared == [f"/polizas/{number}/tarjeta/imagen", f"/polizas/{number}/tarjeta/pdf"]


def test_it_is_offered_where_a_purchase_ends(client: PageClient, make: Factories) -> None:
    juana = make.customer()
    public_id = make.purchase(juana, Stage.PAID)
    page = client.sign_in(juana).get(f"/compras/{public_id}/resumen")
    assert "Cuénteselo a su familia" in page.text
    assert client.get(page.links["Hacer la tarjeta"]).status == 200


def test_nobody_else_reads_it(
    client: PageClient, make: Factories, bought: tuple[Someone, str], drain: Callable[[], int]
) -> None:
    juana, number = bought
    make.family_card(juana, number)
    drain()
    client.sign_in(make.customer())
    for part in ("", "/pdf", "/imagen"):
        assert client.get(f"/polizas/{number}/tarjeta{part}").status == 404


@pytest.mark.parametrize("how", ["ended", "expired"])
def test_a_policy_that_is_over_has_none(
    client: PageClient, make: Factories, bought: tuple[Someone, str], clock: Callable[..., None], how: str
) -> None:
    juana, number = bought
    make.family_card(juana, number)
    if how == "ended":
        make.ended(number, juana)
    else:
        clock(days=400)
        client.sign_in(juana)
    page = client.get(f"/polizas/{number}")
    assert "Tarjeta para su familia" not in page.links
    for part in ("", "/pdf", "/imagen"):
        refused = client.get(f"/polizas/{number}/tarjeta{part}")
        assert refused.path == f"/polizas/{number}"
        assert "ya no damos su tarjeta" in refused.text


def test_nobody_is_told_to_count_on_a_policy_once_the_death_was_told(
    client: PageClient, make: Factories, clock: Callable[..., None]
) -> None:
    juana = make.customer()
    public_id = make.purchase(juana, Stage.PAID, quote=make.quote(juana, insured=make.insured()))
    clock(days=5)
    client.sign_in(juana)
    home = client.get("/inicio")
    (number,) = (words.split()[-1] for words in home.links if words.startswith("Ver mi póliza"))
    assert "Activa. Termina en" in home.text
    make.claim(juana, ACCIDENT, policy=number)
    home = client.get("/inicio")
    assert "Activa. Termina en" not in home.text
    assert home.links["Ver mis siniestros"] == "/siniestros"
    page = client.get(f"/polizas/{number}")
    assert {"Tarjeta para su familia", "Agregar a mi calendario"}.isdisjoint(page.links)
    assert "Hacer la tarjeta" not in client.get(f"/compras/{public_id}/resumen").links
    for part in ("tarjeta", "tarjeta/pdf", "tarjeta/imagen", "calendario"):
        refused = client.get(f"/polizas/{number}/{part}")
        assert refused.path == f"/polizas/{number}"
        assert "Nos avisaron de un fallecimiento" in refused.text


def test_a_name_that_was_corrected_makes_another(app: Flask, client: PageClient, bought: tuple[Someone, str]) -> None:
    _, number = bought
    client.submit(client.get(f"/polizas/{number}/tarjeta"), action=f"/polizas/{number}/tarjeta")
    with app.app_context(), writing() as session:
        policy = session.scalars(select(Policy).where(Policy.number == number)).one()
        known = ("plan_code", "premium_net", "premium_igv", "premium_total", "effective_at")
        same = {name: getattr(policy.issue, name) for name in known}
        ids = {"person_before_id": policy.insured_id, "person_after_id": policy.insured_id}
        session.add(Endorsement(policy=policy, number=1, kind=EndorsementKind.CORRECTION, **same, **ids))
    page = client.get(f"/polizas/{number}/tarjeta")
    assert page.status == 200
    client.submit(page, action=f"/polizas/{number}/tarjeta")
    assert cards(app) == 4
