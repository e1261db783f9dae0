"""Refunds and payouts with their workers killed at every named point: each is moved once, and none is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from rq.utils import import_attribute
from sqlalchemy import select

from portal.domain.claim import ClaimState
from portal.domain.payout import PayoutState
from portal.domain.refund import RefundState
from portal.models import Claim, ClaimAward, Message, OutboxRow, Payment, Payout, Refund
from portal.models.transaction import writing
from portal.services.payments import bank_refunds, movements, payouts
from portal.services.platform import outbox
from tests.draining import owed_now
from tests.factories import Stage
from tests.faults import invariants
from tests.faults.test_pay_race import LEASE, SETTLED
from tests.faults.traps import has_caught, lay
from tests.processes import until
from tests.services.payments.moving import AMOUNT, ROSA

CCI = "00219100000000482155"
#: Seconds from the kill to what finishes it.
RECOVERY: dict[str | None, tuple[int, ...]] = {
    None: (),
    "the {kind} is begun": (LEASE,),
    "the sending is noted and the bank not asked": (LEASE, SETTLED),
    "the bank has answered and nothing is written": (LEASE,),
    "all is committed and the job not ended": (),
}


@pytest.fixture
def charged(make, drain, rows) -> Payment:
    """A payment by account that has been charged, and everything that it led to delivered."""
    make.purchase(make.customer(), Stage.PAID)
    drain()
    return rows(select(Payment))[0]


@pytest.fixture
def begin(app, make, charged) -> Callable[[str], int]:
    """Means to move money of a kind: the row's id."""
    carla = make.collaborator()

    def begin(kind: str) -> int:
        with app.app_context(), writing() as session:
            if kind == "refund":
                return bank_refunds.open_for(session.get_one(Payment, charged.id), AMOUNT / 4, carla.actor).id
            return payouts.open_for(payouts.Payee("Rosa Quispe", ROSA, CCI), AMOUNT, carla.actor).id

    return begin


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


def test_whoever_is_killed_every_refund_and_payout_moves_once(
    app, begin, start, rows, bank, mailbox, later, clock, tmp_path
):
    start(0, "refunds", "payouts", traps=tmp_path)
    begun = {"refund": 0, "payout": 0}
    for kind, point in itertools.product(begun, RECOVERY):
        trap = None if point is None else lay(tmp_path, point.format(kind=kind))
        row_id = begin(kind)
        begun[kind] += 1
        if trap is not None:
            until(partial(has_caught, trap), f"a worker is killed when {point}")
        for seconds in RECOVERY[point]:
            later(seconds)
        until(partial(_is_done, rows, kind, row_id), f"the {kind} is done, although {point}")
    books = bank.ledger.entries()
    assert {"refund": len(books["refunds"]), "payout": len(books["payouts"])} == begun
    clock(seconds=LEASE)
    for row in rows(select(OutboxRow).where(owed_now())):  # what the dead still hold
        with app.app_context():
            import_attribute(row.job)(row.id)
    clock()
    invariants.assert_all_hold(app, books, mailbox.store.mails())


def _is_done(rows: Callable[..., Any], kind: str, row_id: int) -> bool:
    model, done = (Refund, RefundState.DONE) if kind == "refund" else (Payout, PayoutState.DONE)
    return rows(select(model.state).where(model.id == row_id)) == [done]


def test_whoever_is_killed_a_claim_is_paid_once(app, make, start, rows, bank, later, clock, tmp_path):
    start(0, "payouts", traps=tmp_path)
    for point in RECOVERY:
        trap = None if point is None else lay(tmp_path, point.format(kind="payout"))
        someone = make.customer()
        number = make.claim(someone, complete=True)
        make.way(number, someone, cci=CCI)
        make.approve(number)
        if trap is not None:
            until(partial(has_caught, trap), f"a worker is killed when {point}")
        for seconds in RECOVERY[point]:
            later(seconds)
        until(partial(_is_paid, rows, number), f"the claim is paid, although {point}")
    moved = [entry["reference"] for entry in bank.ledger.entries()["payouts"] if entry["status"] == "approved"]
    assert sorted(moved) == sorted(rows(select(Payout.number)))
    assert len(moved) == len(RECOVERY)
    assert set(rows(select(Payout.state))) == {PayoutState.DONE}
    assert rows(select(ClaimAward.id).where(ClaimAward.paid_at.is_(None))) == []
    assert len(rows(select(Message).where(Message.kind == "payout_made"))) == len(RECOVERY)


def _is_paid(rows: Callable[..., Any], number: str) -> bool:
    return rows(select(Claim.state).where(Claim.number == number)) == [ClaimState.PAID]
