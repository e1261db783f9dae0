"""A mail that comes back later: read from a real IMAP server, matched to its message, and nobody's invention."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.domain.message import MessageState, Undelivered
from portal.integrations import imap
from portal.models import Account, Message, OutboxRow, OutboxState, Policy
from portal.models.transaction import writing
from portal.services.desk import failed_jobs
from portal.services.messaging import bounces, inbox, redelivery, resending
from portal.services.policies import policy as policies
from tests.domain.test_bounce import HARMLESS, recipient, report
from tests.factories import Stage
from tests.imap_server import imap_server

HOST = "rebotes@massiv.example"


@pytest.fixture
def folder(app, monkeypatch):
    """The mailbox of the return addresses."""
    with imap_server() as folder:
        settings = replace(app.config["PORTAL"], mail_bounce_address=HOST, bounce_mailbox=folder.url)
        monkeypatch.setitem(app.config, "PORTAL", settings)
        yield folder


@pytest.fixture
def collect(call, folder):
    """The schedule's round, after these mails have come."""

    def collect(*mails: bytes) -> int:
        folder.mails += mails
        return call(bounces.collect)

    return collect


@pytest.fixture
def sent(folder, make, juana, drain, rows):
    """The mail of Juana's policy, which left, as it is now."""
    make.policy(juana)
    drain()

    def sent() -> Message:
        return rows(select(Message).where(Message.kind == "policy"))[0]

    assert sent().state is MessageState.SENT
    return sent


@pytest.fixture
def back(sent, mailbox):
    """The return address that its envelope has."""
    message = sent()
    (mail,) = [one for one in mailbox.store.mails() if one.header("Message-ID") == message.rfc_message_id]
    return mail.envelope_from


def test_each_mail_has_a_return_address_of_its_own(sent, back, make, drain, mailbox):
    make.purchase(make.customer(), Stage.METHOD)
    drain()
    backs = [mail.envelope_from for mail in mailbox.store.mails()]
    assert len(set(backs)) == len(backs) >= 2
    assert all(
        back.startswith("rebotes+") and back.endswith("@massiv.example") and len(back) <= 64 + 15 for back in backs
    )


def test_without_such_an_address_reports_go_to_the_sender(make, juana, drain, mailbox, call):
    make.policy(juana)
    drain()
    assert {mail.envelope_from for mail in mailbox.store.mails()} == {"no-responder@massiv.example"}
    assert call(bounces.collect) == 0


def test_a_mail_that_came_back_is_not_delivered_as_if_it_had_been_refused_at_once(
    sent, back, collect, call, juana, rows, drain, mailbox
):
    assert collect(report(recipient(), to=back)) == 1
    message = sent()
    assert (message.state, message.reason) == (MessageState.FAILED, "bounced: 5.1.1")
    _, (line,) = call(inbox.newest_and_lost, juana.actor, newest=3, lost=3)
    assert line.why == "La dirección de correo no existe o no recibe mensajes."
    assert call(inbox.letter, message.id, juana.actor).why is Undelivered.NO_ADDRESS
    (failed,) = call(failed_jobs.failed)
    assert (failed.why, failed.obstacle) == (line.why, None)
    call(resending.send_to, message.id, "rosa@correo.pe", juana.actor, shown=message.recipient, is_sure=True)
    drain()
    assert (sent().state, sent().recipient) == (MessageState.SENT, "rosa@correo.pe")
    assert mailbox.store.mails()[0].envelope_from != back


def test_taken_twice_it_is_one(sent, back, collect, folder, rows):
    assert collect(report(recipient(), to=back)) == 1
    first = sent()
    assert collect() == 0
    folder.seen.clear()
    assert collect(report(recipient(status="5.2.2"), to=back)) == 2
    assert (sent().revision, sent().reason) == (first.revision, "bounced: 5.1.1")
    assert rows(select(OutboxRow.state).where(OutboxRow.queue == "mail", OutboxRow.state != OutboxState.DONE)) == [
        OutboxState.FAILED
    ]


@pytest.mark.parametrize("case", ["upper case", "another header"])
def test_what_servers_make_of_the_address_is_understood(sent, back, collect, case):
    raw = report(recipient(), to=back.upper())
    if case == "another header":
        raw = report(recipient(), to="undisclosed@x.example", more=f"Delivered-To: {back}\r\n")
    collect(raw)
    assert sent().state is MessageState.FAILED


def test_a_late_report_on_an_address_that_was_corrected_leaves_the_present_one_good(
    sent, back, collect, call, juana, drain
):
    """It went to another address since: what the first one says is past."""
    message = sent()
    call(resending.send_to, message.id, "otra@correo.pe", juana.actor, shown=message.recipient, is_sure=True)
    late = report(recipient(), to=back)
    drain()
    assert collect(late) == 1
    assert (sent().state, sent().recipient) == (MessageState.SENT, "otra@correo.pe")


