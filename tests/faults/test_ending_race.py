"""A policy cancelled by twenty presses at once over several web processes, whoever is killed: one endorsement, one
refund, none lost.

`./run test --rounds 100 --timeout 0 tests/faults/test_ending_race.py` plays it a hundred times on each database.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from portal.domain.cci import parse
from portal.domain.payout_way import Chosen
from portal.domain.policy import EndorsementKind
from portal.domain.refund import RefundState
from portal.models import Endorsement, Message, OutboxRow, Policy, PolicyChange, Refund
from portal.services.payments import movements, refund_ways
from portal.services.platform import outbox
from tests.draining import owed_now
from tests.factories import CCI, Someone
from tests.faults import invariants
from tests.faults.test_pay_race import BELL, LEASE, PRESSES, SERVERS, SETTLED
from tests.faults.traps import has_caught, lay
from tests.faults.visitors import Visitor
from tests.processes import until
from workers import refunds as jobs

#: Seconds from the kill to what finishes the refund.
OF_THE_REFUND: dict[str | None, tuple[int, ...]] = {
    "the refund is begun": (LEASE,),
    "the sending is noted and the bank not asked": (LEASE, SETTLED),
    "the bank has answered and nothing is written": (LEASE,),
    "all is committed and the job not ended": (),
}
OF_THE_WEB = ("the end is carried out and not committed", "the end is committed and its bell not rung")
RECOVERY = {None: (), OF_THE_WEB[0]: (), OF_THE_WEB[1]: (BELL,), **OF_THE_REFUND}
REFUSES_REFUNDS = "0101"  # the card of sandbox/README.md whose refunds the bank refuses


@dataclass(frozen=True)
class Round:
    """A policy whose end is asked for, its code, and the point at which a process is killed while it is confirmed."""

    someone: Someone
    policy: str
    code: str
    point: str | None


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


@pytest.fixture
def rounds(request, make, drain) -> list[Round]:
    """Each point in turn, and nobody killed; what is owed before is done."""
    points = itertools.cycle(RECOVERY)
    made = []
    for _ in range(request.config.getoption("--rounds") or len(RECOVERY)):
        someone = make.customer()
        policy = make.policy(someone)
        _, code = make.end_asked(policy, someone)
        made.append(Round(someone, policy, code, next(points)))
    drain()
    return made


@pytest.fixture
def do_what_the_dead_hold(app, rows, clock) -> Callable[[], None]:
    def work() -> None:
        dead = select(OutboxRow.id).where(OutboxRow.queue == "refunds", OutboxRow.locked_until.is_not(None))
        owed = select(OutboxRow.id).where(owed_now())
        until(lambda: set(rows(owed)) <= set(rows(dead)), "everything owed is done, but by the dead")
        clock(seconds=LEASE)
        for outbox_id in rows(owed):
            with app.app_context():
                jobs.refund(outbox_id)
        clock()

    return work


def test_desvincular_twenty_times_at_once_is_one_endorsement_and_one_refund_whoever_is_killed(
    app, rounds, start, visitor, rows, bank, mailbox, later, do_what_the_dead_hold, tmp_path, say
):
    began = time.monotonic()
    urls = start(SERVERS, "refunds", "documents", "mail", traps=tmp_path)
    for one in rounds:
        trap = None if one.point is None else lay(tmp_path, one.point)
        press_together(visitor(urls, one.someone), one)
        if trap is not None:
            until(partial(has_caught, trap), f"a process is killed when {one.point}")
        for seconds in RECOVERY[one.point]:
            later(seconds)
        until(partial(is_given_back, rows, one.policy), f"the money is back, although {one.point}")

    refunds = [entry for entry in bank.ledger.entries()["refunds"] if entry["status"] == "approved"]
    endorsements = rows(select(Endorsement.id).where(Endorsement.kind == EndorsementKind.TERMINATION))
    assert len(refunds) == len(endorsements) == len(rows(select(Refund.id))) == len(rounds)
    do_what_the_dead_hold()
    until(lambda: not rows(select(OutboxRow.id).where(owed_now())), "what is owed is done")
    assert len(rows(select(Message.id).where(Message.kind == "policy_left"))) == len(rounds)
    assert len(rows(select(Message.id).where(Message.kind == "refund_arrived"))) == len(rounds)
    invariants.assert_all_hold(app, bank.ledger.entries(), mailbox.store.mails())
    say(
        f"\n{len(rounds)} rounds of {PRESSES} presses on {SERVERS} web servers, "
        f"{sum(one.point is not None for one in rounds)} kills: {len(endorsements)} endorsements, {len(refunds)} "
        f"refunds, {len(rounds) - len(refunds)} lost, {time.monotonic() - began:.0f} s"
    )


def test_whoever_is_killed_another_account_is_paid_once(
    app, make, start, rows, bank, mailbox, drain, later, do_what_the_dead_hold, tmp_path
):
    waiting = []
    for _ in OF_THE_REFUND:
        someone = make.customer()
        policy = make.policy(someone, last4=REFUSES_REFUNDS)
        drain()
        make.ended(policy, someone)
        drain()
        waiting.append((someone, rows(select(Refund.number).order_by(Refund.id))[-1]))
    start(0, "refunds", "documents", "mail", traps=tmp_path)
    for (someone, refused), point in zip(waiting, OF_THE_REFUND, strict=True):
        trap = lay(tmp_path, str(point))
        with app.app_context():
            refund_ways.choose(refused, Chosen(cci=parse(CCI)), someone.actor)
        until(partial(has_caught, trap), f"a worker is killed when {point}")
        for seconds in OF_THE_REFUND[point]:
            later(seconds)
        until(lambda: rows(select(Refund.state).order_by(Refund.id))[-1].is_done, f"it is paid, although {point}")
    moved = [entry["reference"] for entry in bank.ledger.entries()["payouts"] if entry["status"] == "approved"]
    assert sorted(moved) == sorted(rows(select(Refund.number).where(Refund.cci.is_not(None))))
    assert len(moved) == len(OF_THE_REFUND)
    do_what_the_dead_hold()
    until(lambda: not rows(select(OutboxRow.id).where(owed_now())), "what is owed is done")
    invariants.assert_all_hold(app, bank.ledger.entries(), mailbox.store.mails())


def press_together(browser: Visitor, one: Round) -> None:
    """Twenty presses. Only who speaks with a web process that is killed gets no answer."""
    address = f"/polizas/{one.policy}/desvincular/codigo"
    fields = browser.form(address, "codigo") | {"codigo": one.code}

    def press(number: int) -> httpx.Response | None:
        try:
            return browser.post(address, fields, server=number)
        except httpx.TransportError:
            return None

    answers = browser.at_once(PRESSES, press)
    # Who comes when all is done is led to what became of it; who passes a code that was just used up reads so.
    assert {answer.status_code for answer in answers if answer is not None} <= {303, 422}
    assert 303 in {answer.status_code for answer in answers if answer is not None}
    assert one.point in OF_THE_WEB or None not in answers


def is_given_back(rows: Callable[..., Any], policy: str) -> bool:
    given = select(Refund.state).join(PolicyChange, PolicyChange.id == Refund.change_id)
    return rows(given.join(Policy, Policy.id == PolicyChange.policy_id).where(Policy.number == policy)) == [
        RefundState.DONE
    ]
