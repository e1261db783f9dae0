"""Each insurer is told of each day once, by mail, with a file of what happened to its policies."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import bordereau
from portal.domain import clock as portal_clock
from portal.domain.bordereau import Entry, Told
from portal.domain.message import MessageState
from portal.domain.receipt import ReversalReason
from portal.models import Bordereau, Document, Message, Payment, Policy
from portal.services.messaging import outgoing
from portal.services.operation import bordereaux
from portal.services.payments import receipts, returning, reversals
from portal.services.platform import audit
from portal.services.policies import policy as policies
from tests.factories import AGENCY, HOSPITAL, Stage, beneficiary
from tests.services.at_once import at_once

DAY = portal_clock.today() + timedelta(days=3)


def at(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), portal_clock.LIMA)


@pytest.fixture
def lived(make, juana, clock_at, drain):
    """A day with an issue, its charge, an end and its refund; of one insurer, another's policy too."""
    clock_at(at(DAY, 10))
    ended = make.policy(juana)
    make.policy(juana, product=HOSPITAL)
    drain()
    make.ended(ended, juana)
    drain()
    return ended


@pytest.fixture
def morning(clock_at, call, drain):
    def morning(day=DAY, hour=2):
        clock_at(at(day + timedelta(days=1), hour))
        call(bordereaux.keep_up)
        drain()

    return morning


@pytest.fixture
def files(mailbox):
    """The files that came, by the name of each."""

    def files():
        found = {}
        for mail in mailbox.store.mails():
            if mail.header("Subject").startswith("Relación"):
                (attached,) = mail.attachments()
                text = attached.data.decode("utf-8-sig")
                found[attached.name] = list(csv.DictReader(io.StringIO(text)))
        return found

    return files


def test_a_day_is_told_to_each_insurer_with_what_happened_to_its_policies(lived, morning, files, rows):
    morning()
    told = files()
    assert len(told) == len(rows(select(Bordereau))) == 2, "one mail to each insurer"
    (of_it,) = [lines for lines in told.values() if any(one["Póliza"] == lived for one in lines)]
    happened = sorted((one["Qué pasó"], one["Detalle"]) for one in of_it if one["Póliza"] == lived)
    assert happened == [("Cobro", ""), ("Devolución", ""), ("Emisión", ""), ("Fin", "Desvinculada")]
    assert {one["Monto"] for one in of_it if one["Qué pasó"] in ("Cobro", "Devolución")} == {"72.92"}
    every = [one["Póliza"] for lines in told.values() for one in lines]
    assert set(every) == set(rows(select(Policy.number)))
    assert rows(select(Message.state).where(Message.kind == "bordereau")) == [MessageState.SENT] * 2


def test_another_plan_is_told_with_what_was_paid_for_it(make, juana, clock_at, drain, morning, files):
    clock_at(at(DAY, 10))
    number = make.policy(juana)
    make.in_force(number)
    make.plan_bought(number, juana)
    drain()
    morning()
    told = [one for lines in files().values() for one in lines if one["Póliza"] == number]
    assert [one["Monto"] for one in told if one["Qué pasó"] == "Cobro"] == ["72.92", "24.28"]
    assert [one["Detalle"] for one in told if one["Número"] == f"{number}-endoso-1"] == ["Plan"]


def test_what_is_told_as_charged_less_what_is_told_as_given_back_is_what_is_kept(
    make, cashier, clock_at, call, rows, drain, morning, files
):
    """Of each policy, over all its days: bought, bought by a mistake, with another plan and others named, ended."""
    clock_at(at(DAY, 10))
    mistaken, dearer, cheaper, undone = (make.customer() for _ in range(4))

    def in_cash_by_mistake():
        slip = rows(select(Payment))[-1]
        receipt = call(receipts.receive, slip.number, slip.amount, cashier.actor)
        call(reversals.reverse, receipt, ReversalReason.OTHER_SLIP, "Otro cliente", make.collaborator().actor)

    make.slip(mistaken)
    in_cash_by_mistake()
    of = {one: make.policy(one) for one in (dearer, cheaper, undone)}
    for number in of.values():
        make.in_force(number)
    make.plan_bought(of[undone], undone, stage=Stage.TERMS, agency=AGENCY)
    in_cash_by_mistake()
    make.plan_bought(of[dearer], dearer)
    make.renamed(of[dearer], dearer, [beneficiary("Rosa", share="100")])
    drain()
    morning()
    clock_at(at(DAY + timedelta(days=1), 10))
    make.plan_lowered(of[cheaper], cheaper)
    make.ended(of[dearer], dearer)
    drain()
    morning(DAY + timedelta(days=1))
    told: dict[str, Decimal] = defaultdict(Decimal)
    moved: dict[str, list[str]] = defaultdict(list)
    for line in (one for lines in files().values() for one in lines):
        sign = {"Cobro": 1, "Devolución": -1}.get(line["Qué pasó"], 0)
        told[line["Póliza"]] += sign * Decimal(line["Monto"] or 0)
        if sign:
            moved[line["Póliza"]].append(line["Número"])
    for someone, number in of.items():
        assert told[number] == call(lambda who=someone, of=number: returning.kept(policies.get(of, who.actor))), number
        assert len(set(moved[number])) == len(moved[number]) > 0, "each once"
    (never,) = rows(select(Policy.number).where(Policy.account_id == mistaken.account_id))
    assert moved[never] == [], "no money moved"
    others = [one["Detalle"] for lines in files().values() for one in lines if one["Póliza"] == of[dearer]]
    assert others.count("Beneficiarios") == 1