def test_a_report_on_a_mail_that_is_just_being_sent_again_is_looked_at_once_that_is_over(
    sent, back, collect, call, juana, drain, folder, app
):
    message = sent()
    collect(report(recipient(), to=back))
    with app.app_context(), writing() as session:
        session.get_one(Account, juana.account_id).email = message.recipient

    def again() -> None:
        with writing():
            assert redelivery.send_again(message.id)

    call(again)
    folder.seen.clear()
    assert collect() == 0
    drain()
    assert collect() == 1
    assert sent().state is MessageState.SENT


@pytest.mark.parametrize("forged", ["seal", "id", "host", "no mark"])
def test_nobody_can_make_one_up(sent, back, collect, forged, make, drain, rows):
    make.policy(make.customer())
    drain()
    name, seal = back.partition("@")[0].split("-")
    backs = {
        "seal": f"{name}-{'0' * 20}@massiv.example",
        "id": f"rebotes+2147483648-{seal}@massiv.example, rebotes+999-{seal}@massiv.example",
        "host": f"{name}-{seal}@massiv.example.attacker.example",
        "no mark": HOST,
    }
    other = [one.id for one in rows(select(Message).where(Message.kind == "policy"))][1]
    assert collect(report(recipient(), to=backs[forged])) == 1
    assert collect(report(recipient(), to=f"rebotes+{other}-{seal}@massiv.example")) == 1
    assert set(rows(select(Message.state))) == {MessageState.SENT}


def test_whatever_else_comes_changes_nothing_and_is_answered_by_nobody(sent, back, collect, mailbox, folder):
    before = len(mailbox.store.mails())
    others = [
        raw.replace(b"rebotes+17-0123456789abcdef0123@massiv.example", back.encode()) for raw in HARMLESS.values()
    ]
    huge = report(recipient("delayed", "4.4.1"), to=back).replace(b"The mail.", b"x" * 5_000_000)
    assert collect(*others, huge) == len(HARMLESS) + 1
    assert folder.seen == set(range(1, len(folder.mails) + 1))
    assert sent().state is MessageState.SENT
    assert len(mailbox.store.mails()) == before


def test_a_code_that_came_back_is_to_be_asked_for_anew(folder, make, juana, drain, collect, mailbox, call, rows):
    make.purchase(juana, Stage.METHOD)
    drain()
    (mail,) = mailbox.store.mails()
    collect(report(recipient(), to=mail.envelope_from))
    (failed,) = call(failed_jobs.failed)
    assert failed.obstacle == "Su código ya se borró: el cliente debe pedir otro."


def test_a_key_that_was_changed_meanwhile_knows_its_older_marks(sent, back, collect, app, monkeypatch):
    old = app.config["PORTAL"]
    keys = {"secret_key": "another key of tests, long enough too", "secret_key_fallbacks": (old.secret_key,)}
    monkeypatch.setitem(app.config, "PORTAL", replace(old, **keys))
    collect(report(recipient(), to=back))
    assert sent().state is MessageState.FAILED


@pytest.mark.parametrize("fault", ["password", "folder", "port"])
def test_a_mailbox_that_can_not_be_read_says_so(app, folder, call, monkeypatch, fault):
    urls = {
        "password": folder.url.replace("secreta", "otra"),
        "folder": folder.url.replace("INBOX", "Otra"),
        "port": folder.url.replace(str(folder.port), "1"),
    }
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], bounce_mailbox=urls[fault]))
    with pytest.raises(imap.Unreachable) as unreachable:
        call(bounces.collect)
    assert "secreta" not in str(unreachable.value)


def test_a_policy_is_delivered_from_its_first_mail_that_did_not_come_back(
    sent, back, collect, rows, call, juana, drain
):
    (policy,) = rows(select(Policy))
    first = sent()
    assert policy.delivered_at == first.sent_at
    collect(report(recipient(), to=back))
    assert rows(select(Policy.delivered_at)) == [None], "nothing proves it"
    call(policies.send_by_mail, policy.number, juana.actor)
    drain()
    (arrived,) = rows(select(Message.sent_at).where(Message.kind == "policy", Message.id != first.id))
    assert rows(select(Policy.delivered_at)) == [arrived]
    call(policies.send_by_mail, policy.number, juana.actor)
    drain()
    assert rows(select(Policy.delivered_at)) == [arrived], "another one proves nothing new"


def test_what_was_downloaded_stays_delivered_when_its_mail_comes_back(sent, back, collect, rows, client, juana, clock):
    (policy,) = rows(select(Policy))
    clock(minutes=5)
    client.sign_in(juana).raw.get(f"/polizas/{policy.number}/pdf")
    (taken,) = rows(select(Policy.downloaded_at))
    assert rows(select(Policy.delivered_at)) == [sent().sent_at], "the mail was the first proof"
    assert taken > sent().sent_at
    clock(minutes=5)
    client.raw.get(f"/polizas/{policy.number}/pdf")
    collect(report(recipient(), to=back))
    assert rows(select(Policy.delivered_at)) == [taken], "the first download is the proof that is left"
