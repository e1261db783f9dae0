"""A mail and its document: it waits for it, carries the stored bytes, and is lost with it."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from portal.domain.message import MessageState
from portal.models import Message, OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.services.documents import kinds
from portal.services.policies import policy
from portal.services.sale import quoting


def test_a_mail_waits_for_its_document_and_leaves_with_the_stored_bytes(make, juana, drain, rows, mailbox, read, send):
    number = make.policy(juana)
    waiting = rows(select(Message).where(Message.kind == "policy"))[0]
    send()  # rung too early
    assert rows(select(Message.state).where(Message.id == waiting.id)) == [MessageState.QUEUED]
    assert not mailbox.store.mails()

    drain()
    filename, stored = read(kinds.POLICY, policy.terms, number, juana.actor)
    (mail,) = [one for one in mailbox.store.mails() if one.header("Message-ID") == waiting.rfc_message_id]
    (attached,) = mail.attachments()
    assert (attached.name, attached.content_type) == (filename, "application/pdf")
    assert attached.data == stored
    assert number in mail.header("Subject")
    for kind in ("plain", "html"):
        assert number in (mail.body(kind) or "")


def test_sent_again_a_policy_is_the_same_document_in_another_mail(make, juana, drain, mailbox, call):
    number = make.policy(juana)
    drain()
    assert call(policy.send_by_mail, number, juana.actor) == juana.email
    drain()
    mails = [mail for mail in mailbox.store.mails() if mail.attachments()]
    assert len(mails) == len({mail.header("Message-ID") for mail in mails}) == 2
    assert len({hashlib.sha256(mail.attachments()[0].data).hexdigest() for mail in mails}) == 1


def test_a_quote_is_mailed_with_its_document(make, juana, drain, mailbox, call, read):
    number = make.quote(juana)
    call(quoting.send_by_mail, number, juana.actor)
    drain()
    (mail,) = mailbox.store.mails()
    assert mail.attachments()[0].data == read(kinds.QUOTE, quoting.get, number, juana.actor)[1]


def test_a_mail_whose_document_could_not_be_made_is_said_not_to_arrive(make, juana, call, rows, send):
    make.policy(juana)
    (document_row,) = [row for row in rows(select(OutboxRow)) if row.queue == "documents"][-1:]

    def give_up() -> None:
        with writing() as session:
            session.get_one(OutboxRow, document_row.id).state = OutboxState.FAILED

    call(give_up)
    send()
    (policy_mail,) = rows(select(Message).where(Message.kind == "policy"))
    assert policy_mail.state is MessageState.FAILED
    assert rows(select(OutboxRow.state).where(OutboxRow.queue == "mail"))[-1] is OutboxState.FAILED
