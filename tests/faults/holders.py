"""Somebody who buys a policy and lives with it over HTTP: names others, takes another plan, renews, ends it. Each is
gone on with from wherever it stands until its page says that it is done."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import httpx
import lxml.html
from sqlalchemy import select

from portal.domain import clock
from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import Message, Payment, Policy, Purchase
from portal.models.transaction import writing
from portal.services.payments import receipts, refund_ways
from portal.services.payments.refunds import CASH_REFUND
from tests.factories import ACCIDENT, AGENCY, CCI, Someone
from tests.faults.buyers import Buyer, NotYet, asks_for_code, form_of

HEIR = "Ruperta"  # whom nobody names before
AGES = (0, 119, 345)  # days that a policy has been in force: not yet, in the middle, when it can be renewed
#: Of the sandbox bank: paid; refused; paid and never answered; paid and answered 500; 500 and not paid.
ACCOUNTS = (CCI, CCI, "00219100000000000158", "00219100000000002156", "00219100000000002254", "00219100000000002352")
_NOT_NOW = ("Ahora no puede pasar al", "Ahora no se puede", "No se puede desvincular", "ya no se puede terminar antes")


class Wish(StrEnum):
    BUY = "buy"
    GROW_OLD = "grow old"
    RENAME = "rename"
    RAISE = "raise"
    REGRET = "raise, and regret it"
    LOWER = "lower"
    RENEW = "renew"
    END = "end"


class Told(NamedTuple):
    """What the page said that was done: in soles what was paid for it, and what goes back."""

    policy: str
    kind: EndorsementKind
    paid: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)


@dataclass
class Holder(Buyer):
    """`wishes`: what they still want, in order; `in_cash`: those of them that are paid at the counter, where `cashier`
    and `second` work. `policy`: the newest that they have; `told`: what was done, in order; `refused`: the wishes that
    the portal told them it can't fulfil."""

    cashier: Someone | None = None
    second: Someone | None = None
    card: str = "4821"
    cci: str = CCI
    age: int = 0
    is_long_delivered: bool = False
    presses_twice: bool = False
    wishes: list[Wish] = field(default_factory=list)
    in_cash: set[Wish] = field(default_factory=set)
    policy: str = ""
    told: list[Told] = field(default_factory=list)
    refused: list[Wish] = field(default_factory=list)
    _is_buying: bool = False  # another plan or the next year, by the purchase `public_id`
    _has_regretted: bool = False

    def dream(self, chance: random.Random, product: str) -> None:
        """Wish for what can come after each other."""
        self.age, self.cci = chance.choice(AGES), chance.choice(ACCOUNTS)
        self.is_long_delivered = product == ACCIDENT and chance.random() < 0.5
        self.presses_twice = chance.random() < 0.5
        wishes = [Wish.BUY, *([Wish.GROW_OLD] if self.age else [])]
        changes = [Wish.RENAME] if product == ACCIDENT and chance.random() < 0.5 else []
        if self.age and chance.random() < 0.7:
            changes.append(chance.choice([Wish.RAISE, Wish.RAISE, Wish.REGRET, Wish.LOWER, Wish.LOWER]))
        chance.shuffle(changes)
        wishes += changes
        if self.age == max(AGES) and chance.random() < 0.8:
            wishes.append(Wish.RENEW)
        if chance.random() < 0.6:
            wishes.append(Wish.END)
        self.wishes = wishes
        self.in_cash = {one for one in wishes if chance.random() < 0.35} | {Wish.REGRET}

    def live(self) -> bool:
        """One page of what is wished for first. Whether nothing is, and all their money has come."""
        if not self.wishes:
            return self._collect()
        act: dict[Wish, Callable[[], bool]] = {
            Wish.BUY: self._buy,
            Wish.GROW_OLD: self._grow_old,
            Wish.RENAME: self._rename,
            Wish.RAISE: lambda: self._take("plan-3"),
            Wish.REGRET: self._regret,
            Wish.LOWER: lambda: self._take("plan-1"),
            Wish.RENEW: self._renew,
            Wish.END: self._end,
        }
        if act[self.wishes[0]]():
            self.wishes.pop(0)
        return False

    def post(self, path: str, fields: dict[str, str], *, after: int = 0) -> httpx.Response:
        """By half of them each button is pressed twice, on two servers at once: whichever went on is the answer."""
        if not self.presses_twice:
            return super().post(path, fields, after=after)
        press = partial(super().post, path, fields)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(press, after=one) for one in range(2)]
        failed = [one.exception() for one in both]
        answers = [one.result() for one, wrong in zip(both, failed, strict=True) if wrong is None]
        return min(answers, key=lambda one: one.status_code) if answers else both[0].result()

    def answers(self, page: httpx.Response, card: str) -> dict[str, Callable[[], dict[str, str] | None]]:
        answers = super().answers(page, card)
        if self.wishes[0] in self.in_cash:
            answers["forma-de-pago"] = lambda: {"forma": "efectivo", "agencia": AGENCY}
            answers["pago"] = self._pay_at_the_counter
        return answers

    def _pay_at_the_counter(self) -> None:
        assert self.cashier
        with self.portal.app.app_context():
            its = select(Payment).join(Purchase, Purchase.id == Payment.purchase_id)
            awaits = Payment.state == PaymentState.AWAITING_CASH
            slip = db.session.scalars(its.where(Purchase.public_id == self.public_id, awaits)).one_or_none()
            if slip is not None and self.wishes[0] is not Wish.REGRET:
                try:
                    receipts.receive(slip.number, slip.amount, self.cashier.actor)
                except DomainError as error:
                    raise NotYet(error.message) from error

    def _buy(self) -> bool:
        if not self.once(self.card):
            return False
        with self.portal.app.app_context():
            its = select(Policy.number).join(Purchase).where(Purchase.public_id == self.public_id)
            self.policy = db.session.scalars(its).one()
        self.told.append(Told(self.policy, EndorsementKind.ISSUE))
        return True

    def _grow_old(self) -> bool:
        self.portal.make.in_force(self.policy, self.age)
        with self.portal.app.app_context(), writing() as session:
            policy = session.scalars(select(Policy).where(Policy.number == self.policy)).one()
            if self.is_long_delivered:
                policy.delivered_at = clock.now() - timedelta(days=self.age)
        return True

    def _rename(self) -> bool:
        address = f"/polizas/{self.policy}/beneficiarios"
        page = self.get(address)
        if HEIR in page.text:
            self.told.append(Told(self.policy, EndorsementKind.BENEFICIARY_CHANGE))
            return True
        self.post(address, self._form(page, address))
        page = self.get(f"{address}/beneficiarios")
        person = {"parentesco": "hijo", "nombres": HEIR, "apellidos": "Quispe", "fecha_nacimiento": "01/02/1990"}
        typed = {} if HEIR in page.text else person | {"porcentaje": "100"}
        self.post(f"{address}/beneficiarios", self._form(page, f"{address}/beneficiarios") | typed)
        self._confirm(f"{address}/confirmacion", "beneficiaries_code")
        return False

    def _take(self, plan: str) -> bool:
        """Another plan: one that costs more is bought, another confirmed."""
        address = f"/polizas/{self.policy}/cambiar-plan"
        done = f"{address}/{sum(one.policy == self.policy for one in self.told)}"  # its issue is number zero
        page = self.get(done)
        if page.status_code == 200 and page.url.path == done:
            words, amount = sum_on(page)
            paid, returned = (amount, Decimal(0)) if words == "Lo que pagó" else (Decimal(0), amount)
            self.told.append(Told(self.policy, EndorsementKind.PLAN_CHANGE, paid, returned))
            self._is_buying = False
            return True
        if self._is_buying:
            self._go_on_buying(address)
            return False
        page = self.get(f"{address}?plan={plan}")
        if self._is_refused(page):
            return True
        form = self._form(page, address)
        if plan == "plan-3":
            self._begin_to_buy(self.post(address, form | {"pagar": "1"}))
        else:
            self.post(address, form)
            self._confirm(f"{address}/codigo", "plan_code")
        return False

    def _regret(self) -> bool:
        """A dearer plan, whose slip is made and then taken back."""
        address = f"/polizas/{self.policy}/cambiar-plan"
        page = self.get(f"{address}?plan=plan-3")
        if self._is_refused(page):
            return True
        leave = form_of(page, f"{address}/retirar")
        if leave is None and self._has_regretted:
            self._is_buying = False
            return True
        if leave is not None and (self._has_regretted or "Le falta pagarlo en la agencia" in page.text):
            self._has_regretted = True
            self.post(f"{address}/retirar", leave)
        elif self._is_buying:
            self._go_on_buying(address)
        else:
            self._begin_to_buy(self.post(address, self._form(page, address) | {"pagar": "1"}))
        return False

    def _renew(self) -> bool:
        address = f"/polizas/{self.policy}/renovar"
        if self._is_buying:
            self._is_buying = not self._buy()
            return not self._is_buying
        page = self.get(address)
        form = self._form(page, address) | {"acepta": "y"}
        if Wish.RENEW in self.in_cash:
            form["forma"] = "efectivo"
        self._begin_to_buy(self.post(address, form | {"forma": form["forma"] or "otra"}))
        return False

    def _end(self) -> bool:
        address = f"/polizas/{self.policy}/desvincular"
        page = self.get(address)
        if "quedó desvinculada" in page.text:
            _, returned = sum_on(page)
            self.told.append(Told(self.policy, EndorsementKind.TERMINATION, returned=returned))
            return True
        if self._is_refused(page):
            return True
        self.post(address, self._form(page, address))
        self._confirm(f"{address}/codigo", "end_code")
        return False

    def _begin_to_buy(self, answer: httpx.Response) -> None:
        parts = answer.headers.get("Location", "").partition("?")[0].split("/")
        if "compras" not in parts:
            raise NotYet(f"{answer.status_code} of {answer.url.path}")
        self.public_id, self._is_buying = parts[parts.index("compras") + 1], True

    def _go_on_buying(self, gone: str) -> None:
        """One page of the purchase; what can't be bought any more leads to its policy's page, and is begun anew."""
        try:
            self.once(self.card)
        except NotYet as error:
            self._is_buying = str(error) != gone
            raise

    def _confirm(self, address: str, kind: str) -> None:
        """The code that was mailed for a change of the policy, typed; or another asked for."""
        page = self.get(address)
        form = form_of(page, address)
        if form is None:
            return  # it is done, or not asked for yet
        another = {"enviar": "1"}
        mine = Message.policy_id == Policy.id, Policy.number == self.policy
        typed = self.newest_code(kind, *mine) if asks_for_code(page) else another
        if self.post(address, form | typed).status_code == 422:
            self.post(address, form | another)

    def _is_refused(self, page: httpx.Response) -> bool:
        if not any(words in page.text for words in _NOT_NOW):
            return False
        self.refused.append(self.wishes[0])
        self._is_buying = False
        return True

    @staticmethod
    def _form(page: httpx.Response, address: str) -> dict[str, str]:
        form = form_of(page, address)
        if form is None:
            raise NotYet(f"no form at {page.url.path}")
        return form

    def _collect(self) -> bool:
        """Have what the bank would not give back in another way, and go for what waits at the agency. Whether there was
        nothing to do."""
        with self.portal.app.app_context():
            waiting = [(one.number, agency) for one, agency in refund_ways.waiting_for(self.someone.actor)]
        for number, agency in waiting:
            if agency is not None:
                self._collect_cash(number)
                continue
            address = f"/devoluciones/{number}"
            form = form_of(self.get(address), address)
            if form is not None:
                self.post(address, form | {"forma": "cuenta", "cci": self.cci, "cci_otra_vez": self.cci})
                self.cci = CCI  # the bank may refuse the first
        return not waiting

    def _collect_cash(self, number: str) -> None:
        assert self.cashier
        assert self.second
        try:
            with self.portal.app.app_context():
                if CASH_REFUND.is_proposed(CASH_REFUND.get(number, self.cashier.actor).row):
                    CASH_REFUND.confirm(number, self.second.actor, handed_over=True)
                    return
            typed = self.newest_code("refund_code", Message.account_id == self.someone.account_id)
            with self.portal.app.app_context():
                if "enviar" in typed:
                    CASH_REFUND.code.send(number, self.cashier.actor)
                else:
                    CASH_REFUND.hand_over(number, typed["codigo"], self.cashier.actor)
        except DomainError as error:  # the code is another refund's, or over: for another one
            with self.portal.app.app_context(), suppress(DomainError):
                CASH_REFUND.code.send(number, self.cashier.actor)
            raise NotYet(error.message) from error


def sum_on(page: httpx.Response) -> tuple[str, Decimal]:
    """The heading of the money on the page, and how much it is, in soles; nothing where no money moves."""
    sections = lxml.html.document_fromstring(page.text).xpath("//section[@aria-labelledby='dinero']")
    if not sections:
        return "", Decimal(0)
    (heading,), amount = sections[0].xpath(".//h2"), sections[0].xpath(".//*[contains(@class, 'money')]")[0]
    return heading.text_content().strip(), Decimal(amount.text_content().replace("S/", "").replace(",", "").strip())
