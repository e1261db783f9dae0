"""Requests that bring a file: read for whoever may send one, up to its size, whatever it is called."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Blueprint, Flask, request
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal import create_app
from portal.domain.received_file import LARGEST, FileState, Refusal
from portal.models import StoredFile
from portal.settings import Settings
from portal.web import downloads
from portal.web.access import Who, allow
from portal.web.uploads import sent_file, takes_file
from tests import applications
from tests.databases import all_of
from tests.decoder.strangers import REFUSED, TAKEN
from tests.upload_page import ADDRESS, add_to

# Names that a sender may give: they are written nowhere and lead nowhere.
NAMES = (
    "../../etc/passwd",
    "C:\\Windows\\win.ini",
    "foto\u202egpj.exe",
    "a" * 300 + ".jpg",
    "%00.jpg",
    "'; DROP TABLE stored_files; --",
    "<script>alert(1)</script>.jpg",
    ".htaccess",
    "CON",
    "foto%0D%0ASet-Cookie: x=1.jpg",
    "foto.jpg\0.exe",
    "..\\..\\foto.svg",
    "informe.html",
)


_networks = itertools.count(1)


@pytest.fixture(scope="module")
def sending(built, portal_env) -> Iterator[Flask]:
    """A portal over the same database with more views, as those that take files are written."""
    with applications.extensions_kept():
        app = add_to(_with_views(create_app(Settings.from_env({"BASE_URL": "http://localhost", **portal_env}))))
        yield app
        applications.close(app)


def _with_views(app: Flask) -> Flask:
    more = Blueprint("more", __name__)

    @more.post("/prueba/enviar")
    @allow(Who.ANYONE)
    @takes_file
    def send():
        file = sent_file("foto", "archivo")
        return {"size": len(file.read()), "note": request.form.get("nota", "")}

    @more.post("/prueba/propio")
    @allow(Who.CUSTOMER)
    @takes_file
    def send_own():
        raise AssertionError("nobody is signed in")

    @more.get("/prueba/ver")
    @allow(Who.ANYONE)
    def see():
        return downloads.attachment("foto.jpg", b"jpeg", "image/jpeg")

    app.register_blueprint(more)
    return app


@pytest.fixture
def token(sending):
    client = sending.test_client()
    page = client.get("/ingresar").get_data(as_text=True)
    return client, page.partition('name="csrf_token" value="')[2].partition('"')[0]


@pytest.fixture
def send(token):
    client, csrf_token = token

    network = f"203.0.113.{next(_networks)}"  # each has its own limit

    def send(name="foto.jpg", data=b"x" * 1000, *, address="/prueba/enviar", field="archivo", **more):
        form = {"csrf_token": csrf_token, **more, field: FileStorage(io.BytesIO(data), name)}
        boundary, body = encode_multipart(form)  # the client's own leaves the file open that it makes for a large one
        kind = f"multipart/form-data; boundary={boundary}"
        return client.post(address, data=body, content_type=kind, environ_base={"REMOTE_ADDR": network})

    return send


@pytest.mark.parametrize("name", NAMES)
def test_what_a_file_is_called_changes_nothing(name, send):
    assert send(name, nota="hola").get_json() == {"size": 1000, "note": "hola"}


_IN_TURN = itertools.cycle(NAMES)
_TOO_LARGE = TAKEN["JPEG"][0].ljust(LARGEST + 1, b"\0")
CORPUS = {
    **{name: (data, None) for name, (data, _kind) in TAKEN.items()},
    **{name: (data, Refusal(reason)) for name, (data, reason) in REFUSED.items()},
    "a byte more than 10 MB": (_TOO_LARGE, Refusal.TOO_LARGE),
}


@pytest.mark.one_database
@pytest.mark.parametrize(("data", "refusal"), CORPUS.values(), ids=list(CORPUS))
def test_every_odd_file_is_taken_or_refused_in_words_with_the_rest_of_its_form(app, sending, send, data, refusal):
    folder: Path = app.config["PORTAL"].storage_folder
    before = {path for path in folder.rglob("*") if path.is_file()}
    answer = send(next(_IN_TURN), data, address=ADDRESS, nota="La firmé <ayer>.")
    with sending.app_context():
        rows = all_of(select(StoredFile))
    assert {path for path in folder.rglob("*") if path.is_file()} - before == {
        folder / key for row in rows for key in row.parts
    }
    if refusal is None:
        assert answer.status_code == 303
        assert [row.state for row in rows] == [FileState.STORED]
    else:
        assert answer.status_code == 422
        assert rows == []
        page = answer.get_data(as_text=True)
        assert refusal.words in page
        assert 'value="La firmé &lt;ayer&gt;."' in page


def test_the_first_field_with_a_file_is_read(send):
    assert send(field="foto").get_json()["size"] == 1000


def test_ten_megabytes_come_through(send):
    assert send(data=bytes(LARGEST)).get_json()["size"] == LARGEST


def test_more_is_refused_in_words_before_it_is_read(send):
    answer = send(data=bytes(LARGEST + 200_000))
    assert answer.status_code == 422
    assert Refusal.TOO_LARGE.words in answer.get_data(as_text=True)


def test_without_a_file_one_is_asked_for(send):
    answer = send(name="", data=b"")
    assert answer.status_code == 422
    assert "Elija una foto o un PDF" in answer.get_data(as_text=True)


def test_who_may_not_send_is_told_before_the_body_is_read(sending):
    class Unread(io.BytesIO):
        taken = 0

        def read(self, *size):
            self.taken += 1
            return super().read(*size)

    body = Unread(b"x" * 5_000_000)
    answer = sending.test_client().post(
        "/prueba/propio",
        input_stream=body,
        content_length=5_000_000,
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 303
    assert body.taken == 0


def test_a_file_needs_the_token_too(sending):
    answer = sending.test_client().post(
        "/prueba/enviar", data={"archivo": (io.BytesIO(b"x"), "a.jpg")}, content_type="multipart/form-data"
    )
    assert answer.status_code == 400


def test_a_form_of_too_many_parts_is_refused(send):
    assert send(**{f"campo{number}": "x" for number in range(20)}).status_code in {413, 422}


def test_a_network_sends_so_many_files_a_minute(send):
    statuses = [send(data=b"x").status_code for _ in range(31)]
    assert (set(statuses[:-1]), statuses[-1]) == ({200}, 429)


def test_nobody_keeps_the_decoder_from_others_with_files_that_cannot_be_taken(app, send):
    statuses = [send(data=b"%PDF-1.7 rubbish", address=ADDRESS).status_code for _ in range(11)]
    assert (set(statuses[:-1]), statuses[-1]) == ({422}, 429)


def test_only_features_that_take_files_may_use_the_camera(sending):
    client = sending.test_client()
    assert "camera=(self)" in client.get(ADDRESS).headers["Permissions-Policy"]
    assert "camera=()" in client.get("/ingresar").headers["Permissions-Policy"]
    assert "camera=()" in client.get("/static/js/portal.js").headers.get("Permissions-Policy", "camera=()")


def test_other_forms_stay_small(token):
    client, csrf_token = token
    answer = client.post("/ingresar", data={"csrf_token": csrf_token, "usuario": "x" * 400_000})
    assert answer.status_code == 413


def test_what_is_given_back_is_saved_and_acts_nowhere(sending):
    answer = sending.test_client().get("/prueba/ver")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="foto.jpg"'
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")


def test_what_the_portal_cannot_keep_does_not_count_as_refused(send, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("portal.integrations.reception.tempfile.TemporaryFile", full)
        assert {send(data=b"%PDF-1.7", address=ADDRESS).status_code for _ in range(11)} == {503}
    assert send(data=b"%PDF-1.7 rubbish", address=ADDRESS).status_code == 422
