"""A message sent again to the address that its owner gives: the same bytes, once, and never in silence."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.message import MessageState, Undelivered
from portal.extensions import db
from portal.models import Account, AuditEntry, Message, OutboxRow, OutboxState, Refund
from portal.models.transaction import writing
from portal.services.authentication import signing_in
from portal.services.desk import failed_jobs
from portal.services.messaging import inbox, resending
from portal.services.payments import receipts
from portal.services.payments.refunds import CASH_REFUND
from portal.services.sale import beneficiaries, paying, quoting
from tests.factories import Stage, beneficiary
from tests.services.at_once import at_once, in_the_midst

REFUSED, CORRECT = "no-existe@correo.pe", "juana.mamani@correo.pe"


@pytest.fixture
def juana(make):
    """Her address, as she typed it, does not exist."""
    return make.customer(email=REFUSED)


@pytest.fixture
def newest(rows):
    """The newest message of a kind, as it is now."""

    def newest(kind: str = "policy") -> Message:
        return rows(select(Message).where(Message.kind == kind).order_by(Message.id.desc()).limit(1))[0]

    return newest


@pytest.fixture
def lost(make, juana, drain, newest) -> Message:
    """The mail of her policy, which did not arrive."""
    make.policy(juana)
    drain()
    message = newest()
    assert message.state is MessageState.FAILED
    return message


@pytest.fixture
def send_to(call):
    """The use case, by default as one does who sees the page as it is and is sure."""

    def send_to(message: Message, typed: str, someone, *, shown: str = "", is_sure: bool = True) -> str:
        return call(
            resending.send_to, message.id, typed, someone.actor, shown=shown or message.recipient, is_sure=is_sure
        )

    return send_to


@pytest.fixture
def set_email(app):
    """Another address for an account."""

    def set_email(someone, email: str) -> None:
        with app.app_context(), writing() as session:
            session.get_one(Account, someone.account_id).email = email

    return set_email


def test_it_arrives_at_the_corrected_address_as_a_mail_of_now_with_the_same_words_and_documents(
    lost, juana, send_to, drain, mailbox, newest, app, clock
):
    clock(days=420)
    assert send_to(lost, f"  {CORRECT.upper()} ", juana) == CORRECT
    drain()
    (mail,) = mailbox.store.mails()
    with app.app_context():
        (document,) = db.session.get_one(Message, lost.id).attachments
    assert mail.envelope_to == [CORRECT]
    now = newest()
    assert mail.header("Message-ID") == now.rfc_message_id != lost.rfc_message_id
    assert now.first_rfc_message_id == lost.rfc_message_id
    assert parsedate_to_datetime(mail.header("Date")) - portal_clock.now() < timedelta(minutes=1)
    assert hashlib.sha256(mail.attachments()[0].data).hexdigest() == document.sha256
    assert (now.state, now.recipient, now.first_recipient) == (MessageState.SENT, CORRECT, REFUSED)
    assert (now.text_body, now.html_body, now.reason) == (lost.text_body, lost.html_body, None)


def test_corrected_twice_the_first_address_is_kept(lost, juana, send_to, drain, newest):
    send_to(lost, "lleno@correo.pe", juana)
    drain()
    assert newest().state is MessageState.FAILED
    send_to(newest(), CORRECT, juana)
    assert (newest().recipient, newest().first_recipient) == (CORRECT, REFUSED)


def test_the_accounts_own_address_stays(lost, juana, send_to, rows):
    send_to(lost, CORRECT, juana)
    assert rows(select(Account.email).where(Account.id == juana.account_id)) == [REFUSED]


def test_pressed_twice_at_once_it_leaves_once(app, lost, juana, drain, mailbox, rows):
    def press(_number: int) -> str:
        return resending.send_to(lost.id, CORRECT, juana.actor, shown=REFUSED, is_sure=True)

    assert at_once(app, 8, press) == [CORRECT] * 8
    drain()
    press_again = press
    with app.app_context():
        assert press_again(0) == CORRECT
    drain()
    assert len(mailbox.store.mails()) == 1
    assert len(rows(select(AuditEntry).where(AuditEntry.action == "message.redirect"))) == 1


def test_a_window_left_open_sends_it_nowhere_else(lost, juana, send_to, drain, mailbox):
    send_to(lost, CORRECT, juana)
    for _ in ("on its way", "arrived"):
        with pytest.raises(DomainError, match=f"ya se envió otra vez, a {CORRECT}"):
            send_to(lost, "otra@correo.pe", juana, shown=REFUSED)
        drain()
    assert [mail.envelope_to for mail in mailbox.store.mails()] == [[CORRECT]]


def test_what_is_on_its_way_can_not_be_turned_aside(make, juana, send_to, newest, rows):
    make.policy(juana)
    waiting = newest()
    assert waiting.state is MessageState.QUEUED
    with pytest.raises(DomainError):
        send_to(waiting, CORRECT, juana)
    assert newest().recipient == REFUSED


def test_a_message_that_arrived_elsewhere_is_sent_to_the_right_address_too(make, send_to, drain, mailbox, newest):
    rosa = make.customer(email="otra.rosa@correo.pe")
    make.policy(rosa)
    drain()
    sent = newest()
    send_to(sent, "rosa@correo.pe", rosa)
    drain()
    again, first = [mail for mail in mailbox.store.mails() if mail.header("Subject") == sent.subject]
    assert first.header("Message-ID") == sent.rfc_message_id != again.header("Message-ID")
    assert first.raw.partition(b"\r\n\r\n")[2] == again.raw.partition(b"\r\n\r\n")[2]
    assert (first.envelope_to, again.envelope_to) == (["otra.rosa@correo.pe"], ["rosa@correo.pe"])
    assert first.attachments()[0].data == again.attachments()[0].data
    assert newest().state is MessageState.SENT


def test_the_account_hears_that_a_message_went_elsewhere(make, send_to, drain, mailbox, newest):
    rosa = make.customer(email="rosa@correo.pe")
    make.policy(rosa)
    drain()
    send_to(newest(), "ladron@correo.pe", rosa)
    drain()
    told = [mail for mail in mailbox.store.mails() if "otra dirección" in mail.header("Subject")]
    assert [mail.envelope_to for mail in told] == [["rosa@correo.pe"]]
    assert "ladron@correo.pe" in (told[0].body("plain") or "")
    assert newest().subject in (told[0].body("plain") or "")


def test_nobody_is_told_at_the_address_that_failed_or_at_the_one_it_goes_to(
    lost, juana, send_to, set_email, drain, newest, rows
):
    send_to(lost, "lleno@correo.pe", juana)
    drain()
    set_email(juana, CORRECT)
    send_to(newest(), CORRECT, juana)
    assert rows(select(Message).where(Message.kind == "message_redirected")) == []


def test_a_message_that_failed_elsewhere_is_told_to_the_accounts_address(lost, juana, send_to, set_email, newest):
    set_email(juana, "juana@correo.pe")
    send_to(lost, CORRECT, juana)
    assert newest("message_redirected").recipient == "juana@correo.pe"


def test_a_likely_slip_is_asked_about_first(lost, juana, send_to, newest):
    with pytest.raises(resending.ProbablyMistyped) as asked:
        send_to(lost, "juana@gmial.com", juana, is_sure=False)
    assert asked.value.field == "correo"
    assert newest().state is MessageState.FAILED
    assert send_to(lost, "juana@gmial.com", juana, is_sure=True) == "juana@gmial.com"


@pytest.mark.parametrize("typed", ["", "juana", "a@b.pe, c@d.pe", "juana@correo.pe\nBcc: x@y.pe", "josé@correo.pe"])
@pytest.mark.one_database
def test_what_is_no_address_sends_nothing(lost, juana, send_to, newest, typed):
    with pytest.raises(DomainError) as refused:
        send_to(lost, typed, juana)
    assert refused.value.field == "correo"
    assert newest().state is MessageState.FAILED


def test_a_message_whose_secret_is_erased_is_not_sent_again(make, juana, send_to, drain, newest):
    make.purchase(juana, Stage.METHOD)
    drain()
    with pytest.raises(NotAllowed, match="pida uno nuevo"):
        send_to(newest("purchase_code"), CORRECT, juana)
    assert newest("purchase_code").state is MessageState.FAILED


def test_a_secret_that_leaves_while_its_owner_types_is_sent_nowhere_else(app, make, drain, newest, monkeypatch):
    rosa = make.customer(email="rosa@correo.pe")
    make.purchase(rosa, Stage.METHOD)
    waiting = newest("purchase_code")
    refused, _ = in_the_midst(
        app,
        monkeypatch,
        (resending, "parse_email"),
        lambda: resending.send_to(waiting.id, CORRECT, rosa.actor, shown=rosa.email, is_sure=True),
        drain,
    )
    assert isinstance(refused, NotAllowed)
    assert (newest("purchase_code").state, newest("purchase_code").recipient) == (MessageState.SENT, rosa.email)


def test_somebody_elses_message_is_not_found(lost, make, send_to, newest):
    with pytest.raises(NotFound):
        send_to(lost, CORRECT, make.customer())
    assert newest().recipient == REFUSED


def test_it_is_noted_under_the_policys_number_without_the_address(lost, juana, send_to, rows):
    send_to(lost, CORRECT, juana)
    (entry,) = rows(select(AuditEntry).where(AuditEntry.action == "message.redirect"))
    assert entry.subject in lost.subject
    assert (entry.actor_id, entry.details) == (juana.account_id, {"message": lost.id})


def test_a_document_that_failed_with_it_is_made_again(make, app, call, juana, send_to, drain, clock, mailbox, newest):
    """The mail was given up because its document could not be made: both are owed again."""
    make.policy(juana)
    with app.app_context(), writing() as session:
        message = session.get_one(Message, newest().id)
        message.move_to(MessageState.FAILED)
        message.reason = "its document could not be made"
        for key in (f"mail:{message.id}", message.attachments[0].job_key):
            session.scalars(select(OutboxRow).where(OutboxRow.dedupe_key == key)).one().state = OutboxState.FAILED
    send_to(newest(), CORRECT, juana)
    drain()
    clock(minutes=1)
    drain()
    assert [mail.envelope_to for mail in mailbox.store.mails()] == [[CORRECT]]


def test_the_staffs_retry_leads_to_the_accounts_address(
    lost, juana, make, send_to, set_email, drain, call, rows, newest
):
    send_to(lost, "lleno@correo.pe", juana)
    drain()
    set_email(juana, CORRECT)
    (owed,) = rows(select(OutboxRow.id).where(OutboxRow.dedupe_key == f"mail:{lost.id}"))
    assert call(failed_jobs.retry, owed, make.collaborator().actor)
    drain()
    assert (newest().state, newest().recipient, newest().first_recipient) == (MessageState.SENT, CORRECT, REFUSED)


def test_what_did_not_arrive_and_can_be_sent_again_is_told_for_the_first_page(make, juana, lost, call, send_to, drain):
    make.purchase(make.customer(email="no-existe+2@correo.pe"), Stage.METHOD)
    drain()
    _, (line,) = call(inbox.newest_and_lost, juana.actor, newest=3, lost=3)
    assert (line.id, line.recipient, line.words) == (lost.id, REFUSED, "Póliza enviada")
    assert line.why == "La dirección de correo no existe o no recibe mensajes."
    assert line.number is not None
    assert line.number in lost.subject
    send_to(lost, CORRECT, juana)
    assert call(inbox.newest_and_lost, juana.actor, newest=3, lost=3)[1] == []


def test_why_it_did_not_arrive_is_known(lost, juana, make, call, drain, newest):
    assert call(inbox.letter, lost.id, juana.actor).why is Undelivered.NO_ADDRESS
    rosa = make.customer(email="lleno@correo.pe")
    make.policy(rosa)
    drain()
    assert call(inbox.letter, newest().id, rosa.actor).why is Undelivered.FULL


def test_a_notice_of_the_account_that_arrived_goes_to_nobody_else(call, make, drain, newest, send_to):
    rosa = make.customer()
    call(signing_in.change_password, "otra montaña con lluvia de tranvías", rosa.actor, current=rosa.password)
    drain()
    message = newest("password_changed")
    assert message.state is MessageState.SENT
    with pytest.raises(NotAllowed, match="solo para usted"):
        send_to(message, CORRECT, rosa)
    assert not call(inbox.letter, message.id, rosa.actor).can_be_redirected


def test_sent_a_third_time_the_first_message_id_is_kept(make, send_to, drain, newest):
    rosa = make.customer(email="otra.rosa@correo.pe")
    make.policy(rosa)
    drain()
    ids = [newest().rfc_message_id]
    for address in ("rosa@correo.pe", "la.rosa@correo.pe"):
        send_to(newest(), address, rosa)
        drain()
        ids.append(newest().rfc_message_id)
    assert len(set(ids)) == 3
    assert newest().first_rfc_message_id == ids[0]


# --- what asks for something that has ended ---------------------------------------------------------------------------


@pytest.fixture
def refused(call, newest, send_to, make, rows):
    """That a mail goes nowhere any more, whoever asks: its owner, or the staff when it failed."""

    def refused(kind: str, someone) -> None:
        message = newest(kind)
        with pytest.raises(NotAllowed, match="dejó de valer el"):
            send_to(message, CORRECT, someone)
        letter = call(inbox.letter, message.id, someone.actor)
        assert letter.is_over
        assert not letter.can_be_redirected
        if message.state is MessageState.FAILED:
            (owed,) = rows(select(OutboxRow.id).where(OutboxRow.dedupe_key == f"mail:{message.id}"))
            with pytest.raises(NotAllowed, match="dejó de valer el"):
                call(failed_jobs.retry, owed, make.collaborator().actor)
            assert [one.obstacle for one in call(failed_jobs.failed) if one.id == owed] == [
                "Lo que pide ya venció: no se envía otra vez."
            ]
            assert call(inbox.newest_and_lost, someone.actor, newest=3, lost=9)[1] == []
        assert newest(kind).state is message.state

    return refused


def test_a_slip_past_its_deadline_is_not_sent_again(make, juana, drain, refused, clock_at, newest):
    slip = make.slip(juana)
    drain()
    assert newest("payment_slip").state is MessageState.FAILED
    clock_at(slip.due_at, 1)
    refused("payment_slip", juana)


@pytest.fixture
def endings(call, cashier):
    """What makes a slip one that nobody must pay any more, by its name."""
    return {
        "paid": lambda slip, _: call(receipts.receive, slip.number, slip.amount, cashier.actor),
        "replaced": lambda slip, owner: call(paying.choose_agency, slip.public_id, "LIM-1", owner.actor),
        "edited": lambda slip, owner: call(beneficiaries.NAMING.put, slip.public_id, None, beneficiary(), owner.actor),
    }


@pytest.mark.parametrize("ending", ["paid", "replaced", "edited"])
def test_a_slip_that_nobody_must_pay_any_more_is_not_sent_again(
    make, juana, drain, refused, newest, endings, ending, rows
):
    slip = make.slip(juana)
    drain()
    first = newest("payment_slip")
    endings[ending](slip, juana)
    (ended,) = rows(select(Message.expires_at).where(Message.id == first.id))
    assert ended < slip.due_at
    if ending == "replaced":
        assert newest("payment_slip").expires_at > ended
    else:
        refused("payment_slip", juana)


def test_money_that_was_collected_is_not_offered_again(make, juana, call, drain, refused, clock, rows):
    slip = make.slip(juana)
    clock(days=4)
    one, other = make.collaborator(), make.collaborator()
    call(receipts.receive_to_return, slip.number, slip.amount, one.actor)
    drain()
    (refund,) = rows(select(Refund.number))
    make.hand_over(refund, one)
    call(CASH_REFUND.confirm, refund, other.actor, handed_over=True)
    refused("refund_opened", juana)


def test_a_quote_past_its_validity_is_not_sent_again(make, juana, call, drain, refused, clock, newest):
    number = make.quote(juana)
    call(quoting.send_by_mail, number, juana.actor)
    drain()
    assert newest("quote").state is MessageState.FAILED
    clock(days=17)
    refused("quote", juana)


# --- what another release wrote --------------------------------------------------------------------------------------


def test_a_mail_of_a_kind_that_is_no_longer_written_is_read_and_goes_nowhere_else_once_it_arrived(
    make, juana, change, newest, call, send_to
):
    make.policy(juana)
    change(Message, Message.kind == "policy", kind="of_another_release", state=MessageState.SENT)
    message = newest("of_another_release")
    (line,) = [one for one in call(inbox.lines, juana.actor, limit=9) if one.id == message.id]
    letter = call(inbox.letter, message.id, juana.actor)
    assert (line.words, line.subject) == (letter.words, message.subject) == ("Mensaje de MASSIV", message.subject)
    assert not letter.can_be_redirected
    with pytest.raises(NotAllowed):
        send_to(message, CORRECT, juana)
