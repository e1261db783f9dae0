"""Nobody learns before paying whether somebody else's policy covers a person, nor stands in that person's way: every
answer to a buyer is the same, word for word and statement for statement."""

from __future__ import annotations

import re
from datetime import date

import pytest

from portal.services.sale import quoting
from tests.client import PageClient
from tests.factories import CANCER, Stage
from tests.guards.queries import statements

_BORN = date(1990, 4, 2)
# What differs from one purchase to the next whoever is named.
_OWN = re.compile(
    r"(?:[A-Z]{2}-\d{4}-\d{6})|(?:\d{3} \d{3} \d{3})|(?:/compras/[\w-]+)|(?:\b\d{8}\b)"
    r"|(?:\d\d:\d\d)|(?:[A-Z]\w* ?)+, (?=usted)|[\w.]+@[\w.]+|\xa0"
)


def insured(someone) -> quoting.OtherInsured:
    return quoting.OtherInsured(someone.identity, "Rosa", "Condori", "Flores", _BORN, agrees=True)


def held_by_themselves(make, person) -> None:
    for _ in range(2):
        make.policy(person, product=CANCER)


def held_by_family(make, person) -> None:
    mother = make.customer()
    for _ in range(2):
        make.policy(mother, quote=make.quote(mother, CANCER, insured=insured(person)), product=CANCER)


def unpaid_slips_of_a_stranger(make, person) -> None:
    stranger = make.customer()
    for _ in range(2):
        make.slip(stranger, quote=make.quote(stranger, CANCER, insured=insured(person)), product=CANCER)


def being_paid_by_a_stranger(make, person) -> None:
    for _ in range(2):
        stranger = make.customer()
        quote = make.quote(stranger, CANCER, insured=insured(person))
        make.purchase(stranger, Stage.PAID, quote=quote, product=CANCER, last4="0022")  # the bank has not said yet


SITUATIONS = (held_by_themselves, held_by_family, unpaid_slips_of_a_stranger, being_paid_by_a_stranger)


class Prober:
    """Somebody who quotes for a person and goes as far as one gets without paying."""

    def __init__(self, app, make, person, *, cash: bool) -> None:
        self.app, self.make, self.cash = app, make, cash
        self.me = make.customer(names="Pedro", paternal_surname="Rojas")
        self.browser = PageClient(app).sign_in(self.me)
        self.quote = make.quote(self.me, CANCER, insured=insured(person))
        self.answers: list[tuple[int, str, tuple[str, ...]]] = []

    def walk(self) -> list[tuple[int, str, tuple[str, ...]]]:
        with statements(self.app) as asked:
            page = self.browser.get(f"/cotizaciones/{self.quote}")
            self._note(page, asked)
            page = self.browser.submit(page, {"acepta": True})
            self._note(page, asked)
        public_id = page.path.split("/")[2]
        if self.cash:
            self.make.cash(self.me, public_id)
        else:
            self.make.method(self.me, public_id)
        self.make.verification(self.me, public_id)
        with statements(self.app) as asked:
            page = self.browser.get(f"/compras/{public_id}/terminos")
            page = self.browser.submit(page, {"acepta": True})
            self._note(page, asked)
        if not self.cash:
            with statements(self.app) as asked:
                page = self.browser.submit(page, button="Procesar Pago")
                self._note(page, asked)
        return self.answers

    def _note(self, page, asked) -> None:
        path = _OWN.sub("", page.path)
        words = " ".join(_OWN.sub("", page.text).split())
        self.answers.append((page.status, f"{path} {words}", tuple(" ".join(one.split()[:6]) for one in asked)))


@pytest.mark.parametrize("cash", [False, True], ids=["account", "cash"])
def test_a_buyer_reads_the_same_whatever_others_hold_or_are_paying_for_the_insured(app, make, cash):
    Prober(app, make, make.customer(), cash=cash).walk()  # the first ever begins counters
    expected = Prober(app, make, make.customer(), cash=cash).walk()
    assert [status for status, _, _ in expected] == [200] * len(expected)
    for situation in SITUATIONS:
        person = make.customer()
        situation(make, person)
        assert Prober(app, make, person, cash=cash).walk() == expected, situation.__name__


@pytest.mark.parametrize("situation", [held_by_family, unpaid_slips_of_a_stranger, being_paid_by_a_stranger])
def test_what_others_do_for_a_person_never_stands_in_that_persons_way(app, make, situation):
    person = make.customer()
    situation(make, person)
    browser = PageClient(app).sign_in(person)
    page = browser.submit(browser.get(f"/cotizaciones/{make.quote(person, CANCER)}"), {"acepta": True})
    assert (page.status, page.path.split("/")[1]) == (200, "compras")


def test_ones_own_policies_are_said_before_paying(app, make):
    person = make.customer()
    make.policy(person, product=CANCER)
    browser = PageClient(app).sign_in(person)
    address = f"/cotizaciones/{make.quote(person, CANCER)}"
    before = browser.get(address)
    make.policy(person, product=CANCER)
    page = browser.get(address)
    assert "No puede comprar otra: este seguro permite hasta 2 por persona." in page.text
    assert not page.document.xpath("//*[@name='acepta']")
    assert "Usted ya tiene 2 pólizas de este seguro" in browser.submit(before, {"acepta": True}).text


def test_whoever_paid_reads_that_the_money_goes_back_and_nothing_of_policies(app, make, drain):
    person, buyer = make.customer(), make.customer()
    held_by_family(make, person)
    public_id = make.purchase(
        buyer, Stage.PAID, quote=make.quote(buyer, CANCER, insured=insured(person)), product=CANCER
    )
    browser = PageClient(app).sign_in(buyer)
    for address in (f"/compras/{public_id}", "/cotizaciones", "/inicio", "/comunicaciones"):
        page = browser.get(address)
        assert not re.search("ya tiene|máximo|Estamos confirmando|emitiendo", page.text), address
    page = browser.get(f"/compras/{public_id}")
    assert page.heading == "Le devolvemos su pago"
    assert not page.document.xpath("//main//form")
    drain()
    assert browser.get(f"/compras/{public_id}").heading == "Le devolvemos su pago"
