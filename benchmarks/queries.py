"""Queries of every page, as a whole page and as a fragment, for a customer with little and for one with much."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event, select

from benchmarks import journey
from benchmarks.browser import Browser
from benchmarks.rates import STEPS
from benchmarks.stage import Stage
from benchmarks.table import Row
from portal.extensions import db
from portal.models import Document, Message, Policy, Quote
from tests.factories import PASSWORD, Factories, Someone

_MANY = 25
_ARGUMENT = re.compile(r"<(?:[^<>]*:)?(\w+)>")
_NOT_QUERIES = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")


def measure(stage: Stage, _rounds: int, _seconds: float) -> list[Row]:
    little, much = _counted(stage, 0), _counted(stage, _MANY)
    for address, number in sorted(much.items(), key=lambda item: -item[1]):
        print(f"  {number} queries  {address}", file=sys.stderr)
    most = max(much, key=lambda rule: much[rule])
    grown = {rule: much[rule] - little[rule] for rule in much}
    worst = max(grown, key=lambda rule: grown[rule])
    over = sum(number > 6 for number in much.values())
    unknown = sorted(_rules(stage.app) - much.keys())
    return [
        Row("pages that are not counted", [len(unknown)], at_most=0, note=", ".join(unknown)),
        Row("queries of a page, at most", [much[most]], at_most=6, note=f"{most}; {over} of {len(much)} pages over"),
        Row(f"queries that {_MANY} more quotes add", [grown[worst]], at_most=0, note=worst if grown[worst] else ""),
    ]


def _counted(stage: Stage, more_quotes: int) -> dict[str, int]:
    """The queries of each rule with its step or kind: the more of the whole page's and the fragment's."""
    client = stage.app.test_client(use_cookies=False)
    counted = {}
    for rule, (address, browser) in _addresses(stage, more_quotes).items():
        numbers = []
        for headers in ({}, {"HX-Request": "true"}):
            # Once before it counts: a process reads each version of a product once.
            client.get(address, headers={"Cookie": browser.cookie, **headers})
            with _statements(stage.app) as statements:
                answer = client.get(address, headers={"Cookie": browser.cookie, **headers})
            assert answer.status_code in (200, 303), f"{address}: {answer.status}"
            numbers.append(len(statements))
        counted[rule] = max(numbers)
    return counted


@contextmanager
def _statements(app: Flask) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(_NOT_QUERIES):
            found.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def _addresses(stage: Stage, more_quotes: int) -> dict[str, tuple[str, Browser]]:
    """An address for every rule that is read; the wizard's once a step."""
    known = _known(stage, more_quotes)
    return {rule: known[rule] for rule in sorted(_rules(stage.app)) if rule in known}


def _rules(app: Flask) -> set[str]:
    """What is read, as `/comunicaciones/<message_id>`: whatever shape the rule asks of an argument."""
    rules = (_ARGUMENT.sub(r"<\1>", rule.rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()))
    return {*rules, *(f"/compras/<public_id>/{slug}" for slug in STEPS)} - {"/compras/<public_id>/<slug>"}


