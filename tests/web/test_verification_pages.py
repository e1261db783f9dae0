"""Verification of a policy by anybody (B08)."""

import hashlib
import io

import pytest
from sqlalchemy import select, update

from portal.domain import verification
from portal.domain.received_file import LARGEST
from portal.extensions import db
from portal.models import Document, Policy, StoredFile
from portal.services.documents import store


@pytest.fixture
def holder(make):
    return make.customer(names="Griselda", paternal_surname="Huamán")


@pytest.fixture
def number(make, holder):
    return make.policy(holder)


@pytest.fixture
def token(number, app):
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
    assert "están debajo del código QR" in page.text
    assert "la dirección que está al final" in page.text


def test_code_is_typed_or_the_whole_address_pasted(client, token):
    for typed in (token, f"  https://portal.example/verificar/{token}/ "):
        page = client.get("/verificar", codigo=typed)
        assert page.path == f"/verificar/{token}"


def test_the_eight_signs_under_the_qr_say_the_same_as_the_qr(client, token, app):
    with app.app_context():
        code = db.session.scalars(select(Policy.verification_code)).one() or ""
    for typed in (code.lower(), f" {code[:4]} {code[4:]}", f"Código: {code[:4]}–{code[4:]}."):
        page = client.get("/verificar", codigo=typed)
        assert page.path == f"/verificar/{code[:4]}-{code[4:]}"
        assert page.heading == client.get(f"/verificar/{token}").heading


def test_a_number_typed_instead_is_told_from_the_code_whether_it_exists_or_not(client, number):
    true, false = (client.get("/verificar", codigo=typed) for typed in (number, "MA-2019-999999"))
    assert "Eso parece el número de una póliza" in true.text
    assert "Aquí se escribe el código de ocho signos" in true.text
    assert (true.status, true.text.replace(number, "")) == (false.status, false.text.replace("MA-2019-999999", ""))


@pytest.mark.parametrize("code", ["nada", "<script>", "a" * 300])
def test_unknown_code_is_kindly_not_found(client, app, code):
    page = client.get("/verificar", codigo=code)
    assert page.status == 404
    assert "no corresponde a ninguna póliza" in page.text
    assert "<script>" not in page.html.split("</head>")[1]


@pytest.mark.one_database
@pytest.mark.parametrize(("code", "role"), [("K7MT-X9QP", "alert"), ("45678923", "status"), ("K7MT-X9O0", "status")])
def test_what_is_wrong_is_read_out_and_told_at_the_field(client, code, role):
    page = client.get("/verificar", codigo=code)
    (field,) = page.document.xpath("//input[@name='codigo']")
    (said,) = page.document.xpath("//*[@id='codigo-error']")
    assert (field.get("aria-invalid"), field.get("aria-describedby")) == ("true", "codigo-ayuda codigo-error")
    assert said.xpath(".//@role") == [role]


@pytest.mark.one_database
def test_a_document_typed_by_mistake_stays_in_no_address(client, token, app):
    with app.app_context():
        code = db.session.scalars(select(Policy.verification_code)).one() or ""
    page = client.submit(client.get("/verificar"), {"codigo": " "})
    assert not page.document.xpath("//main//form/@hx-post")
    assert (page.status, "Escriba el código" in page.text) == (422, True)
    page = client.submit(page, {"codigo": "45678923"})
    assert (page.status, page.path) == (422, "/verificar")
    assert "Eso es un número de documento" in page.text
    page = client.submit(page, {"codigo": code})
    assert (page.status, page.path) == (200, f"/verificar/{code[:4]}-{code[4:]}")


@pytest.mark.parametrize("address", ["/verificar", "/verificar/nada"])
def test_no_search_engine_keeps_it(client, address):
    assert client.get(address).response.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_true_page_is_not_kept_by_search_engines_either(client, token):
    assert client.get(f"/verificar/{token}").response.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_codes_cannot_be_tried_without_end_but_what_a_qr_holds_is_always_answered(client, token, app):
    with app.app_context():
        code = db.session.scalars(select(Policy.verification_code)).one() or ""
    known = {"csrf_token": client.get(f"/verificar/{token}").document.xpath("//input[@name='csrf_token']/@value")[0]}
    client.raw.get("/verificar/mi-tarjeta")  # no code: nothing was tried
    tried = [client.raw.get(f"/verificar/{verification.new_code()}").status_code for _ in range(40)]
    tried += [client.raw.post(f"/verificar/{verification.new_code()}", data=known).status_code for _ in range(20)]
    assert set(tried) == {404}
    assert client.raw.get(f"/verificar/{code}").status_code == 429
    assert client.raw.post(f"/verificar/{code}", data=known).status_code == 429
    assert client.raw.get(f"/verificar/{token}").status_code == 200
    assert client.get("/verificar", codigo=f"https://portal.example/verificar/{token}").status == 200


