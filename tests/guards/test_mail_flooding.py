"""A limit counts a mailbox, however its address is spelled, on every page that writes to an address typed there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.mailbox import mailbox_of
from portal.extensions import db
from portal.models import Message
from tests.client import PageClient
from tests.factories import PASSWORD
from tests.web.test_signup_pages import agree

GOOGLE = ("gmail.com", "GoogleMail.com", "GMAIL.com")


def dotted(name: str, number: int) -> str:
    """The name with dots after some of its letters, for each number others."""
    return "".join(letter + "." * (number >> place & 1) for place, letter in enumerate(name))


SPELLINGS = {
    "plus tags": lambda number: f"victima+{number}@gmail.com",
    "plus tags anywhere": lambda number: f"victima+{number}@empresa.com.pe",
    "dots of gmail": lambda number: f"{dotted('victima', number)}x@gmail.com",
    "googlemail and capitals": lambda number: f"{('VICTIMA', 'victima')[number % 2]}+{number}@{GOOGLE[number % 3]}",
    "a name before it": lambda number: f"Ana {number} <victima@gmail.com>",
    "hyphens of yahoo": lambda number: f"victima-{number}@yahoo.com",
}


ANSWERS = {
    "tipo_documento": "DNI",
    "nombres": "Ana",
    "apellido_paterno": "Quispe",
    "apellido_materno": "Huamán",
    "fecha_nacimiento": "14/03/1988",
    "celular": "987654321",
    "direccion": "Jr. Los Álamos 345",
    "departamento": "15",
    "provincia": "1501",
    "distrito": "150131",
}


def written_to_the_victim(app) -> int:
    with app.app_context():
        return len(
            [to for to in db.session.scalars(select(Message.recipient)) if "victima" in to.lower().replace(".", "")]
        )


@pytest.mark.parametrize("kind", SPELLINGS)
def test_sign_ups_never_flood_one_mailbox(app, kind):
    """Each from a browser and an address of its own, with another document."""
    refused = 0
    for number in range(16):
        browser = PageClient(app)
        browser.raw.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        typed = ANSWERS | {"numero_documento": f"{40_000_000 + number}", "correo": SPELLINGS[kind](number)}
        page = browser.post("/crear-cuenta", typed)
        refused += page.status == 429
        if page.path.endswith("/terminos"):
            agree(browser, page)
    assert refused >= 4
    assert written_to_the_victim(app) <= 12


def test_sign_ups_of_one_document_count_together_however_its_number_is_written(app):
    written = ("66163161", "DNI 66163161", "DNI: 66.163.161", "66 163 161")
    statuses = []
    for number in range(12):
        browser = PageClient(app)
        browser.raw.environ_base["REMOTE_ADDR"] = f"203.0.113.{number}"
        typed = ANSWERS | {"numero_documento": written[number % 4], "correo": f"persona{number}@empresa.com.pe"}
        statuses.append(browser.post("/crear-cuenta", typed).status)
    assert statuses == [200] * 10 + [429] * 2


def test_codes_sent_again_never_flood_one_mailbox(app, make, clock):
    tokens = [make.signup(correo=f"victima+{number}@gmail.com") for number in range(13)]
    before = written_to_the_victim(app)
    clock(seconds=61)
    browser = PageClient(app)
    browser.get("/recuperar")
    statuses = [browser.post(f"/activar/{token}/reenviar").status for token in tokens]
    assert statuses[-1] == 429
    assert written_to_the_victim(app) - before == 12


def test_changes_of_address_never_flood_a_strangers_mailbox(app, make):
    statuses = []
    for number in range(14):
        browser = PageClient(app).sign_in(make.customer())
        page = browser.get("/perfil/correo")
        page = browser.submit(page, {"correo": f"vic.tima+{number}@googlemail.com", "actual": PASSWORD})
        statuses.append(browser.post("/perfil/correo/codigo").status)
    assert statuses.count(429) == 2
    assert written_to_the_victim(app) == 12


def test_pages_share_what_one_mailbox_gets(app, make, clock):
    tokens = [make.signup(correo=f"victima+{number}@gmail.com") for number in range(12)]
    clock(seconds=61)
    for token in tokens:
        browser = PageClient(app)
        browser.get("/recuperar")
        assert browser.post(f"/activar/{token}/reenviar").status == 200
    browser = PageClient(app).sign_in(make.customer())
    browser.submit(browser.get("/perfil/correo"), {"correo": "v.ictima@gmail.com", "actual": PASSWORD})
    assert browser.post("/perfil/correo/codigo").status == 429


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Victima@Gmail.com", "victima@gmail.com"),
        ("vic.ti.ma+1@googlemail.com", "victima@gmail.com"),
        ("victima+a+b@hotmail.com", "victima@hotmail.com"),
        ("vic.tima@hotmail.com", "vic.tima@hotmail.com"),
        ("ana-maria@empresa.com.pe", "ana-maria@empresa.com.pe"),
        ("victima-tag@yahoo.com.pe", "victima@yahoo.com.pe"),
        ("victima@me.com", "victima@icloud.com"),
        ("vic_ti-ma@pm.me", "victima@proton.me"),
        ("cosa@victima.fastmail.com", "victima@fastmail.com"),
        (" victima@gmail.com ", "victima@gmail.com"),
        ("victima@ｇmail.com", "victima@gmail.com"),
        ("victima@gmail。com", "victima@gmail.com"),
        ("victima@peña.pe", "victima@xn--pea-8ma.pe"),
        ("+1@gmail.com", "+1@gmail.com"),
        ("no es un correo", "@no es un correo"),
    ],
)
def test_the_mailbox_of_an_address(address, mailbox):
    assert mailbox_of(address) == mailbox
