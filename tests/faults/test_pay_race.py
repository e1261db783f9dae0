"""Pressed by many at once over several web processes, money moves once and a code has five tries.

`./run test --rounds 100 --timeout 0 tests/faults/test_pay_race.py` plays the race a hundred times on each database.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from portal.models import Code, Message, OutboxRow, Policy, Purchase
from portal.services.payments import movements
from portal.services.platform import outbox
from tests.draining import owed_now
from tests.factories import Someone, Stage
from tests.faults import invariants
from tests.faults.traps import has_caught, lay
from tests.faults.visitors import Visitor, main_text
from tests.processes import until
from workers import charges as jobs

SERVERS, PRESSES, GUESSES = 3, 20, 50


#: Seconds from the kill to what finishes the payment: the bell is rung anew, a dead worker's lease ends and the bank is
#: asked, what did not arrive is sent once more.
BELL, LEASE, SETTLED = 20, 65, 310
RECOVERY: dict[str | None, tuple[int, ...]] = {
    None: (),
    "the payment is committed and its bell not rung": (BELL,),
    "the bell is rung and the page not answered": (),
    "the charge is begun": (LEASE,),
    "the sending is noted and the bank not asked": (LEASE, SETTLED),
    "the bank has answered and nothing is written": (LEASE,),
    "the policy is issued and not committed": (LEASE,),
    "all is committed and no bell rung": (BELL,),
    "all is committed and the job not ended": (),
}
KILLED_CHARGES = select(OutboxRow.id).where(OutboxRow.queue == "charges", OutboxRow.locked_until.is_not(None))
OF_THE_WEB = ("the payment is committed and its bell not rung", "the bell is rung and the page not answered")


@pytest.fixture
def juana(make):
    return make.customer()


@dataclass(frozen=True)
class Round:
    """A purchase ready to be paid, and the point at which a process is killed while it is."""

    someone: Someone
    public_id: str
    point: str | None


@pytest.fixture
def rounds(request, make, drain) -> list[Round]:
    """Each point in turn, and nobody killed; every third purchase was refused once, so that the presses begin a new
    payment. What is owed before the race is done."""
    points = itertools.cycle(RECOVERY)
    made = []
    for number in range(request.config.getoption("--rounds") or len(RECOVERY)):
        someone = make.customer()
        refused = number % 3 == 1
        public_id = make.purchase(someone, Stage.PAID if refused else Stage.TERMS, last4="0001" if refused else "4821")
        if refused:
            make.method(someone, public_id)
        made.append(Round(someone, public_id, next(points)))
    drain()
    return made


@pytest.fixture
def later(app, clock) -> Callable[[int], None]:
    """What the schedule does some seconds from now, done here."""

    def later(seconds: int) -> None:
        clock(seconds=seconds)
        with app.app_context():
            outbox.enqueue_due()
            movements.reconcile_overdue()
        clock()

    return later


def test_procesar_pago_twenty_times_at_once_is_one_charge_one_policy_and_one_mail_whoever_is_killed(
    app, rounds, start, visitor, rows, bank, mailbox, later, clock, tmp_path, capsys
):
    began = time.monotonic()
    urls = start(SERVERS, "charges", "documents", "mail", traps=tmp_path)
    for one in rounds:
        trap = None if one.point is None else lay(tmp_path, one.point)
        press_together(visitor(urls, one.someone), one)
        if trap is not None:
            until(partial(has_caught, trap), f"a process is killed when {one.point}")
        for seconds in RECOVERY[one.point]:
            later(seconds)
        until(partial(policy_is_mailed, rows, one.public_id), f"the mail leaves, although {one.point}")
        see_the_same_page(visitor(urls, one.someone), one.public_id)

    charges = [entry for entry in bank.ledger.entries()["charges"] if entry["status"] == "approved"]
    policies = rows(select(Policy.number))
    assert len(charges) == len(policies) == len(rounds)
    until(lambda: owed(rows) <= set(rows(KILLED_CHARGES)), "everything owed is done, but by the dead")
    clock(seconds=LEASE)
    for outbox_id in owed(rows):
        with app.app_context():
            jobs.charge(outbox_id)
    clock()
    invariants.assert_all_hold(app, bank.ledger.entries(), mailbox.store.mails())
    kills = sum(one.point is not None for one in rounds)
    mails = sum(any(number in mail.header("Subject") for number in policies) for mail in mailbox.store.mails())
    with capsys.disabled():
        print(  # noqa: T201  the figures of the race
            f"\n{len(rounds)} rounds of {PRESSES} presses on {SERVERS} web servers, {kills} kills: "
            f"{len(charges)} charges, {len(policies)} policies, {mails} mails, {time.monotonic() - began:.0f} s"
        )


def test_without_the_queue_a_web_process_charges_once_and_the_rest_follows_when_it_is_back(
    app, make, drain, start, visitor, rows, bank, mailbox, later, redis_server, tmp_path
):
    points = (None, "the bank has answered and nothing is written")
    rounds = [Round(juana, make.purchase(juana, Stage.TERMS), point) for point in points for juana in [make.customer()]]
    drain()
    urls = start(SERVERS, traps=tmp_path)
    redis_server.stop()
    try:
        for one in rounds:
            trap = None if one.point is None else lay(tmp_path, one.point)
            press_together(visitor(urls, one.someone), one, of_the_web=points)
            if trap is not None:
                assert not trap.exists()
                page = visitor(urls, one.someone).get(f"/compras/{one.public_id}/pago")
                assert "Estamos procesando su pago" in page.text
                later(LEASE)
            number = see_the_policy(visitor(urls, one.someone), one.public_id)
            assert rows(select(Policy.number).order_by(Policy.id.desc()).limit(1)) == [number]
    finally:
        redis_server.start()
    assert len(bank.ledger.entries()["charges"]) == len(rounds)
    start(0, "documents", "mail")
    later(LEASE + BELL)  # the second policy was issued at LEASE
    until(lambda: all(policy_is_mailed(rows, one.public_id) for one in rounds), "what is owed is delivered by itself")


def see_the_policy(browser: Visitor, public_id: str) -> str:
    """The number that every server shows on the summary."""
    pages = [browser.get(f"/compras/{public_id}/resumen", server) for server in range(SERVERS)]
    assert len({main_text(page) for page in pages}) == 1
    found = re.search(r"MA-\d{4}-\d{6}", main_text(pages[0]))
    assert found is not None
    return found.group()


def press_together(browser: Visitor, one: Round, of_the_web: Sequence[str | None] = OF_THE_WEB) -> None:
    """Twenty presses. Only who speaks with a web process that is killed gets no answer."""
    address = f"/compras/{one.public_id}/pago"
    fields = browser.form(address, "monto")
    assert fields["monto"] == "72.92"

    def press(number: int) -> httpx.Response | None:
        try:
            return browser.post(address, fields, server=number)
        except httpx.TransportError:
            return None

    answers = browser.at_once(PRESSES, press)
    assert {answer.status_code for answer in answers if answer is not None} == {303}
    assert (one.point is not None and one.point in of_the_web) or None not in answers


def policy_is_mailed(rows: Callable[..., Any], public_id: str) -> bool:
    mailed = select(Message.sent_at).join(Purchase, Message.purchase_id == Purchase.id)
    return rows(mailed.where(Message.kind == "policy", Purchase.public_id == public_id)) not in ([], [None])


def owed(rows: Callable[..., Any]) -> set[int]:
    return set(rows(select(OutboxRow.id).where(owed_now())))


def see_the_same_page(browser: Visitor, public_id: str) -> None:
    """From each server, whether one follows the purchase or reloads the page of the payment."""
    paths = (f"/compras/{public_id}", f"/compras/{public_id}/pago")
    pages = [browser.get(path, server) for path in paths for server in range(SERVERS)]
    assert {page.url.path for page in pages} == {f"/compras/{public_id}/resumen"}
    assert len({main_text(page) for page in pages}) == 1


def test_fifty_guesses_of_a_code_at_once_are_five_tries(make, juana, start, visitor, rows):
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    address = f"/compras/{public_id}/verificacion"
    browser = visitor(start(SERVERS), juana)
    fields = browser.form(address, "codigo")

    def guess(number: int) -> object:
        wrong = f"{(int(code) + number + 1) % 1_000_000:06d}"
        return browser.post(address, fields | {"codigo": wrong}, server=number)

    answers = browser.at_once(GUESSES, guess)

    assert {answer.status_code for answer in answers} == {422}
    compared = [answer for answer in answers if "El código no es correcto" in answer.text]
    refused = [answer for answer in answers if "Se acabaron los 5 intentos" in answer.text]
    assert (len(compared), len(refused)) == (5, GUESSES - 5)
    assert rows(select(Code.tries)) == [5]
    late = browser.post(address, fields | {"codigo": code})
    assert late.status_code == 422
    assert rows(select(Code.used_at)) == [None]
