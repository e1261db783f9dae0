"""The closing one: people buy while whatever can go wrong does. Then it is healed, all that is owed is done, and every
promise is checked against the bank's books, the database and the mailbox.

`--fault-seconds 3600 --timeout 0` goes on for an hour; `--fault-seed` repeats the choices of a run, not its timing.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from portal.domain import clock as portal_clock
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import OutboxRow, OutboxState, Payment, Policy
from tests.factories import ACCIDENT, HOSPITAL, Stage
from tests.faults.buyers import Buyer
from tests.faults.ensemble import Ensemble
from tests.faults.invariants import everything
from tests.faults.troubles import Troubles

PEOPLE = 4  # who buy at the same time, one purchase after the other
#: Cards of the sandbox: approved; slowly; charged and never answered; charged and answered 500; 500 and not charged.
CARDS = ("4821", "4821", "4821", "4821", "0020", "0021", "0022", "0023")
#: Seconds: past every lease and the time in which a charge may still arrive; past the longest pause between two tries.
LATER = (700, 4500)
PATIENCE = 90


@pytest.fixture
def later_here() -> Iterator[Callable[[int], None]]:
    yield lambda seconds: portal_clock.shift(timedelta(seconds=seconds))
    portal_clock.shift(timedelta())


@pytest.mark.one_database
def test_after_any_faults_everything_promised_is_kept(portal, request, say, later_here):
    seed = request.config.getoption("--fault-seed") or secrets.randbelow(1_000_000)
    seconds = request.config.getoption("--fault-seconds")
    if not seconds:
        pytest.skip("minutes: ./run test --fault-seconds 180 --timeout 0 tests/faults/test_random_faults.py")
    troubles = Troubles(portal, random.Random(seed))
    portal.start()
    buyers: list[Buyer] = []
    ended = threading.Event()
    with ThreadPoolExecutor(PEOPLE) as pool:
        buying = [pool.submit(keep_buying, portal, random.Random(seed + at), buyers, ended) for at in range(PEOPLE)]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            troubles.next()
            time.sleep(0.5)
        ended.set()
        healed = time.monotonic()
        for one in buying:
            one.result()
    quick = recovered(portal, healed, PATIENCE if seconds > 60 else 0)
    for seconds_later in LATER:
        portal.end_all()
        portal.move_clocks(seconds_later)
        later_here(seconds_later)
        portal.start()
        with ThreadPoolExecutor(PEOPLE) as pool:
            arrived = list(pool.map(finish, buyers))
        wait_for(lambda: not owed(portal))
        if not owed(portal, due_only=False):
            break
    with portal.app.app_context():
        broken = list(everything(portal.bank.ledger.entries(), portal.mailbox.mails(), duplicates=troubles.duplicates))
        policies = db.session.scalar(select(func.count()).select_from(Policy))
        in_review = db.session.scalar(select(func.count()).where(Payment.state == PaymentState.IN_REVIEW))
    portal.kill_all()
    mails = [mail.header("Message-ID") for mail in portal.mailbox.mails()]
    again = sum(buyer.failures for buyer in buyers)
    say(
        f"\nseed {seed}, {seconds:.0f} s of faults: {sum(troubles.happened.values())} ({dict(troubles.happened)}); "
        f"{len(buyers)} purchases, {policies} policies, {in_review} in review, {len(mails)} mails of which "
        f"{len(mails) - len(set(mails))} came twice; {again} pages asked again; {quick}"
    )
    broken += [words for buyer in buyers for words in buyer.unkind]
    broken += [f"{buyer.public_id} did not arrive" for buyer, there in zip(buyers, arrived, strict=True) if not there]
    for buyer in buyers:
        buyer.close()
    assert not broken, f"seed {seed}: " + "\n".join(broken)
    assert policies == len(buyers)


def finish(buyer: Buyer) -> bool:
    """Whether the buyer came to a policy at last."""
    return buyer.buy(deadline=time.monotonic() + PATIENCE)


def keep_buying(portal: Ensemble, chance: random.Random, buyers: list[Buyer], ended: threading.Event) -> None:
    """One purchase after the other, each begun through the services and answered over HTTP."""
    while not ended.is_set():
        with suppress(SQLAlchemyError):  # the database was away: nobody has begun yet
            somebody = portal.make.customer()
            product = chance.choice([ACCIDENT, HOSPITAL])
            buyer = Buyer(portal, somebody, portal.make.purchase(somebody, Stage.STARTED, product=product))
            buyer.server = chance.randrange(len(portal.urls))
            buyers.append(buyer)
            buyer.buy(deadline=time.monotonic() + 10, card=chance.choice(CARDS), ended=ended)


def wait_for(done: Callable[[], bool]) -> None:
    """Until it is done or our patience ends: what is then left is told with the rest that is broken."""
    deadline = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < deadline:
        time.sleep(0.2)


def owed(portal: Ensemble, *, due_only: bool = True) -> list[str]:
    """What is still to be done: jobs, and payments whose outcome is not known."""
    due = OutboxRow.due_at <= portal_clock.now() + timedelta(seconds=60)
    jobs = select(OutboxRow).where(OutboxRow.state == OutboxState.PENDING, *([due] if due_only else []))
    moving = select(Payment).where(Payment.state.in_((PaymentState.PROCESSING, PaymentState.UNKNOWN)))
    with portal.app.app_context():
        return [
            *(f"{row.dedupe_key} after {row.attempts}: {row.last_error}" for row in db.session.scalars(jobs)),
            *(f"{payment.number} is {payment.state}" for payment in db.session.scalars(moving)),
        ]


def recovered(portal: Ensemble, healed: float, patience: float) -> str:
    """How many seconds after the healing all was done that needn't wait for a charge on its way to the bank."""
    while time.monotonic() < healed + patience:
        with portal.app.app_context():
            waiting = or_(OutboxRow.locked_until.is_not(None), OutboxRow.due_at <= portal_clock.now())
            due = db.session.scalar(select(func.count()).where(OutboxRow.state == OutboxState.PENDING, waiting))
            processing = db.session.scalar(select(func.count()).where(Payment.state == PaymentState.PROCESSING))
        if not due and not processing:
            return f"recovered {time.monotonic() - healed:.1f} s after the healing"
        time.sleep(0.5)
    return f"not recovered {patience:.0f} s after the healing" if patience else "recovery not measured"
