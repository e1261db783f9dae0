"""What must hold once faults have healed and all that was owed is done, whatever happened in between.

Each question gives what is broken, in words, and nothing when it holds. They ask the portal's rows, the bank's own
books (`bank.ledger.entries()`) and the mails that arrived; call them in an application context.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter as Count
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select

from portal.domain import clock
from portal.domain.message import EXPIRED, MessageState
from portal.domain.payment import COMMITTED_STATES, PaymentState
from portal.domain.policy import EndorsementKind
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.domain.refund import RefundState
from portal.integrations.storage import FolderStorage
from portal.models import (
    Appeal,
    CashReceipt,
    Claim,
    Counter,
    Document,
    Endorsement,
    Message,
    Notice,
    OutboxRow,
    OutboxState,
    Payment,
    Payout,
    Policy,
    PolicyChange,
    Purchase,
    Quote,
    Refund,
)
from portal.services.documents import kinds
from portal.services.documents.contracting import EDITION
from portal.services.platform import audit
from sandbox.mail_store import Mail
from tests.databases import all_of

Books = dict[str, list[dict[str, Any]]]

#: `MA-2026`: a counter of numbers that people see.
_SERIES = re.compile(r"[A-Z]+-\d{4}")

#: The bank may have approved a charge whose payment is in one of these: approved, or for two of the staff to conclude.
_CHARGED = (PaymentState.APPROVED, PaymentState.IN_REVIEW)


def assert_all_hold(app: Flask, books: Books, mails: Sequence[Mail], *, duplicates: int = 0) -> None:
    """Everything at once. `duplicates`: how many mails may have come twice, one for each crash while mailing."""
    with app.app_context():
        broken = list(everything(books, mails, duplicates=duplicates))
    assert not broken, "\n".join(broken)


def everything(books: Books, mails: Sequence[Mail], *, duplicates: int = 0) -> Iterator[str]:
    """All the questions below."""
    for question in (
        money(books),
        money_out(books),
        changes(),
        cash(),
        numbers(),
        nothing_stuck(),
        audit_chain(),
        documents(),
    ):
        yield from question
    yield from deliveries(mails, duplicates=duplicates)


def money(books: Books) -> Iterator[str]:
    """Charge, approved payment and policy or other plan are one to one, of the same amount; nobody was refused who was
    charged."""
    approved = [entry for entry in books["charges"] if entry["status"] == "approved"]
    charges = {entry["key"]: entry for entry in approved}
    refused = {entry["reference"] for entry in books["charges"] if entry["status"] == "declined"}
    payments = all_of(select(Payment).where(Payment.method == PaymentMethod.ACCOUNT))
    bought = Count([*all_of(select(Policy.payment_id)), *all_of(select(Endorsement.payment_id))])
    purchases = {payment.idempotency_key: payment.purchase_id for payment in payments if payment.idempotency_key}
    yield from _bookings(
        Count(entry["key"] for entry in books["charges"]), Count(purchases.get(key) for key in charges)
    )
    for payment in payments:
        yield from _outcome(payment, charges.get(payment.idempotency_key or ""), payment.number in refused)
        if bought[payment.id] != (payment.state is PaymentState.APPROVED and not payment.bought_nothing):
            yield f"{payment.number} is {payment.state} and has {bought[payment.id]} policies or plans"


def _bookings(of_key: Count[str], of_purchase: Count[int | None]) -> Iterator[str]:
    for key, times in of_key.items():
        if times > 1:
            yield f"the bank booked the key {key} {times} times"
    for purchase, times in of_purchase.items():
        if purchase is None:
            yield f"{times} charges belong to no payment"
        elif times > 1:
            yield f"purchase {purchase} was charged {times} times"


def _outcome(payment: Payment, entry: dict[str, Any] | None, was_refused: bool) -> Iterator[str]:
    if entry is not None and payment.state not in _CHARGED:
        yield f"{payment.number} was charged and is {payment.state}"
    if payment.state is PaymentState.APPROVED:
        yield from _approval(payment, entry)
    if payment.state is PaymentState.DECLINED and payment.in_review_at is None and not was_refused:
        yield f"{payment.number} is declined and the bank never refused it"


def _approval(payment: Payment, entry: dict[str, Any] | None) -> Iterator[str]:
    if entry is None:
        yield f"{payment.number} is approved and the bank has no charge of it"
        return
    booked = entry["amount"], entry["reference"], entry["charge_id"]
    if booked != (f"{payment.amount:.2f}", payment.number, payment.charge_id):
        yield f"{payment.number} is not what the bank booked: {booked}"
    if payment.amount != payment.purchase.quote.premium_total:
        yield f"{payment.number} is of another amount than its quote"
    if payment.account_token is not None:
        yield f"{payment.number} still holds the bank's token"


def money_out(books: Books) -> Iterator[str]:
    """What the bank gave back or paid is one to one with what is done, of the same amount."""
    refunds, payouts = all_of(select(Refund)), all_of(select(Payout))
    to_accounts = [row for row in refunds if row.cci]
    for booked, book in (([row for row in refunds if not row.cci], "refunds"), ([*payouts, *to_accounts], "payouts")):
        moved = {entry["key"]: entry for entry in books[book] if entry["status"] == "approved"}
        rows = {row.idempotency_key: row for row in booked if row.idempotency_key}
        for key in moved.keys() - rows.keys():
            yield f"the bank moved {moved[key]['amount']} under the key {key}, of no row in {book}"
        for key, row in rows.items():
            entry = moved.get(key)
            if row.state.is_done and (entry is None or entry["amount"] != f"{row.amount:.2f}"):
                yield f"{row.number} is done and the bank has no such movement"
            if row.state.is_refused and entry is not None:
                yield f"{row.number} is refused and the bank moved it"


_STATED = {
    ChangeKind.END: EndorsementKind.TERMINATION,
    ChangeKind.PLAN: EndorsementKind.PLAN_CHANGE,
    ChangeKind.BENEFICIARIES: EndorsementKind.BENEFICIARY_CHANGE,
}


def changes() -> Iterator[str]:
    """What was changed in policies: one endorsement for each change that was carried out or plan that was paid, one end
    at most, and the money that they say goes back once, of what was paid and never more than it."""
    done = all_of(select(PolicyChange).where(PolicyChange.state == ChangeState.DONE))
    by_kind = Count((one.policy_id, _STATED[one.kind]) for one in done)
    amounts = {one.id: one.amount for one in all_of(select(Payment))}
    paid = {one.id: amounts.get(one.payment_id, 0) for one in all_of(select(Policy))}
    for one in all_of(select(Endorsement).where(Endorsement.payment_id.is_not(None))):
        by_kind[one.policy_id, EndorsementKind.PLAN_CHANGE] += 1
        paid[one.policy_id] += amounts[one.payment_id]
    stated = Count((one.policy_id, one.kind) for one in all_of(select(Endorsement)) if one.kind in _STATED.values())
    for policy in all_of(select(Policy)):
        for kind in _STATED.values():
            asked, its = by_kind[policy.id, kind], stated[policy.id, kind]
            if asked != its or (kind is EndorsementKind.TERMINATION and its > 1):
                yield f"{policy.number} has {its} endorsements of {kind}, {asked} were asked for"
        back = sum(one.refund for one in done if one.policy_id == policy.id)
        if back > paid[policy.id]:
            yield f"{policy.number} gives {back} back, and {paid[policy.id]} was paid"
    refunds = all_of(select(Refund))
    for change in done:
        given = sum(row.amount for row in refunds if row.change_id == change.id and row.instead_of_id is None)
        if given != change.refund:
            yield f"change {change.id} gives {change.refund} back, its refunds {given}"


def cash() -> Iterator[str]:
    """Every slip that was paid has its one receipt that stands, or its policy was annulled with it; money that could
    not issue is to be given back."""
    receipts: dict[int, list[CashReceipt]] = defaultdict(list)
    for receipt in all_of(select(CashReceipt)):
        receipts[receipt.payment_id].append(receipt)
    bought = {policy.payment_id: policy for policy in all_of(select(Policy))}
    plans = all_of(select(Endorsement).where(Endorsement.payment_id.is_not(None)))
    bought |= {one.payment_id: one.policy for one in plans if one.payment_id}
    annulled = set(all_of(select(Endorsement.policy_id).where(Endorsement.kind == EndorsementKind.CANCELLATION)))
    refunded = Count(all_of(select(Refund.receipt_id)))
    for payment in all_of(select(Payment).where(Payment.method == PaymentMethod.CASH)):
        taken = receipts[payment.id]
        standing = [one for one in taken if one.issues and one.reversed_at is None]
        policy = bought.get(payment.id)
        is_annulled = policy is not None and policy.id in annulled
        if payment.state is PaymentState.APPROVED and not payment.bought_nothing:
            holds = policy is not None and len(standing) == (0 if is_annulled else 1)
        else:
            holds = not standing and policy is None
        if not holds:
            issued = "no policy" if policy is None else f"{policy.number}{', annulled' if is_annulled else ''}"
            yield f"{payment.number} is {payment.state} with {len(standing)} receipts and {issued}"
        for receipt in taken:
            if receipt.issues and receipt.amount != payment.amount:
                yield f"{receipt.number} is of {receipt.amount}, its slip of {payment.amount}"
            if not receipt.issues and receipt.reversed_at is None and refunded[receipt.id] != 1:
                yield f"{receipt.number} did not issue and has {refunded[receipt.id]} refunds"


def numbers() -> Iterator[str]:
    """Each series runs from 1 to its counter without gap or repeat."""
    given: dict[str, list[int]] = defaultdict(list)
    numbered = (Quote, Payment, Policy, CashReceipt, Refund, Payout, Claim, Notice, Appeal)
    for model in numbered:
        for number in all_of(select(model.number).where(model.number.is_not(None))):
            series, _, value = number.rpartition("-")
            given[series].append(int(value))
    counters = {one.name: one.value for one in all_of(select(Counter)) if _SERIES.fullmatch(one.name)}
    for series in given.keys() | counters.keys():
        if sorted(given[series]) != list(range(1, counters.get(series, 0) + 1)):
            yield f"{series} counts to {counters.get(series)} and gave {sorted(given[series])}"


def nothing_stuck() -> Iterator[str]:
    """Every payment and refund came to an end or lies on the staff's desk, what is due was done, every purchase
    agrees."""
    moving = Payment.state.in_((PaymentState.PROCESSING, PaymentState.UNKNOWN))
    giving = Refund.state.in_((RefundState.CREATED, RefundState.PROCESSING, RefundState.UNKNOWN))
    yield from (f"{payment.number} is {payment.state}" for payment in all_of(select(Payment).where(moving)))
    yield from (f"{refund.number} is {refund.state}" for refund in all_of(select(Refund).where(giving)))
    for row in all_of(select(OutboxRow).where(OutboxRow.state != OutboxState.DONE)):
        if row.state is OutboxState.FAILED or (row.due_at <= clock.now() and row.queue != EDITION.queue):
            yield f"{row.dedupe_key} is {row.state} after {row.attempts} attempts: {row.last_error}"
    plans = select(Payment.purchase_id).join(Endorsement, Endorsement.payment_id == Payment.id)
    issued = {*all_of(select(Policy.purchase_id)), *all_of(plans)}
    for purchase in all_of(select(Purchase)):
        if any(one.bought_nothing for one in purchase.payments):
            continue
        if purchase.state is PurchaseState.PAID or (purchase.state is PurchaseState.ISSUED) != (purchase.id in issued):
            yield f"purchase {purchase.id} is {purchase.state}, {'with' if purchase.id in issued else 'without'} policy"
        if purchase.state is PurchaseState.OPEN and any(one.state in COMMITTED_STATES for one in purchase.payments):
            yield f"purchase {purchase.id} can be edited while a payment moves"


def audit_chain() -> Iterator[str]:
    """No row of it was altered or taken out."""
    broken = audit.first_broken()
    if broken is not None:
        yield f"the audit chain breaks at {broken}"


def documents() -> Iterator[str]:
    """Every policy has its document, and the bytes of every document are there, unchanged."""
    storage = FolderStorage(current_app.config["PORTAL"].storage_folder)
    rows = all_of(select(Document))
    of_endorsement = Count(one.subject_id for one in rows if one.kind == kinds.POLICY.code)
    for policy in all_of(select(Policy)):
        if of_endorsement[policy.endorsements[0].id] != 1:
            yield f"{policy.number} has {of_endorsement[policy.endorsements[0].id]} documents"
    for document in rows:
        if not document.is_ready:
            yield f"{document.filename} was not made"
        elif hashlib.sha256(storage.get(str(document.storage_key))).hexdigest() != document.sha256:
            yield f"{document.filename} has other bytes than were kept"


def deliveries(mails: Sequence[Mail], *, duplicates: int = 0) -> Iterator[str]:
    """Every message arrived unless its time had ended, with the stored bytes of its documents; one that came twice came
    as the same bytes."""
    messages, arrived = _to_arrive(all_of(select(Message)), mails)
    for message in messages:
        copies = arrived.pop(message.rfc_message_id, [])
        if message.state is not MessageState.SENT or not copies:
            yield f"{message.kind} {message.id} is {message.state} and arrived {len(copies)} times"
            continue
        duplicates -= len(copies) - 1
        yield from (f"{message.kind} {message.id} {wrong}" for wrong in _delivery(message, copies))
    mailed = Count(message.policy_id for message in messages if message.kind == "policy")
    for policy in all_of(select(Policy)):
        if mailed[policy.id] < 1 and policy.cancelled_at is None:
            yield f"{policy.number} was not mailed"
    for stranger in chain.from_iterable(arrived.values()):
        yield f"nobody wrote the mail {stranger.header('Subject')}"
    if duplicates < 0:
        yield f"{-duplicates} mails too many came twice"


def _to_arrive(messages: Sequence[Message], mails: Sequence[Mail]) -> tuple[list[Message], dict[str, list[Mail]]]:
    """The messages that are to arrive, and the mails that did by their Message-ID: without those that a newer one took
    the place of, or that were too late for what they ask."""
    ended = {one.rfc_message_id for one in messages if one.reason == EXPIRED}
    arrived: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        if mail.header("Message-ID") not in ended:
            arrived[mail.header("Message-ID")].append(mail)
    return [one for one in messages if one.rfc_message_id not in ended], arrived


def _delivery(message: Message, copies: Sequence[Mail]) -> Iterator[str]:
    if len({copy.raw for copy in copies}) != 1:
        yield "came as different bytes"
    if copies[0].envelope_to != [message.recipient]:
        yield f"went to {copies[0].envelope_to}"
    hashes = [hashlib.sha256(attached.data).hexdigest() for attached in copies[0].attachments()]
    if sorted(hashes) != sorted(str(one.sha256) for one in message.attachments):
        yield "carries other files than were kept"
