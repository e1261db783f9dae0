"""The rules of a charge that is not over: when it is sent, asked for, given up, and left to people."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from jinja2 import FunctionLoader, TemplateNotFound
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.payment import NOT_ISSUED, PaymentState
from portal.domain.purchase import PurchaseState
from portal.models import AuditEntry, Decision, Message, OutboxRow, OutboxState, Payment, Policy, Purchase
from portal.models.transaction import writing
from portal.services import audit, charging, outbox, paying, reviewing
from sandbox.embedded import free_port
from tests.factories import Stage
from tests.services.at_once import at_once
from tests.services.odd_bank import NOT_FOUND, PROBLEM, approved, odd_bank
from workers import upkeep


@pytest.fixture
def press(call, make, juana) -> Callable[..., str]:
    """A purchase whose charge is owed; its public id."""

    def press(**choices: Any) -> str:
        public_id = make.purchase(juana, Stage.TERMS, **choices)
        call(paying.process, public_id, Decimal("72.92"), juana.actor)
        return public_id

    return press


@pytest.fixture
def change(call) -> Callable[..., None]:
    """Behind the portal's back: `change(Payment, sent_at=None)`."""

    def change(model: Any, *where: Any, **values: Any) -> None:
        def write() -> None:
            with writing() as session:
                session.execute(update(model).where(*where).values(**values))

        call(write)

    return change


# --- a policy that cannot be issued ----------------------------------------------------------------------------------


@pytest.fixture
def stuck(make, juana, press, change) -> Callable[[], None]:
    """The next policy's number is taken, so the last transaction of its charge cannot commit. Gives what mends it."""
    first = make.policy(juana)
    series, _, number = first.rpartition("-")
    taken = f"{series}-{int(number) + 1:06d}"
    change(Policy, number=taken)
    press()
    return lambda: change(Policy, number=first)


def newest(rows) -> Payment:
    return rows(select(Payment).order_by(Payment.id.desc()).limit(1))[0]


def test_an_approval_that_cannot_be_issued_is_kept_and_the_bank_not_asked_again(
    stuck, charge, rows, charged, use_bank, call, clock
):
    charge()
    kept = newest(rows)
    assert (kept.state, kept.reason) == (PaymentState.PROCESSING, NOT_ISSUED)
    assert kept.charge_id and kept.authorization_code
    assert len(rows(select(Policy))) == 1
    with odd_bank(question=NOT_FOUND) as odd:  # a bank that forgets must not undo what it said
        use_bank(odd.url)
        clock(minutes=9)
        call(upkeep.reconcile)
        assert (odd.questions, odd.keys) == (0, [])
    assert newest(rows).state is PaymentState.PROCESSING
    stuck()
    call(upkeep.reconcile)
    issued = newest(rows)
    assert (issued.state, issued.charge_id, issued.reason) == (PaymentState.APPROVED, kept.charge_id, None)
    assert len(charged()) == len(rows(select(Policy))) == 2


def test_after_ten_minutes_it_lies_on_the_staffs_desk_with_its_reason_and_an_alarm(
    stuck, charge, rows, call, clock, mails, capsys
):
    charge()
    clock(minutes=10, seconds=1)
    call(upkeep.reconcile)
    left = newest(rows)
    assert (left.state, left.reason, left.owes_policy) == (PaymentState.IN_REVIEW, NOT_ISSUED, True)
    assert '"charged_and_not_issued"' in capsys.readouterr().out
    last = rows(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))[0]
    assert (last.action, last.details) == ("payment.in_review", {"reason": NOT_ISSUED})
    assert call(charging.overdue) == []
    (mail,) = mails("payment_in_review")
    assert "Su banco hizo el cargo" in mail.text_body
    assert "Si no lo hizo" not in mail.text_body
    charge()  # the job that waited for its next try finds nothing to do
    assert rows(select(OutboxRow.state).where(OutboxRow.queue == "charges")) == [OutboxState.DONE]


def test_the_customer_reads_that_the_bank_charged_and_the_policy_is_late(
    make, juana, stuck, charge, rows, client, call, clock
):
    (public_id,) = rows(select(Purchase.public_id).where(Purchase.state == PurchaseState.AWAITING_PAYMENT))
    charge()
    page = client.sign_in(juana).get(f"/compras/{public_id}/pago")
    assert page.heading == "Su banco hizo el cargo y estamos emitiendo su póliza"
    assert "No pague otra vez" in page.text
    clock(minutes=10, seconds=1)
    call(upkeep.reconcile)
    page = client.get(f"/compras/{public_id}/pago")
    assert "por una falla nuestra todavía no pudimos emitir su póliza" in page.text
    assert not [form for form in page.forms if "monto" in str(form)]


