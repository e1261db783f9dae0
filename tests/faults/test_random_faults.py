"""The closing one: people buy, name others, change their plan, renew and cancel while whatever can go wrong does. Then
it is healed, all that is owed is done, and every promise is checked against the bank's books and its settlement, the
database, the mailbox, what the insurers are told, and what the people's own pages said.

`--fault-seconds 3600 --timeout 0` goes on for an hour; `--fault-seed` repeats the choices of a run, not its timing.
"""

from __future__ import annotations

import csv
import io
import random
import secrets
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from portal.domain import clock as portal_clock
from portal.domain.payment import PaymentState
from portal.domain.policy import EndorsementKind
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.integrations.storage import FolderStorage
from portal.models import (
    Document,
    Message,
    OutboxRow,
    OutboxState,
    Payment,
    Policy,
    PolicyChange,
    Refund,
    SettlementDifference,
    SettlementLine,
)
from portal.services.operation import bordereaux
from portal.services.payments import refund_ways, returning, settlement_days
from tests.factories import ACCIDENT, CCI, HOSPITAL, Someone, Stage
from tests.faults.ensemble import Ensemble
from tests.faults.holders import Holder, Told
from tests.faults.invariants import everything
from tests.faults.troubles import Troubles

PEOPLE = 4  # who live at the same time, one policy after the other
#: Cards of the sandbox: approved; slowly; charged and never answered; charged and answered 500; 500 and not charged;
#: and those whose refunds are refused, or made or not made and answered so.
CARDS = ("4821", "4821", "4821", "4821", "0020", "0021", "0022", "0023", "0101", "0120", "0121", "0122", "0123")
#: Seconds: past every lease and the time in which a charge may still arrive; past the longest pause between two tries;
#: once more for what the bank refused then.
LATER = (700, 4500, 9000)
PATIENCE = 90
MAILED = {
    EndorsementKind.TERMINATION: "policy_left",
    EndorsementKind.PLAN_CHANGE: "plan_changed",
    EndorsementKind.BENEFICIARY_CHANGE: "beneficiaries_changed",
}


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
    counter = portal.make.collaborator(), portal.make.collaborator()
    portal.start()
    people: list[Holder] = []
    ended = threading.Event()
    with ThreadPoolExecutor(PEOPLE) as pool:
        living = [
            pool.submit(keep_living, portal, random.Random(seed + at), people, counter, ended) for at in range(PEOPLE)
        ]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            troubles.next()
            time.sleep(0.5)
        ended.set()
        healed = time.monotonic()
        for one in living:
            one.result()
    done_meanwhile = sum(len(holder.told) for holder in people)
    quick = recovered(portal, healed, PATIENCE if seconds > 60 else 0)
    for seconds_later in LATER:
        portal.end_all()
        portal.move_clocks(seconds_later)
        later_here(seconds_later)
        portal.start()
        with ThreadPoolExecutor(PEOPLE) as pool:
            arrived = list(pool.map(finish, people))
        wait_for(lambda: not owed(portal))
        if not owed(portal, due_only=False):
            break
    with portal.app.app_context():
        broken = list(everything(portal.bank.ledger.entries(), portal.mailbox.mails(), duplicates=troubles.duplicates))
        broken += kept_promises(people)
        in_review = db.session.scalar(select(func.count()).where(Payment.state == PaymentState.IN_REVIEW))
        refunds = dict(Counter(one.value for one in db.session.scalars(select(Refund.state))))
    portal.kill_all()
    broken += agreed_afterwards(portal, people, later_here)
    mails = [mail.header("Message-ID") for mail in portal.mailbox.mails()]
    again = sum(holder.failures for holder in people)
    told = Counter(one.kind.value for holder in people for one in holder.told)
    refused = Counter(one.value for holder in people for one in holder.refused)
    say(
        f"\nseed {seed}, {seconds:.0f} s of faults: {sum(troubles.happened.values())} ({dict(troubles.happened)}); "
        f"{len(people)} people, told {dict(told)}, told that it can't be: {dict(refused)}; {done_meanwhile} of "
        f"all that before the healing; {in_review} in review, refunds {refunds}, {len(mails)} mails of which "
        f"{len(mails) - len(set(mails))} came twice; {again} pages asked again; {quick}; {len(broken)} differences"
    )
    broken += [words for holder in people for words in holder.unkind]
    broken += [
        f"{holder.public_id} of {holder.policy} still wants {holder.wishes or 'money'}"
        for holder, there in zip(people, arrived, strict=True)
        if not there
    ]
    for holder in people:
        holder.close()
    assert not broken, f"seed {seed}: " + "\n".join(broken)


def finish(holder: Holder) -> bool:
    """Whether the holder has all that they wished for at last, and their money."""
    holder.card, holder.cci = "4821", CCI
    return holder.until(holder.live, time.monotonic() + PATIENCE, None)


def keep_living(
    portal: Ensemble,
    chance: random.Random,
    people: list[Holder],
    counter: tuple[Someone, Someone],
    ended: threading.Event,
) -> None:
    """One policy after the other, each begun through the services and lived with over HTTP."""
    while not ended.is_set():
        with suppress(SQLAlchemyError):  # the database was away: nobody has begun yet
            somebody, product = portal.make.customer(), chance.choice([ACCIDENT, ACCIDENT, HOSPITAL])
            purchase = portal.make.purchase(somebody, Stage.STARTED, product=product)
            holder = Holder(portal, somebody, purchase, cashier=counter[0], second=counter[1])
            holder.card, holder.server = chance.choice(CARDS), chance.randrange(len(portal.urls))
            holder.dream(chance, product)
            people.append(holder)
            holder.until(holder.live, time.monotonic() + 30, ended)


