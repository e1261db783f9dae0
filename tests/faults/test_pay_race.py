"""Pressed by many at once over several web processes, money moves once and a code has five tries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.domain.message import MessageState
from portal.domain.payment import PaymentState
from portal.models import Code, Message, OutboxRow, OutboxState, Payment, Policy
from tests.factories import Stage, beneficiary
from tests.faults.visitors import main_text
from tests.processes import until

SERVERS, PRESSES, GUESSES = 3, 20, 50


@pytest.fixture
def juana(make):
    return make.customer()


def nothing_is_owed(rows: Callable) -> bool:
    return not rows(select(OutboxRow.id).where(OutboxRow.state == OutboxState.PENDING))


def test_procesar_pago_twenty_times_at_once_is_one_charge_one_policy_and_one_mail(
    make, juana, start, visitor, rows, bank, mailbox, drain
):
    public_id = make.purchase(juana, Stage.TERMS, named=[beneficiary("Rosa")])
    drain()  # the code's mail and the quote's document are not part of the race
    address = f"/compras/{public_id}/pago"
    browser = visitor(start(SERVERS, "charges", "documents", "mail"), juana)
    fields = browser.form(address, "monto")
    assert fields["monto"] == "72.92"

    answers = browser.at_once(PRESSES, lambda number: browser.post(address, fields, server=number))

    assert {answer.status_code for answer in answers} == {303}
    until(lambda: rows(select(Message.sent_at).where(Message.kind == "policy")) not in ([], [None]), "the mail leaves")
    until(lambda: nothing_is_owed(rows), "everything owed is done")
    assert [one.state for one in rows(select(Payment))] == [PaymentState.APPROVED]
    assert [entry["status"] for entry in bank.ledger.entries()["charges"]] == ["approved"]
    assert len(rows(select(OutboxRow).where(OutboxRow.queue == "charges"))) == 1
    (number,) = rows(select(Policy.number))
    assert [mail.header("Subject") for mail in mailbox.store.mails() if number in mail.header("Subject")] == rows(
        select(Message.subject).where(Message.kind == "policy", Message.state == MessageState.SENT)
    )
    led_to = {answer.headers["Location"] for answer in answers} | {f"/compras/{public_id}"}
    pages = [browser.get(path, server) for path in led_to for server in range(SERVERS)]
    assert all(number in page.text for page in pages)
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