@pytest.mark.one_database
def test_what_a_qr_holds_is_no_code_though_one_may_be_read_in_it(client, token, app):
    holds_one = "F1cAIIuY7Wa3zserRKAcHdz-SPEjFy3v"
    with app.app_context():
        db.session.execute(update(Policy).values(verification_token=holds_one))
        db.session.commit()
    assert client.get(f"/verificar/{holds_one}").heading == "Esta póliza todavía no empieza"


def compared(client, token, content):
    client.get(f"/verificar/{token}")
    return client.post(f"/verificar/{token}", {"archivo": (io.BytesIO(content), "lo que sea.pdf")})


@pytest.fixture
def kept(app, make, number, holder, drain, clock):
    """The bytes of the documents of a policy that was ended, by their kind."""
    make.ended(number, holder)
    drain()
    clock(minutes=7)
    drain()
    with app.app_context():
        documents = db.session.scalars(select(Document))
        return {one.kind: store.storage().get(str(one.storage_key)) for one in documents}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("policy", "Es la póliza, del "),
        ("endorsement", "Es el endoso 1, del "),
        ("contracting_file", "Es el expediente de contratación, edición 1, del "),
    ],
)
def test_a_file_as_it_was_issued_is_told_by_what_it_is_and_when(client, token, kept, kind, words):
    page = compared(client, token, kept[kind])
    assert page.status == 200
    assert "Sí, es el archivo que emitimos" in page.text
    assert words in page.text
    assert "Griselda" not in page.html
    assert "Huamán" not in page.html
    assert hashlib.sha256(kept[kind]).hexdigest() in page.path


def test_a_byte_more_or_another_policys_file_is_not_it(client, token, kept, make, app):
    assert "No es igual a ningún archivo" in compared(client, token, kept["policy"] + b"\n").text
    make.policy(make.customer())
    with app.app_context():
        another = db.session.scalars(select(Policy.verification_token).where(Policy.verification_token != token)).one()
    assert "No es igual a ningún archivo" in compared(client, another, kept["policy"]).text


def test_a_hostile_file_is_hashed_and_nothing_of_it_is_kept(client, token, app):
    hostile = b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>" + bytes(700_000)
    folder = app.config["PORTAL"].storage_folder
    before = sorted(folder.rglob("*"))
    assert "No es igual a ningún archivo" in compared(client, token, hostile).text
    assert sorted(folder.rglob("*")) == before
    with app.app_context():
        assert db.session.scalars(select(StoredFile)).all() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xd8\xff a photo", "Este archivo no es un PDF"),
        (b"", "El archivo llegó vacío"),
        (b"%PDF-" + bytes(LARGEST), "pesa más de 10 MB"),
    ],
    ids=["photo", "empty", "large"],
)
def test_what_can_be_none_of_ours_is_said_at_the_field(client, token, content, words):
    page = compared(client, token, content)
    assert page.status == 422
    assert words in page.text


def test_without_a_file_it_is_asked_for(client, token):
    client.get(f"/verificar/{token}")
    assert client.post(f"/verificar/{token}").status == 422


def test_a_file_is_compared_for_a_verified_policy_only(client, token):
    client.get(f"/verificar/{token}")
    page = client.post("/verificar/nada", {"archivo": (io.BytesIO(b"%PDF-1.4"), "p.pdf")})
    assert page.status == 404
    assert 'type="file"' not in page.html


def test_files_cannot_be_compared_without_end(client, token):
    client.get(f"/verificar/{token}")
    known = {"csrf_token": client.page.document.xpath("//input[@name='csrf_token']/@value")[0]}
    statuses = set()
    for _ in range(31):
        sent = {**known, "archivo": (io.BytesIO(b"%PDF-1.4"), "p.pdf")}
        statuses.add(client.raw.post(f"/verificar/{token}", data=sent).status_code)
    assert statuses == {303, 429}
