"""`python -m benchmarks.million`: every list, page and search on a million policies beside the same on a few.

Two databases of one private PostgreSQL, asked in turn by this process, whole pages. Printed: the ratios, and the plan
of each query that is more than a look into an index.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks import crowd, stage
from benchmarks.crowd import Crowd
from benchmarks.plans import plans
from benchmarks.table import Row, render
from portal import create_app
from portal.domain.actor import Actor
from portal.domain.claim import ClaimState, NoticeState
from portal.extensions import db, limiter
from portal.models import (
    Account,
    CashReceipt,
    Claim,
    Message,
    Notice,
    NoticeMatch,
    Payment,
    Person,
    Policy,
    Quote,
)
from portal.services.claims import notice_desk
from portal.services.desk import failed_jobs, work_queues
from portal.services.operation import metrics, retention
from portal.services.payments import movements, open_payments, slips
from portal.services.platform import outbox
from portal.settings import Settings
from tests.databases import migrate
from tests.factories import Factories, Someone
from tests.servers import postgres_server

SMALL = {"people": 100, "policies": 1_000, "heavy": 100}  # as many lines of each list as its longest page shows
MILLION = {"people": 100_000, "policies": 1_000_000, "heavy": 10_000}
_AT_MOST = 1.5
_MARK = "m" * 43  # of the browser where a notice is followed
_TIMES = 7  # of each page in a round; the round's figure is their median

Work = Callable[[], object]


@dataclass(frozen=True)
class Told:
    """Notices about the heavy customer: `new` was taken by the staff; the one that led to a claim is open at `address`
    in the `browser` of who gave it."""

    new: str
    browser: FlaskClient
    address: str


@dataclass(frozen=True)
class World:
    """A database with its crowd, the heavy customer's browser, that of somebody of the staff, and two notices."""

    app: Flask
    made: Crowd
    customer: FlaskClient
    staff: FlaskClient
    told: Told

    @classmethod
    def over(cls, app: Flask, made: Crowd) -> World:
        app.config["WTF_CSRF_ENABLED"] = False  # forms are posted without the page that they stand on
        make = Factories(app)
        with app.app_context():
            heavy = db.session.get_one(Account, made.heavy)
            customer = Someone(heavy.id, heavy.username, heavy.email, heavy.person.identity, heavy.role.value)
        member = make.supervisor(agency_code="CUS-1")
        told = _told(app, make, member)
        return cls(app, made, _browser(app, make, customer), _browser(app, make, member), told)

    def work(self) -> dict[str, Work]:
        """Each page, search and task by its name."""
        return {**self._customers(), **self._staffs(), **self._notices(), **self._searches(), **self._tasks()}

    def _customers(self) -> dict[str, Work]:
        with self.app.app_context():
            mine = self.made.heavy
            quote = db.session.scalars(select(Quote).where(Quote.account_id == mine).order_by(Quote.id)).first()
            policy = db.session.scalars(select(Policy).where(Policy.account_id == mine).order_by(Policy.id)).first()
            message = db.session.scalars(
                select(Message.id).where(Message.account_id == mine).order_by(Message.id)
            ).first()
            assert quote
            assert policy
            assert message
            claims = select(Claim).join(Policy, Policy.id == Claim.policy_id).where(Policy.account_id == mine)
            claim = db.session.scalars(claims.order_by(Claim.id.desc()).limit(1)).one()
            deep = {"quotes": quote.id + 30, "policies": policy.id + 30, "messages": message + 90}
            addresses = (
                "/inicio",
                "/cotizaciones",
                f"/cotizaciones?antes={deep['quotes']}",
                f"/cotizaciones/{quote.number}",
                "/seguros",
                f"/seguros?antes={deep['policies']}",
                f"/polizas/{policy.number}",
                "/comunicaciones",
                f"/comunicaciones?antes={deep['messages']}",
                "/comunicaciones?tema=polizas&estado=no-entregados",
                f"/comunicaciones/{message}",
                "/productos",
                "/perfil",
                "/siniestros",
                f"/siniestros?antes={claim.id}",
                f"/siniestros/{claim.number}",
                "/siniestros/nuevo",
                f"/polizas/{policy.number}/evidencia",
            )
        names = [address.replace(quote.number, "…").replace(policy.number, "…") for address in addresses]
        names = [name.replace(claim.number or "", "…") for name in names]
        names = [name if "?antes" not in name else name.partition("=")[0] + "=…" for name in names]
        names = [name.replace(str(message), "…") for name in names]
        return {name: _got(self.customer, address) for name, address in zip(names, addresses, strict=True)}

    def _staffs(self) -> dict[str, Work]:
        customer = f"/gestion/clientes/{self.made.heavy}"
        with self.app.app_context():
            mine = self.made.heavy
            number = db.session.scalars(select(Policy.number).where(Policy.account_id == mine)).first()
            paid = select(Claim.number).join(Policy, Policy.id == Claim.policy_id).where(Policy.account_id == mine)
            claim = db.session.scalars(paid.where(Claim.state == ClaimState.PAID).order_by(Claim.id).limit(1)).one()
            ids = {
                "polizas": db.session.scalars(select(Policy.id).where(Policy.account_id == mine).order_by(Policy.id)),
                "cotizaciones": db.session.scalars(select(Quote.id).where(Quote.account_id == mine).order_by(Quote.id)),
                "pagos": db.session.scalars(
                    select(Policy.purchase_id).where(Policy.account_id == mine).order_by(Policy.purchase_id)
                ),
                "correos": db.session.scalars(
                    select(Message.id).where(Message.account_id == mine).order_by(Message.id)
                ),
            }
            deep = {name: found.all()[30] for name, found in ids.items()}
        self.staff.post("/gestion/buscar", data={"dato": number})
        desk = (
            "/gestion",
            "/gestion/cola",
            "/gestion/pagos",
            "/gestion/caja",
            "/gestion/caja/devoluciones",
            "/gestion/caja/pagos",
            "/gestion/evidencias",
            "/gestion/avisos",
            "/gestion/avisos/familias",
            "/gestion/pagos-de-siniestros",
            "/gestion/siniestros",
            "/gestion/revisiones",
        )
        return (
            {address: _got(self.staff, address) for address in desk}
            | {"/gestion/siniestros/…": _got(self.staff, f"/gestion/siniestros/{claim}")}
            | {"/gestion/clientes/…": _got(self.staff, customer)}
            | {f"/gestion/clientes/…/{name}": _got(self.staff, f"{customer}/{name}") for name in deep}
            | {
                f"/gestion/clientes/…/{name}?antes=…": _got(self.staff, f"{customer}/{name}?antes={key}")
                for name, key in deep.items()
            }
        )

    def _notices(self) -> dict[str, Work]:
        followed = self.told.address
        with self.app.app_context():
            newest = select(Claim.number).join(NoticeMatch, NoticeMatch.claim_id == Claim.id)
            claim = db.session.scalars(newest.order_by(Claim.id.desc()).limit(1)).one()
        return {
            "/gestion/avisos/…": _got(self.staff, f"/gestion/avisos/{self.told.new}"),
            "/avisos/seguimiento/…": _got(self.told.browser, followed),
            "/avisos/seguimiento/…/…": _got(self.told.browser, f"{followed}/{claim}"),
        }

    def _searches(self) -> dict[str, Work]:
        with self.app.app_context():
            usual = db.session.get_one(Account, self.made.usual)
            policy = db.session.scalars(select(Policy.number).where(Policy.account_id == usual.id)).first()
            quote = db.session.scalars(select(Quote.number).where(Quote.account_id == usual.id)).first()
            payment = db.session.scalars(select(Payment.number).where(Payment.state == "approved").limit(1)).one()
            receipt = db.session.scalars(select(CashReceipt.number).limit(1)).one()
            slip = db.session.scalars(
                select(Payment.slip_code).join(CashReceipt).order_by(CashReceipt.id).limit(1)
            ).one()
            person = db.session.get_one(Person, usual.person_id)
            typed = {
                "a document": usual.document_number,
                "a policy": policy,
                "a quote": quote,
                "a payment": payment,
                "a receipt": receipt,
                "a slip's code": slip,
                "two names": f"{person.paternal_surname[:4]} {person.names.split()[0]}",
                "a usual surname": "quispe",
                "two letters": "ma",
                "a name that nobody has": "zzyzx",
            }
        return {f"search by {name}": _searched(self.staff, words or "") for name, words in typed.items()}

    def _tasks(self) -> dict[str, Work]:
        tasks: dict[str, Work] = {
            "what waits": partial(work_queues.waiting, work_queues.DESK, Actor(role="supervisor")),
            "what failed": failed_jobs.failed,
            "payments to review": open_payments.waiting,
            "metrics": metrics.figures,
            "ring": outbox.enqueue_due,
            "reconcile": movements.count_overdue,
            "expire slips": slips.expire_due,
            "remind of slips": slips.remind_due,
            "forget": retention.forget,
        }
        return {f"task: {name}": _done(self.app, task) for name, task in tasks.items()}


