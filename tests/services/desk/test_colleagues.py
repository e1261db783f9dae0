"""Who works here: proposed by one supervisor and confirmed by another, suspended by one, begun by the operator."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import DocumentType, Identity
from portal.domain.staff import ResetReason
from portal.models import Account, AuditEntry, Decision, Message, Role
from portal.services.authentication import sessions, signing_in
from portal.services.desk import colleagues, newcomers, staff
from portal.services.desk.newcomers import Enrolled, Newcomer
from tests.services.newcomer import VISITOR

ANA = Newcomer(
    username="ana.torres",
    role=Role.SUPERVISOR,
    email="ana.torres@example.com",
    identity=Identity(DocumentType.DNI, "41234567"),
    names="Ana",
    paternal_surname="Torres",
    maternal_surname="",
    birth_date=date(1985, 3, 9),
)
COMMAND = ["--email", "ana.torres@example.com", "--document", "41234567", "--names", "Ana", "--surname", "Torres"]
COMMAND += ["--birth-date", "09/03/1985"]


@pytest.fixture
def jorge(make):
    return make.supervisor()


@pytest.fixture
def marta(make):
    return make.supervisor()


@pytest.fixture
def account(rows):
    return lambda username: rows(select(Account).where(Account.username == username))[0]


@pytest.fixture
def open_proposal(rows):
    return lambda: rows(select(Decision.id).where(Decision.decided_at.is_(None)))[0]


def actions(rows):
    return [(entry.action, entry.subject) for entry in rows(select(AuditEntry).order_by(AuditEntry.id))]


def test_the_operator_adds_the_first_by_mail_once_and_no_password_is_said(app, rows, account, drain, mailbox, clock):
    def add():
        return app.test_cli_runner().invoke(args=["staff", "add", "Ana.Torres", "--role", "supervisor", *COMMAND])

    said = add()
    assert said.exit_code == 0, said.output
    drain()
    (mail,) = mailbox.store.mails()
    initial = next(line for line in mail.body("plain").splitlines() if "contraseña inicial:" in line).split()[-1]
    assert (mail.envelope_to, initial in said.output) == ([ANA.email], False)
    again = add()
    assert (again.exit_code, "No se cambió nada" in again.output) == (0, True)
    assert actions(rows) == [("staff.add", "ana.torres")]
    clock(hours=25)
    late = add()
    assert (late.exit_code, "había vencido" in late.output) == (0, True)
    assert len(rows(select(Message).where(Message.kind == "staff_credentials"))) == 2
    assert account("ana.torres").role is Role.SUPERVISOR


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"role": Role.COLLABORATOR}, "funcion"),
        ({"email": "otra@example.com"}, "correo"),
        ({"identity": Identity(DocumentType.DNI, "41234568")}, "numero_documento"),
        ({"username": "otra.torres"}, "usuario"),
    ],
)
def test_the_operator_is_told_what_differs_of_who_is_there(call, rows, changed, field):
    assert call(newcomers.enrol, ANA) is Enrolled.ADDED
    with pytest.raises(DomainError) as refused:
        call(newcomers.enrol, replace(ANA, **changed))
    assert refused.value.field == field
    assert len(rows(select(Account))) == 1


def test_a_customers_user_name_is_nobodys_of_the_staff(call, make):
    with pytest.raises(DomainError, match="ya existe"):
        call(newcomers.enrol, replace(ANA, username=make.customer().username))


@pytest.mark.parametrize(
    "command", [["--role", "customer", *COMMAND], ["--role", "supervisor", *COMMAND, "--agency", "X-9"]]
)
def test_a_command_that_is_wrong_says_so_in_words(app, rows, command):
    said = app.test_cli_runner().invoke(args=["staff", "add", "ana.torres", *COMMAND, *command])
    assert (said.exit_code != 0, "Traceback" in said.output, rows(select(Account))) == (True, False, [])


def test_somebody_new_comes_in_only_once_another_supervisor_confirms(
    call, rows, account, open_proposal, jorge, marta, secret
):
    call(colleagues.propose_new, ANA, jorge.actor)
    assert account("ana.torres").disabled_at is not None
    assert rows(select(Message)) == []
    shown = open_proposal()
    with pytest.raises(NotAllowed, match="otra persona"):
        call(colleagues.decide, "ana.torres", jorge.actor, shown=shown, accepted=True)
    call(colleagues.decide, "ana.torres", marta.actor, shown=shown, accepted=True)
    signed_in = call(signing_in.sign_in, "ana.torres", secret("staff_credentials"), VISITOR)
    assert (signed_in.must_change_password, signed_in.needs_second_step) == (True, True)
    assert actions(rows)[:2] == [("staff.propose", "ana.torres"), ("staff.accept", "ana.torres")]


def test_who_is_turned_down_never_comes_in_and_can_be_proposed_again(call, account, open_proposal, jorge, marta):
    call(colleagues.propose_new, ANA, jorge.actor)
    call(colleagues.decide, "ana.torres", marta.actor, shown=open_proposal(), accepted=False)
    assert account("ana.torres").disabled_at is not None
    with pytest.raises(DomainError, match="ya tiene un usuario"):
        call(colleagues.propose_new, ANA, jorge.actor)
    call(colleagues.propose, "ana.torres", Role.COLLABORATOR, marta.actor)
    call(colleagues.decide, "ana.torres", jorge.actor, shown=open_proposal(), accepted=True)
    assert (account("ana.torres").disabled_at, account("ana.torres").role) == (None, Role.COLLABORATOR)


def test_another_role_ends_the_sessions_of_the_one_before(call, make, account, open_proposal, jorge, marta):
    someone = make.collaborator()
    token = make.session(someone)
    call(colleagues.propose, someone.username, Role.SUPERVISOR, jorge.actor)
    assert call(sessions.load, token) is not None
    call(colleagues.decide, someone.username, marta.actor, shown=open_proposal(), accepted=True)
    assert (account(someone.username).role, call(sessions.load, token)) == (Role.SUPERVISOR, None)
    with pytest.raises(DomainError, match="Ya tiene"):
        call(colleagues.propose, someone.username, Role.SUPERVISOR, jorge.actor)


def test_who_is_suspended_is_out_at_once_and_stays_out_whatever_was_proposed_before(
    call, make, account, open_proposal, jorge, marta
):
    someone = make.collaborator()
    token = make.session(someone)
    call(colleagues.propose, someone.username, Role.SUPERVISOR, jorge.actor)
    call(colleagues.suspend, someone.username, jorge.actor)
    assert call(sessions.load, token) is None
    with pytest.raises(DomainError):
        call(signing_in.sign_in, someone.username, someone.password, VISITOR)
    with pytest.raises(DomainError, match="suspendieron"):
        call(colleagues.decide, someone.username, marta.actor, shown=open_proposal(), accepted=True)
    assert account(someone.username).disabled_at is not None
    call(colleagues.decide, someone.username, marta.actor, shown=open_proposal(), accepted=False)
    call(colleagues.propose, someone.username, Role.COLLABORATOR, jorge.actor)
    call(colleagues.decide, someone.username, marta.actor, shown=open_proposal(), accepted=True)
    found = account(someone.username)
    assert (found.disabled_at, found.must_change_password, found.totp_secret) == (None, True, None)


def test_nobody_decides_about_themself_so_that_a_supervisor_is_always_left(call, make, jorge, account):
    with pytest.raises(NotAllowed, match="único supervisor"):
        call(colleagues.suspend, jorge.username, jorge.actor)
    marta = make.supervisor()
    for use_case in (
        lambda: colleagues.suspend(jorge.username, jorge.actor),
        lambda: colleagues.propose(jorge.username, Role.COLLABORATOR, jorge.actor),
    ):
        with pytest.raises(NotAllowed, match="otro supervisor"):
            call(use_case)
    call(colleagues.suspend, jorge.username, marta.actor)
    with pytest.raises(NotAllowed, match="supervisor"):
        call(colleagues.suspend, marta.username, jorge.actor)  # who was suspended a moment before
    assert account(marta.username).disabled_at is None


def test_only_a_supervisor_does_any_of_it_and_only_to_the_staff(call, make, jorge):
    someone, customer = make.collaborator(), make.customer()
    for use_case in (
        lambda: colleagues.propose_new(ANA, someone.actor),
        lambda: colleagues.propose(jorge.username, Role.COLLABORATOR, someone.actor),
        lambda: colleagues.suspend(jorge.username, someone.actor),
    ):
        with pytest.raises(NotAllowed):
            call(use_case)
    with pytest.raises(NotFound):
        call(colleagues.suspend, customer.username, jorge.actor)


def test_the_list_has_who_is_suspended_and_who_waits(call, make, jorge, marta):
    call(colleagues.propose_new, ANA, jorge.actor)
    someone = make.collaborator()
    call(colleagues.suspend, someone.username, jorge.actor)
    found = {one.username: one for one in call(staff.members, marta.actor, limit=10)}
    assert (found["ana.torres"].proposal is not None, found["ana.torres"].may_decide) == (True, True)
    assert (found[someone.username].is_suspended, found[someone.username].proposal) == (True, None)
    with pytest.raises(NotAllowed, match="No puede ingresar"):
        call(staff.reset_second_step, someone.username, ResetReason.LOST, jorge.actor)
