"""Workers killed at the worst moments, for real: what they left is found and finished, and money moves once.

Time does not pass here: the processes that follow are started with a later clock.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import delete, func, select

from portal.domain.message import MessageState
from portal.domain.payment import PaymentState
from portal.models import Lease, Message, OutboxRow, OutboxState, Payment, Policy
from portal.models.transaction import writing
from portal.services.sale import paying, purchasing
from sandbox.mailbox import smtp_server
from tests.factories import Stage
from tests.processes import PATIENCE, Fork, until, worker
from tests.services.odd_bank import NOT_FOUND, approved, odd_bank


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def press(app, make, juana) -> Callable[[], None]:
    """A purchase is paid for: its charge is owed, and rung for."""

    def press() -> None:
        public_id = make.purchase(juana, Stage.TERMS)
        with app.app_context():
            amount = purchasing.get(public_id, juana.actor).amount
            paying.process(public_id, amount, juana.actor)

    return press


class Victim:
    """A worker to be killed together with the process of its job."""

    running: Fork | None = None
    killed = False

    def kill(self) -> None:
        """As a machine that loses power: nobody gets to say goodbye."""
        assert self.running is not None
        children = Path(f"/proc/{self.running.pid}/task/{self.running.pid}/children").read_text().split()
        for pid in [self.running.pid, *map(int, children)]:
            os.kill(pid, signal.SIGKILL)
        self.killed = True


def payment_is(rows: Callable[[Any], list[Any]], state: PaymentState) -> bool:
    return rows(select(Payment.state)) == [state]


def test_killed_after_the_bank_charged_the_next_finds_the_charge(app, press, rows, env, tmp_path):
    victim, orders = Victim(), []

    def charge_and_kill(order: dict[str, str]) -> tuple[int, Any]:
        orders.append(order)
        victim.kill()
        return 201, approved(order)

    def what_became_of_it(_key: str) -> tuple[int, Any]:
        return 200, approved(orders[0])

    press()
    with odd_bank(charge=charge_and_kill, question=what_became_of_it) as bank:
        env = env | {"BANK_URL": bank.url}
        kill_during_charge(victim, env, tmp_path)
        assert payment_is(rows, PaymentState.PROCESSING)
        assert_leased(rows)
        with worker(env | {"CLOCK_OFFSET_SECONDS": "65"}, "schedule", tmp_path / "schedule"):
            until(lambda: payment_is(rows, PaymentState.APPROVED), "the reconciler asks the bank")
        assert len(bank.keys) == 1
    assert rows(select(func.count()).select_from(Policy)) == [1]


def test_killed_before_the_bank_charged_it_is_sent_again_with_the_same_key(app, press, rows, env, tmp_path):
    victim = Victim()

    def kill_or_charge(order: dict[str, str]) -> tuple[int, Any]:
        if not victim.killed:
            victim.kill()
            return 500, {}
        return 201, approved(order)

    press()
    with odd_bank(charge=kill_or_charge, question=NOT_FOUND) as bank:
        env = env | {"BANK_URL": bank.url}
        kill_during_charge(victim, env, tmp_path)
        with worker(env | {"CLOCK_OFFSET_SECONDS": "65"}, "schedule", tmp_path / "schedule"):
            until(lambda: payment_is(rows, PaymentState.UNKNOWN), "it may be a charge on its way")
        assert len(bank.keys) == 1
        forget_the_round(app)
        with worker(env | {"CLOCK_OFFSET_SECONDS": "310"}, "schedule", tmp_path / "schedule"):
            until(lambda: payment_is(rows, PaymentState.APPROVED), "it is sent again once it has settled")
        assert (len(bank.keys), len(set(bank.keys))) == (2, 1)
    assert rows(select(func.count()).select_from(Policy)) == [1]


def kill_during_charge(victim: Victim, env: dict[str, str], folder: Path) -> None:
    """A worker takes the charge, and the bank's answer finds nobody."""
    with worker(env, "charges", folder / "charges") as victim.running:
        until(lambda: victim.killed, "the bank is asked to charge")
        victim.running.wait(PATIENCE)


def assert_leased(rows: Callable[[Any], list[Any]]) -> None:
    """The dead worker still holds the row: only its lease's end gives it free."""
    (owed,) = rows(select(OutboxRow).where(OutboxRow.queue == "charges"))
    assert owed.state is OutboxState.PENDING
    assert isinstance(owed.locked_until, datetime)


def forget_the_round(app) -> None:
    """The next schedule begins its rounds at once."""
    with app.app_context(), writing() as session:
        session.execute(delete(Lease))


def test_killed_between_the_servers_answer_and_its_own_mark_the_mail_comes_twice_as_one(
    app, make, juana, rows, env, tmp_path
):
    victim, received = Victim(), []

    class KillsAfterTaking:
        async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
            if juana.email in envelope.rcpt_tos:  # the schedule mails the insurers too
                received.append(envelope.original_content)
            if not victim.killed:
                victim.kill()
            return "250 2.0.0 Stored"

    make.purchase(juana, Stage.METHOD)
    with smtp_server(KillsAfterTaking()) as port:
        env = env | {"MAIL_PORT": str(port)}
        with worker(env, "mail", tmp_path / "mail") as victim.running:
            until(lambda: victim.killed, "the mail is handed over")
            victim.running.wait(PATIENCE)
        assert rows(select(Message.state)) == [MessageState.SENDING]
        later = env | {"CLOCK_OFFSET_SECONDS": "65"}
        with worker(later, "mail schedule", tmp_path / "later"):
            hers = Message.account_id == juana.account_id
            until(lambda: rows(select(Message.state).where(hers)) == [MessageState.SENT], "the next one sends it again")
    assert len(received) == 2
    assert received[0] == received[1]
    assert rows(select(Message.secret).where(hers)) == [None]
