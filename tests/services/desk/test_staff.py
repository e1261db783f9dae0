"""What a supervisor does about the staff: agencies, and second steps that begin anew."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.refund import RefundState
from portal.domain.staff import ResetReason
from portal.models import Account, AuditEntry, RecoveryCode, Refund
from portal.services.authentication import second_step, sessions
from portal.services.desk import staff
from portal.services.payments import receipts
from portal.services.payments.refunds import CASH_REFUND


@pytest.fixture
def supervisor(make):
    return make.supervisor(names="Jorge", paternal_surname="Ccori")


def test_a_reset_ends_sessions_secret_and_recovery_codes_and_tells_the_person(
    make, call, rows, drain, mailbox, supervisor
):
    someone = make.collaborator()
    call(second_step.renew_recovery_codes, make.app_code(someone), someone.actor)
    token = make.session(someone)
    call(staff.reset_second_step, someone.username, ResetReason.LOST, supervisor.actor)
    assert call(sessions.load, token) is None
    account = rows(select(Account).where(Account.id == someone.account_id))[0]
    assert (account.totp_secret, account.totp_enrolled_at, account.totp_counter) == (None, None, None)
    assert rows(select(RecoveryCode)) == []
    entry = rows(select(AuditEntry).where(AuditEntry.action == "second_step.reset"))[0]
    assert (entry.actor_id, entry.subject, entry.details) == (
        supervisor.account_id,
        someone.username,
        {"reason": "perdido"},
    )
    drain()
    mail = next(mail for mail in mailbox.store.mails() if "reinició" in mail.header("Subject"))
    assert mail.envelope_to == [someone.email]
    assert "Jorge Ccori" in mail.body("plain")
    assert "perdió el teléfono" in mail.body("plain")


def test_the_only_supervisor_is_helped_by_the_operator(app, make, rows, drain, mailbox, supervisor, call):
    token = make.session(supervisor)
    command = app.test_cli_runner().invoke(args=["reset-second-step", supervisor.username])
    assert command.exit_code == 0, command.output
    assert call(sessions.load, token) is None
    assert rows(select(Account.totp_secret)) == [None]
    (entry,) = rows(select(AuditEntry).where(AuditEntry.action == "second_step.reset"))
    assert (entry.actor_id, entry.subject) == (None, supervisor.username)
    assert entry.details == {"reason": "perdido", "by": "operator"}
    drain()
    mail = next(mail for mail in mailbox.store.mails() if "reinició" in mail.header("Subject"))
    assert mail.envelope_to == [supervisor.email]
    assert "Quien opera el portal lo reinició" in mail.body("plain")


def test_the_operator_resets_no_customer_nor_nothing(app, make):
    for someone, words in ((make.customer(), "No hay nadie del personal"), (make.recruit(), "No hay nada que")):
        command = app.test_cli_runner().invoke(args=["reset-second-step", someone.username])
        assert (command.exit_code, words in command.output) == (1, True)


def test_the_tries_that_were_spent_go_with_the_reset(make, call, rows, supervisor):
    someone = make.collaborator()
    for _ in range(5):
        with pytest.raises(DomainError):
            call(second_step.pass_recovery_code, "aaaaa-aaaaa", someone.actor, replacing="x")
    call(staff.reset_second_step, someone.username, ResetReason.REPLACED, supervisor.actor)
    call(second_step.begin, someone.actor)
    token = make.session(someone, second_step=False)
    assert call(second_step.enrol, make.app_code(someone), someone.actor, replacing=token)


def test_nobody_resets_their_own(make, call, rows, supervisor):
    with pytest.raises(NotAllowed, match="otro supervisor"):
        call(staff.reset_second_step, supervisor.username, ResetReason.LOST, supervisor.actor)
    assert rows(select(Account.totp_secret).where(Account.id == supervisor.account_id)) != [None]


def test_there_must_be_something_to_reset(make, call, supervisor):
    with pytest.raises(DomainError, match="No hay nada que reiniciar"):
        call(staff.reset_second_step, make.recruit().username, ResetReason.LOST, supervisor.actor)


def test_a_collaborator_does_none_of_it(make, call):
    me, other = make.collaborator(), make.collaborator()
    for use_case in (
        lambda: staff.members(me.actor, limit=5),
        lambda: staff.member(other.username, me.actor),
        lambda: staff.set_agency(other.username, "AQP-1", me.actor),
        lambda: staff.reset_second_step(other.username, ResetReason.LOST, me.actor),
    ):
        with pytest.raises(NotAllowed):
            call(use_case)


def test_a_customer_is_nobody_of_the_staff(make, call, supervisor):
    someone = make.customer()
    with pytest.raises(NotFound):
        call(staff.reset_second_step, someone.username, ResetReason.LOST, supervisor.actor)
    with pytest.raises(NotFound):
        call(staff.set_agency, someone.username, "CUS-1", supervisor.actor)


def test_an_agency_is_set_taken_away_and_must_exist(make, call, supervisor):
    someone = make.collaborator(agency=None)
    for code in ("AQP-1", None):
        call(staff.set_agency, someone.username, code, supervisor.actor)
        found = call(staff.member, someone.username, supervisor.actor)
        assert (found.agency.code if found.agency else None) == code
    with pytest.raises(NotFound):
        call(staff.set_agency, someone.username, "XXX-9", supervisor.actor)


def test_a_supervisor_is_the_second_person_where_only_one_collaborator_works(make, call, rows, supervisor, clock):
    slip, alone, other = make.slip(make.customer()), make.collaborator(), make.supervisor()
    clock(days=4)
    call(receipts.receive_to_return, slip.number, slip.amount, alone.actor)
    (refund,) = call(CASH_REFUND.waiting, alone.actor, limit=9)
    make.hand_over(refund.row.number, alone)
    call(staff.set_agency, other.username, "CUS-1", supervisor.actor)
    call(CASH_REFUND.confirm, refund.row.number, other.actor, handed_over=True)
    assert rows(select(Refund.state)) == [RefundState.DONE]


def test_the_list_is_of_the_staff_alone_newest_first(make, call, supervisor):
    make.customer()
    one, recruit = make.collaborator(), make.recruit()
    make.session(one)
    make.session(recruit, second_step=False)
    found = call(staff.members, supervisor.actor, limit=10)
    assert [member.username for member in found] == [recruit.username, one.username, supervisor.username]
    assert [member.signed_in_at is not None for member in found] == [False, True, False]
    assert [member.is_actor for member in found] == [False, False, True]
    assert call(staff.members, supervisor.actor, before=found[1].id, limit=10)[0].username == supervisor.username