def test_it_is_told_once_however_often_it_runs_and_whoever_runs_it(app, lived, clock_at, rows, call, morning):
    clock_at(at(DAY + timedelta(days=1), 2))
    raised = [one for one in at_once(app, 4, lambda _: bordereaux.keep_up()) if one is not None]
    assert raised == []
    for _ in range(2):
        morning(hour=9)
    assert len(rows(select(Message).where(Message.kind == "bordereau"))) == 2
    assert len(rows(select(Bordereau))) == 2
    assert call(audit.first_broken) is None


def test_a_quiet_day_is_told_and_days_that_were_missed_are_made_up_for(lived, morning, rows, files):
    morning()
    morning(DAY + timedelta(days=3))
    days = rows(select(Bordereau.day).where(Bordereau.ruc == rows(select(Bordereau.ruc))[0]))
    assert days == [DAY + timedelta(days=one) for one in range(4)]
    assert sum(lines == [] for lines in files().values()) == 6
    texts = rows(select(Message.text_body).where(Message.kind == "bordereau"))
    assert sum("no pasó nada" in one for one in texts) == 6


def test_before_one_in_the_morning_the_day_is_not_over(clock_at, call, lived, rows):
    clock_at(at(DAY + timedelta(days=1), 0, 59))
    call(bordereaux.keep_up)
    assert DAY not in rows(select(Bordereau.day))


def test_a_day_ends_at_midnight_of_lima(make, juana, clock_at, drain, morning, files):
    clock_at(at(DAY, 23, 59))
    before = make.policy(juana)
    drain()
    clock_at(at(DAY + timedelta(days=1), 0, 1))
    after = make.policy(juana, product=HOSPITAL)
    drain()
    morning()
    told = {one["Póliza"] for lines in files().values() for one in lines}
    assert (before in told, after in told) == (True, False)
    morning(DAY + timedelta(days=1))
    assert after in {one["Póliza"] for lines in files().values() for one in lines}


def test_killed_with_its_file_kept_the_same_bytes_go_out(app, lived, clock_at, call, monkeypatch, rows, drain, files):
    clock_at(at(DAY + timedelta(days=1), 2))

    class Killed(BaseException):
        """As a machine that loses power."""

    def die(*_args, **_named):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(outgoing, "queue", die)
        with pytest.raises(Killed):
            call(bordereaux.keep_up)
    assert rows(select(Message).where(Message.kind == "bordereau")) == []
    call(bordereaux.keep_up)
    drain()
    assert len(files()) == 2
    assert None not in rows(select(Document.sha256).where(Document.kind == "bordereau"))


def test_the_desk_sees_each_day_and_what_did_not_leave(clients, make, lived, morning, change, clock_at):
    morning()
    desk = clients().sign_in(make.collaborator())
    page = desk.get("/gestion/relaciones")
    assert page.text.count("Enviada") >= 2
    assert "Emisión: 1" in page.text
    assert "relaciones diarias sin enviar" not in desk.get("/gestion").text
    change(Message, state=MessageState.FAILED)
    clock_at(at(DAY + timedelta(days=1), 5))
    desk = clients().sign_in(make.collaborator())
    assert "2 relaciones diarias sin enviar" in desk.get("/gestion").text
    assert "No se pudo enviar" in desk.get("/gestion/relaciones").text


def test_a_name_that_a_spreadsheet_would_run_is_text():
    entry = Entry(Told.ISSUE, at(DAY, 1), "MA-1", "P", "Plan", "=1+1", "DNI 1", "", None, "", Decimal("1.00"))
    assert b"'=1+1" in bordereau.file_of([entry])
    assert bordereau.counted([entry]) == {"Emisión": 1}
