"""What the demo shows: people with policies in each state, what waits at the desk, and two years of sales before it.

Made once, in a folder where nothing was sold yet, by the portal's own services and the sandbox bank, with the clock set
to when it happened. Mails and documents are owed to the workers, as any.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from flask import Flask
from PIL import Image
from sqlalchemy import select

from portal.domain import clock, names
from portal.domain.evidence import EvidenceKind
from portal.extensions import db
from portal.integrations.bank import Bank
from portal.models import Account, Policy, Purchase
from portal.services.claims import assessment, paper_review, taking
from portal.services.evidence import collecting
from portal.services.payments import receipts
from portal.services.policies import policy as policies
from sandbox import history
from sandbox.harness import running_bank
from tests.draining import drain
from tests.factories import AGENCY, CANCER, FUNERAL, HOSPITAL, Factories, Someone, Stage, beneficiary

_YEARS = timedelta(days=730)
_SOLD_BEFORE = 240
_QUIET_DAYS = 4  # before today: the bank tells only of movements that it made itself
_OPENS = time(9)
_MONEY = ("charges", "refunds", "payouts")  # what the workers do at once

#: Who else there is. They sign in with what the tests know; the desk finds them by their names.
_JULIO = {"names": "Julio César", "paternal_surname": "Ttito", "maternal_surname": "Huanca"}
_MARIA = {"names": "María Luz", "paternal_surname": "Ccahuana", "maternal_surname": "Flores"}
_WILBER = {"names": "Wilber", "paternal_surname": "Apaza", "maternal_surname": "Choque"}
_NELIDA = {"names": "Nélida", "paternal_surname": "Poma", "maternal_surname": "Soto"}
_OSCAR = {"names": "Óscar", "paternal_surname": "Núñez", "maternal_surname": "Inga"}
_DELIA = {"names": "Delia", "paternal_surname": "Condori", "maternal_surname": "Vargas"}


def _email(person: dict[str, str]) -> str:
    given, surname = person["names"].split()[0], person["paternal_surname"]
    return f"{names.words(given)[0]}.{names.words(surname)[0]}@correo.example"


def play(app: Flask, ledger: Path) -> None:
    """Make all of it, over the bank's books in `ledger`. The clock is as before at the end."""
    offset = clock.now() - datetime.now(UTC)
    try:
        with app.app_context(), running_bank(ledger, now=clock.now) as bank:
            app.extensions["bank"] = Bank(bank.url, bank.api_key)
            _Stage(app, offset).play()
    finally:
        app.extensions.pop("bank", None)  # there is none if it did not start
        clock.shift(offset)