def kept_promises(people: Sequence[Holder]) -> Iterator[str]:
    """Each policy has exactly the endorsements and the refunds that its people's pages told, each told by its mail."""
    sold = list(db.session.scalars(select(Policy.number).order_by(Policy.number)))
    issued = sorted(one.policy for holder in people for one in holder.told if one.kind is EndorsementKind.ISSUE)
    if sold != issued:
        yield f"{sold} are policies, {issued} were told"
    for policy in db.session.scalars(select(Policy).order_by(Policy.id)).all():
        told = [one for holder in people for one in holder.told if one.policy == policy.number]
        changes = [one for one in told if one.kind is not EndorsementKind.ISSUE]
        yield from (f"{policy.number}: {words}" for words in as_told(policy, changes))
    done = Counter(db.session.scalars(select(Refund.method).where(Refund.state == RefundState.DONE)))
    arrived = Counter(db.session.scalars(select(Message.kind)))
    if sum(done.values()) != arrived["refund_arrived"] + arrived["refund_paid"]:
        yield f"{done} refunds are done, {arrived['refund_arrived']} and {arrived['refund_paid']} were told"


def as_told(policy: Policy, told: Sequence[Told]) -> Iterator[str]:
    stated = [one for one in policy.endorsements if one.number]
    if [one.kind for one in stated] != [one.kind for one in told]:
        yield f"it has {[one.kind.value for one in stated]}, told was {[one.kind.value for one in told]}"
    paid = sum(one.payment.amount for one in stated if one.payment)
    if paid != sum(one.paid for one in told):
        yield f"{paid} was paid for other plans, told was {sum(one.paid for one in told)}"
    its = select(Refund).join(PolicyChange).where(PolicyChange.policy_id == policy.id)
    back = sum(one.amount for one in db.session.scalars(its.where(Refund.state == RefundState.DONE)))
    if back != sum(one.returned for one in told):
        yield f"{back} was given back, told was {sum(one.returned for one in told)}"
    mailed = Counter(db.session.scalars(select(Message.kind).where(Message.policy_id == policy.id)))
    for kind, mail in MAILED.items():
        if mailed[mail] != sum(one.kind is kind for one in told):
            yield f"{mailed[mail]} mails {mail}"


def agreed_afterwards(portal: Ensemble, people: Sequence[Holder], later_here: Callable[[int], None]) -> Iterator[str]:
    """What the bank's settlement of these days and our books tell differently, once the day is over; and what the
    insurers are told was kept of a policy, when that is not what was."""
    later_here(int(timedelta(days=2).total_seconds()))
    portal.bank.ledger.now = portal_clock.now
    with portal.app.app_context():
        settlement_days.keep_up()
        lines = db.session.scalar(select(func.count()).select_from(SettlementLine))
        moved = [one for book in portal.bank.ledger.entries().values() for one in book if one["status"] == "approved"]
        if lines != len(moved):
            yield f"the settlement has {lines} lines, and the bank moved money {len(moved)} times"
        for one in db.session.scalars(select(SettlementDifference)):
            yield f"{one.number or one.reference}: {one.kind.value} in the settlement"
        bordereaux.keep_up()
        storage, told = FolderStorage(portal.app.config["PORTAL"].storage_folder), defaultdict[str, Decimal](Decimal)
        for key in db.session.scalars(select(Document.storage_key).where(Document.kind == "bordereau")):
            for line in csv.DictReader(io.StringIO(storage.get(str(key)).decode("utf-8-sig"))):
                sign = {"Cobro": 1, "Devolución": -1}.get(line["Qué pasó"], 0)
                told[line["Póliza"]] += sign * Decimal(line["Monto"] or 0)
        for holder in people:
            for policy in db.session.scalars(select(Policy).where(Policy.account_id == holder.someone.account_id)):
                kept = returning.kept(policy)
                if told[policy.number] != kept:
                    yield f"{policy.number}: {kept} is kept, the insurer was told of {told[policy.number]}"


def wait_for(done: Callable[[], bool]) -> None:
    """Until it is done or our patience ends: what is then left is told with the rest that is broken."""
    deadline = time.monotonic() + PATIENCE
    while not done() and time.monotonic() < deadline:
        time.sleep(0.2)


def owed(portal: Ensemble, *, due_only: bool = True) -> list[str]:
    """What is still to be done: jobs, payments and refunds whose outcome is not known, and money that somebody has to
    see to."""
    due = OutboxRow.due_at <= portal_clock.now() + timedelta(seconds=60)
    jobs = select(OutboxRow).where(OutboxRow.state == OutboxState.PENDING, *([due] if due_only else []))
    moving = select(Payment).where(Payment.state.in_((PaymentState.PROCESSING, PaymentState.UNKNOWN)))
    giving = select(Refund).where(Refund.state.in_((RefundState.PROCESSING, RefundState.UNKNOWN)))
    waiting = select(Refund).where(or_(Refund.state == RefundState.AWAITING_COLLECTION, refund_ways.is_left()))
    with portal.app.app_context():
        return [
            *(f"{row.dedupe_key} after {row.attempts}: {row.last_error}" for row in db.session.scalars(jobs)),
            *(f"{payment.number} is {payment.state}" for payment in db.session.scalars(moving)),
            *(f"{refund.number} is {refund.state}" for refund in db.session.scalars(giving)),
            *(f"{refund.number} waits" for refund in db.session.scalars(waiting) if not due_only),
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