def test_two_of_the_staff_issue_it_once_it_is_mended(make, stuck, charge, rows, call, clock, charged):
    charge()
    clock(minutes=10, seconds=1)
    call(upkeep.reconcile)
    left = newest(rows)
    make_sure = {"was_charged": True, "reference": "", "note": "Se corrigió la numeración"}
    call(reviewing.propose, left.number, **make_sure, actor=make.collaborator().actor)
    stuck()
    (proposal,) = rows(select(Decision))
    call(reviewing.decide, left.number, make.supervisor().actor, shown=proposal.id, accepted=True)
    issued = newest(rows)
    assert (issued.state, issued.charge_id) == (PaymentState.APPROVED, left.charge_id)
    assert issued.authorization_code == left.authorization_code
    assert len(charged()) == len(rows(select(Policy))) == 2


def test_a_mail_that_cannot_be_written_hides_no_payment_from_the_desk(
    app, press, charge, rows, use_bank, call, clock, monkeypatch
):
    press(last4="0023")
    charge()
    whole = app.jinja_env.loader

    def without_the_mail(name: str) -> str:
        if name.startswith("emails/payment_in_review/"):
            raise TemplateNotFound(name)
        return whole.get_source(app.jinja_env, name)[0]

    with odd_bank() as odd:
        use_bank(odd.url)
        monkeypatch.setattr(app.jinja_env, "cache", None)
        monkeypatch.setattr(app.jinja_env, "loader", FunctionLoader(without_the_mail))
        clock(hours=24, seconds=1)
        call(upkeep.reconcile)
    assert newest(rows).state is PaymentState.IN_REVIEW
    assert call(audit.first_broken) is None


# --- when it is sent -------------------------------------------------------------------------------------------------


def test_a_charge_whose_token_died_before_it_was_sent_never_leaves(press, charge, rows, use_bank, clock, mails):
    press()
    with odd_bank(charge=lambda order: (201, approved(order))) as odd:  # a bank that would take the old token
        use_bank(odd.url)
        clock(minutes=31)
        charge()
        assert odd.keys == []
    ended = newest(rows)
    assert (ended.state, ended.reason) == (PaymentState.NOT_SENT, "token_expired")
    assert len(mails("payment_not_sent")) == 1


def test_a_charge_given_up_unsent_ends_when_its_token_is_dead(press, rows, change, call, clock):
    press()
    change(OutboxRow, OutboxRow.queue == "charges", state=OutboxState.FAILED)
    clock(minutes=29)
    call(upkeep.reconcile)
    assert newest(rows).state is PaymentState.PROCESSING, "staff may still have it tried again"
    clock(minutes=32)
    call(upkeep.reconcile)
    assert newest(rows).state is PaymentState.NOT_SENT
    assert rows(select(Purchase.state)) == [PurchaseState.OPEN]


def test_many_reconcilers_that_find_it_unsent_send_it_once(app, press, rows, charged, clock):
    press()
    clock(seconds=61)
    answers = at_once(app, 6, lambda _: charging.reconcile(newest(rows).id))
    assert answers == [None] * 6
    assert newest(rows).state is PaymentState.APPROVED
    assert len(charged()) == len(rows(select(Policy))) == 1


def test_a_sending_that_still_waits_for_its_answer_is_not_called_unknown(press, rows, change, call, clock, mails):
    press()
    now = portal_clock.now()
    change(Payment, sent_at=now, last_sent_at=now, processing_at=now.replace(year=now.year - 1))
    call(upkeep.reconcile)
    assert newest(rows).state is PaymentState.PROCESSING
    assert not mails("payment_confirming")
    clock(seconds=16)
    call(upkeep.reconcile)
    assert newest(rows).state is PaymentState.UNKNOWN


# --- what the bank's silence means -----------------------------------------------------------------------------------


def test_many_reconcilers_send_it_once_more(app, press, charge, rows, use_bank, clock):
    press()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=301)
        at_once(app, 6, lambda _: charging.reconcile(newest(rows).id))
        assert len(odd.keys) == 2
        assert len(set(odd.keys)) == 1
    assert newest(rows).state is PaymentState.UNKNOWN