class _Stage:
    def __init__(self, app: Flask, offset: timedelta) -> None:
        self._app, self._make, self._offset = app, Factories(app), offset
        self._today = clock.today()
        self._known: dict[str, Someone] = {}
        self._of: dict[str, str] = {}  # policies

    def play(self) -> None:
        scenes: dict[int, Callable[[], None]] = {
            420: self._expired,
            400: self._cancelled,
            350: self._ending_soon,
            120: self._in_force,
            60: self._other_plan,
            30: self._paid_in_cash,
            10: self._claims,
            2: self._not_delivered,
            1: self._in_review,
            0: self._of_today,
        }
        past = history.History(self._templates(), self._days(), datetime.now(UTC) + self._offset)
        for days_ago, scene in scenes.items():
            past.until(self._today - timedelta(days=days_ago + _QUIET_DAYS))
            self._be_on(days_ago)
            scene()
            drain(self._app, *_MONEY)

    def _days(self) -> list[date]:
        """The days of sales, of a shop that grows."""
        first, span = self._today - _YEARS, _YEARS.days - _QUIET_DAYS - 2
        passed = (1 + int(span * (number / _SOLD_BEFORE) ** 0.7) for number in range(_SOLD_BEFORE))
        return [first + timedelta(days=one) for one in passed]

    def _templates(self) -> list[history.Sale]:
        found = []
        kinds = (self._sold, self._sold_for_hospital, self._sold_in_cash, self._sold_and_ended)
        for sell, person in zip(kinds, history.COPIED, strict=True):
            self._be_on(_YEARS.days)
            before = history.marks()
            sell(self._make.customer(**person, email=_email(person)))
            drain(self._app, *_MONEY)
            found.append(history.sale_since(before))
        return found

    def _sold(self, customer: Someone) -> None:
        self._make.policy(customer, named=[beneficiary(history.HEIR, surnames=history.COPIED[0]["paternal_surname"])])

    def _sold_for_hospital(self, customer: Someone) -> None:
        self._make.policy(customer, product=HOSPITAL)

    def _sold_in_cash(self, customer: Someone) -> None:
        self._pay_in_cash(customer, FUNERAL)

    def _sold_and_ended(self, customer: Someone) -> None:
        number = self._make.policy(customer, product=FUNERAL)
        self._be_on(_YEARS.days - 20)
        self._make.ended(number, customer)

    def _expired(self) -> None:
        self._make.policy(self._who(_JULIO), product=HOSPITAL)

    def _cancelled(self) -> None:
        number = self._make.policy(self._who(_WILBER), product=FUNERAL)
        self._be_on(390)
        self._make.ended(number, self._who(_WILBER))

    def _ending_soon(self) -> None:
        self._make.policy(self._user("rosa1994"), product=FUNERAL)

    def _in_force(self) -> None:
        rosa = self._user("rosa1994")
        self._of["rosa"] = self._make.policy(rosa, named=[beneficiary("Milagros", surnames="Quispe Ccori")])
        self._of["hospital"] = self._make.policy(rosa, product=HOSPITAL)
        self._of["delia"] = self._make.policy(self._who(_DELIA), product=HOSPITAL)

    def _other_plan(self) -> None:
        self._make.plan_bought(self._of["rosa"], self._user("rosa1994"))

    def _paid_in_cash(self) -> None:
        self._of["maria"] = self._pay_in_cash(self._who(_MARIA), FUNERAL)

    def _claims(self) -> None:
        """One waits to be assessed, another for a better photo."""
        carmen, rosa = self._user("carmen.ventas"), self._user("rosa1994")
        self._make.claim(self._who(_DELIA), policy=self._of["delia"], complete=True)
        number = self._make.claim(rosa, policy=self._of["hospital"], complete=True)
        with self._app.app_context():
            taking.take(number, carmen.actor)
            file = assessment.get(number, carmen.actor)
            assert isinstance(file, assessment.File)  # noqa: S101  she took it
            paper, shown = next((one.row.id, one.stamp) for one in file.to_review)
            words = "La foto no se lee bien. Tómela otra vez, con luz."
            paper_review.observe(number, paper, words, carmen.actor, shown=shown)

    def _not_delivered(self) -> None:
        self._make.policy(self._who(_OSCAR, email="no-existe@correo.example"))

    def _in_review(self) -> None:
        self._make.payment_in_review(self._who(_WILBER), product=HOSPITAL)

    def _of_today(self) -> None:
        rosa, maria, delia = self._user("rosa1994"), self._who(_MARIA), self._who(_DELIA)
        start = self._today + timedelta(days=10)
        self._make.policy(rosa, product=CANCER, quote=self._make.quote(rosa, CANCER, start=start))
        self._make.purchase(rosa, Stage.BENEFICIARIES, quote=self._make.quote(rosa, insured=self._make.insured()))
        self._make.slip(self._who(_NELIDA))
        self._make.ended(self._of["maria"], maria, agency=AGENCY)
        photo = io.BytesIO()
        Image.new("RGB", (900, 600), "#dbe4ee").save(photo, "PNG")
        photo.seek(0)
        with self._app.app_context():
            collecting.send(policies.get(self._of["delia"], delia.actor), next(iter(EvidenceKind)), photo, delia.actor)

    def _pay_in_cash(self, customer: Someone, product: str) -> str:
        slip = self._make.slip(customer, product=product)
        with self._app.app_context():
            receipts.receive(slip.number, slip.amount, self._user("pedro.caja").actor)
            number = select(Policy.number).join(Purchase, Purchase.id == Policy.purchase_id)
            return db.session.scalars(number.where(Purchase.public_id == slip.public_id)).one()

    def _be_on(self, days_ago: int) -> None:
        """As the agencies open; today it is what it is."""
        opens = datetime.combine(self._today - timedelta(days=days_ago), _OPENS, clock.LIMA)
        clock.shift(opens - datetime.now(UTC) if days_ago else self._offset)

    def _who(self, person: dict[str, str], *, email: str = "") -> Someone:
        key = person["paternal_surname"]
        if key not in self._known:
            self._known[key] = self._make.customer(**person, email=email or _email(person))
        return self._known[key]

    def _user(self, username: str) -> Someone:
        with self._app.app_context():
            account = db.session.scalars(select(Account).filter_by(username=username)).one()
            return Someone(account.id, username, account.email, account.person.identity, account.role.value)