def measure(small: World, million: World, rounds: int) -> list[Row]:
    """The ratio of each page's time, a round at a time, in turn."""
    limiter.enabled = False  # more is asked in a minute than a person may
    few, many = small.work(), million.work()
    rows = []
    for name in few:
        _in_turn(few[name], many[name], 2)
        pairs = [_in_turn(few[name], many[name], _TIMES) for _ in range(rounds)]
        took = statistics.median(there for _here, there in pairs) * 1000
        rows.append(Row(name, [there / here for here, there in pairs], at_most=_AT_MOST, note=f"{took:.1f} ms"))
        print(f"  {rows[-1].median:5.2f}  {name}", file=sys.stderr, flush=True)
    return rows


def show_plans(million: World) -> None:
    """Print how many queries each piece of work asks, and the plan of each that is more than a lookup."""
    shown = set()
    for name, work in million.work().items():
        found = plans(million.app, work)
        most = max((one.buffers for one in found), default=0)
        print(f"{name}: {len(found)} queries, at most {most} buffers each")
        for one in found:
            if not one.is_lookup and one.statement not in shown:
                shown.add(one.statement)
                print(f"\n{one.statement}\n\n{one.lines}\n")


def _browser(app: Flask, make: Factories, someone: Someone) -> FlaskClient:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = make.session(someone), True
    return client


