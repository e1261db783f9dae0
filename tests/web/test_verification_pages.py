"""Verification of a policy by anybody (B08)."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Policy


@pytest.fixture
def token(make, app):
    number = make.policy(make.customer(names="Griselda", paternal_surname="Huamán"))
    with app.app_context():
        return db.session.scalars(select(Policy.verification_token).where(Policy.number == number)).one()


def test_a_true_code_shows_the_policy_and_nothing_personal(client, token, app):
    page = client.get(f"/verificar/{token}")
    with app.app_context():
        policy = db.session.scalars(select(Policy)).one()
        for personal in (
            "Griselda",
            "Huamán",
            policy.holder.document_number,
            policy.holder.email,
            policy.holder.phone,
            "Plan 2",
            "72.92",
        ):
            assert personal not in page.html
        assert policy.number in page.text
    assert "Microseguro de Muerte Accidental" in page.text
    assert "Salkantay" in page.text
    assert page.text.count("al mediodía") == 2


def test_page_says_what_the_state_means(client, token, clock):
    assert client.get(f"/verificar/{token}").heading == "Esta póliza todavía no empieza"
    clock(days=2)
    assert client.get(f"/verificar/{token}").heading == "Esta póliza está vigente"
    clock(days=370)
    assert client.get(f"/verificar/{token}").heading == "Esta póliza ya terminó"


@pytest.mark.parametrize("days", [0, 2, 372], ids=["not begun", "in force", "ended"])
def test_page_tells_a_family_what_to_do_now(client, token, clock, days):
    clock(days=days)
    page = client.get(f"/verificar/{token}")
    assert page.links["Llame al (01) 500 0000"] == "tel:015000000"
    assert "avise, aunque la póliza ya no esté vigente" in page.text


def test_page_for_the_code_says_where_the_policy_carries_it(client):
    page = client.get("/verificar")
    assert "código QR de la primera página" in page.text
    assert "la dirección que está al final de la póliza" in page.text


def test_code_is_typed_or_the_whole_address_pasted(client, token):
    for typed in (token, f"  https://portal.example/verificar/{token}/ "):
        page = client.get("/verificar", codigo=typed)
        assert page.path == f"/verificar/{token}"


@pytest.mark.parametrize("code", ["nada", "<script>", "a" * 300])
def test_unknown_code_is_kindly_not_found(client, app, code):
    page = client.get("/verificar", codigo=code)
    assert page.status == 404
    assert "no corresponde a ninguna póliza" in page.text
    assert "<script>" not in page.html.split("</head>")[1]


@pytest.mark.parametrize("address", ["/verificar", "/verificar/nada"])
def test_no_search_engine_keeps_it(client, address):
    assert client.get(address).response.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_true_page_is_not_kept_by_search_engines_either(client, token):
    assert client.get(f"/verificar/{token}").response.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_codes_cannot_be_tried_without_end(client):
    statuses = {client.raw.get(f"/verificar/intento-{number}").status_code for number in range(61)}
    assert statuses == {404, 429}