def test_a_charge_that_arrives_late_is_found(press, charge, rows, use_bank, call, clock):
    press()
    orders: list[dict[str, str]] = []

    def lost(order: dict[str, str]) -> tuple[int, Any]:
        orders.append(order)
        return 503, b""

    with odd_bank(charge=lost, question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=290)
        call(upkeep.reconcile)
        assert newest(rows).state is PaymentState.UNKNOWN
        odd.question = (200, approved(orders[0]))
        call(upkeep.reconcile)
        assert len(odd.keys) == 1
    assert newest(rows).state is PaymentState.APPROVED


@pytest.mark.parametrize("answer", [(401, PROBLEM), (429, b""), (422, {"code": "invalid_request"})])
def test_what_keeps_the_second_sending_out_says_nothing_of_the_first(
    press, charge, rows, use_bank, call, clock, answer
):
    press()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        odd.charge = answer
        clock(seconds=301)
        call(upkeep.reconcile)
        assert newest(rows).state is PaymentState.UNKNOWN
        odd.charge = (422, {"code": "token_expired"})
        clock(minutes=32)
        call(upkeep.reconcile)
        assert len(odd.keys) == 2
    assert newest(rows).state is PaymentState.NOT_SENT


def test_a_token_that_the_bank_takes_no_more_ends_the_second_sending(press, charge, rows, use_bank, call, clock):
    press()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        odd.charge = (422, {"code": "token_expired"})
        clock(seconds=301)
        call(upkeep.reconcile)
    assert newest(rows).state is PaymentState.NOT_SENT


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (lambda order: (200, approved(order)), PaymentState.APPROVED),
        (lambda order: (200, approved(order, status="declined")), PaymentState.DECLINED),
        (lambda order: NOT_FOUND, PaymentState.UNKNOWN),
    ],
)
def test_a_key_that_was_used_with_another_body_is_asked_for(press, charge, rows, use_bank, told, state):
    press()
    orders: list[dict[str, str]] = []

    def used(order: dict[str, str]) -> tuple[int, Any]:
        orders.append(order)
        return 409, {"code": "idempotency_mismatch"}

    with odd_bank(charge=used, question=lambda _: told(orders[0])) as odd:
        use_bank(odd.url)
        charge()
        assert (len(odd.keys), odd.questions) == (1, 1)
    assert newest(rows).state is state


def test_the_settle_time_is_a_setting(app, press, charge, rows, use_bank, call, clock, monkeypatch):
    shorter = dataclasses.replace(app.config["PORTAL"], bank_settle=timedelta(seconds=40))
    monkeypatch.setitem(app.config, "PORTAL", shorter)
    press()
    with odd_bank(question=NOT_FOUND) as odd:
        use_bank(odd.url)
        charge()
        clock(seconds=41)
        call(upkeep.reconcile)
        assert len(odd.keys) == 2


def test_a_bank_that_answers_after_a_day_is_still_believed(press, charge, rows, use_bank, call, clock):
    press()
    orders: list[dict[str, str]] = []

    def hangs(order: dict[str, str]) -> tuple[int, Any]:
        orders.append(order)
        return 500, b""

    with odd_bank(charge=hangs) as odd:
        use_bank(odd.url)
        charge()
        odd.question = lambda _: (200, approved(orders[0]))
        clock(hours=25)
        call(upkeep.reconcile)
    assert newest(rows).state is PaymentState.APPROVED


def test_an_unreachable_bank_in_a_web_process_without_the_queue_is_tried_again_by_the_reconciler(
    make, juana, call, rows, use_bank, clock, redis_server, charged
):
    public_id = make.purchase(juana, Stage.TERMS)
    use_bank(f"http://127.0.0.1:{free_port()}")
    redis_server.stop()
    try:
        call(paying.process, public_id, Decimal("72.92"), juana.actor)
        assert newest(rows).state is PaymentState.PROCESSING
        use_bank()
        clock(seconds=61)
        call(outbox.ring_due)
        call(upkeep.reconcile)
    finally:
        redis_server.start()
    assert newest(rows).state is PaymentState.APPROVED
    assert len(charged()) == 1
    assert rows(select(Message.kind).where(Message.kind == "payment_confirming")) == []