def _told(app: Flask, make: Factories, member: Someone) -> Told:
    """The newest notices of either state: the heavy customer's are the last of their kind."""
    with app.app_context():
        new, matched = (
            db.session.scalars(
                select(Notice.number).where(Notice.state == state).order_by(Notice.id.desc()).limit(1)
            ).one()
            or ""
            for state in (NoticeState.NEW, NoticeState.MATCHED)
        )
        notice_desk.take(new, member.actor)
    browser = app.test_client()
    browser.set_cookie(f"{app.config['SESSION_COOKIE_NAME']}-equipo", _MARK)
    return Told(new, browser, f"/avisos/seguimiento/{make.notice_visit(matched, browser=_MARK)}")


def _got(client: FlaskClient, address: str) -> Work:
    def work() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status}"

    return work


def _searched(client: FlaskClient, typed: str) -> Work:
    def work() -> None:
        answer = client.post("/gestion/buscar", data={"dato": typed}, follow_redirects=True)
        assert answer.status_code in (200, 422), answer.status

    return work


def _done(app: Flask, task: Callable[[], object]) -> Work:
    def work() -> None:
        with app.app_context():
            task()

    return work


def _in_turn(here: Work, there: Work, times: int) -> tuple[float, float]:
    """The median seconds of each, one after the other every time: what else the machine does falls on both."""
    took = [(_seconds(here), _seconds(there)) for _ in range(times)]
    return statistics.median(one for one, _ in took), statistics.median(one for _, one in took)


def _seconds(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def build(env: Mapping[str, str], sizes: Mapping[str, Any]) -> World:
    """A migrated database with its crowd."""
    app = create_app(Settings.from_env(dict(env)))
    migrate(app)
    began = time.monotonic()
    made = crowd.load(app, **sizes, say=lambda words: print(f"  {words}", file=sys.stderr, flush=True))
    print(f"▸ {made.policies:,} policies in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return World.over(app, made)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--policies", type=int, default=MILLION["policies"])
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-million-")))
        server = stack.enter_context(postgres_server())
        urls = {name: server.create(name) for name in ("small", "million")}
        env = stage.QUIET | stage.settings(stack, folder, urls["small"], smtp_port=1)  # nothing is mailed
        small = build(env, SMALL)
        million = build(env | {"DATABASE_URL": urls["million"]}, MILLION | {"policies": given.policies})
        show_plans(million)
        load = " ".join(f"{one:.1f}" for one in os.getloadavg())
        rows = measure(small, million, given.rounds)
        print(render(f"{given.policies:,} policies ÷ {SMALL['policies']}, {given.rounds} rounds, load {load}", rows))


if __name__ == "__main__":
    main()