def _known(stage: Stage, more_quotes: int) -> dict[str, tuple[str, Browser]]:
    someone, buyer = _customer(stage)
    nobody = Browser(stage.portal.url)
    for _ in range(more_quotes):
        Factories(stage.app).quote(someone)

    def mail() -> str:
        return str(stage.post.next(someone.email)[1].get_body(("plain",)).get_content())

    bought = journey.up_to_payment(buyer, mail)
    journey.pay(buyer, bought)
    mail()
    opened = journey.up_to_payment(buyer, mail)
    product, token = journey.PRODUCT, _sign_up(nobody, someone)
    with stage.app.app_context():
        quote = db.session.scalars(select(Quote.number).where(Quote.account_id == someone.account_id)).first()
        policy = db.session.scalars(select(Policy).where(Policy.account_id == someone.account_id)).one()
        message = db.session.scalars(select(Message).where(Message.policy_id == policy.id)).one()
        document = db.session.scalars(select(Document).where(Document.endorsement_id == policy.terms.id)).one()
        of_policy, read, attached = f"/polizas/{policy.number}", f"/comunicaciones/{message.id}", document.id
        verified = f"/verificar/{policy.verification_token}"
    as_customer = {
        "/": "/",
        "/inicio": "/inicio",
        "/productos": "/productos",
        "/productos/<slug>": f"/productos/{product}",
        "/productos/<slug>/condiciones": f"/productos/{product}/condiciones",
        "/cotizar/<slug>/<plan>": f"/cotizar/{product}/{journey.PLAN}?de={quote}",
        "/cotizaciones": "/cotizaciones",
        "/cotizaciones/<number>": f"/cotizaciones/{quote}",
        "/cotizaciones/<number>/pdf": f"/cotizaciones/{quote}/pdf",
        "/cotizaciones/<number>/condiciones": f"/cotizaciones/{quote}/condiciones",
        "/compras/<public_id>": opened,
        "/compras/<public_id>/resumen": f"{bought}/resumen",
        **{f"/compras/<public_id>/{slug}": f"{opened}/{slug}" for slug in STEPS},
        "/seguros": "/seguros",
        "/polizas/<number>": of_policy,
        "/polizas/<number>/pdf": f"{of_policy}/pdf",
        "/polizas/<number>/condiciones": f"{of_policy}/condiciones",
        "/comunicaciones": "/comunicaciones",
        "/comunicaciones/<message_id>": read,
        "/comunicaciones/<message_id>/documentos/<document_id>": f"{read}/documentos/{attached}",
        "/siniestros": "/siniestros",
        "/perfil": "/perfil",
        "/perfil/clave": "/perfil/clave",
        "/cambiar-clave": "/cambiar-clave",
    }
    as_nobody = {
        "/ingresar": "/ingresar",
        "/verificar": "/verificar",
        "/verificar/<token>": verified,
        "/crear-cuenta": "/crear-cuenta",
        "/crear-cuenta/<token>": f"/crear-cuenta/{token}",
        "/crear-cuenta/<token>/terminos": f"/crear-cuenta/{token}/terminos",
        "/activar/<token>": f"/activar/{token}",
        "/ubigeo": "/ubigeo?departamento=15",
    }
    desk = {"/gestion": ("/gestion", _staff(stage))}
    return (
        {rule: (address, buyer) for rule, address in as_customer.items()}
        | {rule: (address, nobody) for rule, address in as_nobody.items()}
        | desk
    )


def _customer(stage: Stage) -> tuple[Someone, Browser]:
    someone = stage.customer()
    browser = Browser(stage.portal.url)
    journey.sign_in(browser, someone.username, PASSWORD)
    return someone, browser


def _staff(stage: Stage) -> Browser:
    make = Factories(stage.app)
    someone = make.collaborator()
    browser = Browser(stage.portal.url)
    journey.sign_in(browser, someone.username, PASSWORD)
    browser.post("/segundo-paso", {"codigo": make.app_code(someone)})
    return browser


def _sign_up(browser: Browser, someone: Someone) -> str:
    """Answers of a new customer in that browser; the token of the sign-up."""
    browser.get("/crear-cuenta")
    number = int(someone.identity.number) + 30_000_000
    answers = {
        "tipo_documento": "DNI",
        "numero_documento": str(number),
        "nombres": "Carmen",
        "apellido_paterno": "Rojas",
        "apellido_materno": "Díaz",
        "fecha_nacimiento": "17/05/1990",
        "celular": "987654321",
        "correo": f"carmen{number}@example.com",
        "departamento": "15",
        "provincia": "1501",
        "distrito": "150131",
        "direccion": "Av. Arequipa 1234",
    }
    return browser.post("/crear-cuenta", answers).path.split("/")[2]
