"""Money of an owner who has died is collected by who proves to be an heir: by their code, and two of the staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.identity import DocumentType, Identity
from portal.domain.payout_way import Chosen
from portal.domain.refund import RefundState
from portal.models import AuditEntry, Message, Policy, Refund
from portal.services.catalogue import agencies
from portal.services.controls import four_eyes
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.payments import heirs, refund_ways
from portal.services.payments.heirs import Heir
from portal.services.payments.refunds import CASH_REFUND
from tests.factories import ACCIDENT, AGENCY, beneficiary
from tests.services.at_once import in_the_midst

HEIR = Heir("Luis Apaza Huamán", Identity(DocumentType.DNI, "40556677"), "luis@example.pe", "Partida 11234567, Cusco")


@pytest.fixture
def carla(make):
    return make.collaborator()


@pytest.fixture
def die(make, drain, change, clock_at):
    """Somebody has died, and a policy of theirs paid it: weeks after they had ended it, or while it went on."""

    def die(someone, *, ended=False):
        number = make.policy(someone, named=[beneficiary("Rosa", share="100")])
        if ended:
            make.in_force(number)
            change(Policy, delivered_at=portal_clock.now() - timedelta(days=30))
            make.ended(number, someone)
        claim = make.claim(someone, ACCIDENT, policy=number, complete=True)
        clock_at(portal_clock.now() + timedelta(days=20))
        make.death_paid(claim)
        drain()

    return die


@pytest.mark.parametrize(
    ("waits_in_cash", "ended"),
    [(False, False), (True, True)],
    ids=["refused by the bank", "waits in cash, of who had ended the policy that paid"],
)
def test_an_heir_collects_it_by_their_own_code_and_two_see_to_it(
    call, rows, make, juana, carla, drain, die, waits_in_cash, ended
):
    number = make.refund_refused(juana)
    if waits_in_cash:
        agency = call(lambda: agencies.by_code(AGENCY))
        number = call(refund_ways.choose, number, Chosen(agency=agency), juana.actor)
    with pytest.raises(NotAllowed, match="No consta"):
        call(heirs.name, number, HEIR, carla.actor)
    die(juana, ended=ended)
    given = call(heirs.name, number, HEIR, carla.actor)
    assert (given == number) is waits_in_cash
    line = call(lambda: CASH_REFUND.get(given, carla.actor))
    assert (line.recipient.name, line.recipient.identity, line.agency.code) == (HEIR.name, HEIR.identity, AGENCY)
    make.hand_over(given, carla)
    (code,) = rows(select(Message).where(Message.kind == "refund_code"))
    assert (code.recipient, code.account_id) == (HEIR.email, None)
    call(lambda: CASH_REFUND.confirm(given, make.collaborator().actor, handed_over=True))
    drain()
    assert rows(select(Refund.state).where(Refund.number == given)) == [RefundState.DONE]
    assert rows(select(Message.recipient).where(Message.kind == "refund_paid")) == [HEIR.email]
    (written,) = rows(select(AuditEntry).where(AuditEntry.action == "refund.heir"))
    (refund,) = rows(select(Refund).where(Refund.number == given))
    assert written.details == {"amount": str(refund.amount), "heir": refund.fingerprint}
    with pytest.raises(NotFound):
        call(heirs.name, number, HEIR, carla.actor)
    assert call(refund_ways.left) == [], "nothing is owed twice"


def test_nobody_of_the_staff_collects_as_an_heir(call, rows, make, juana, carla, die):
    number = make.refund_refused(juana)
    die(juana)
    with pytest.raises(HasPart):
        call(heirs.name, number, Heir("Carla", carla.identity, "c@example.pe", "Partida 1"), carla.actor)
    given = call(heirs.name, number, HEIR, carla.actor)
    call(CASH_REFUND.code.send, given, carla.actor)
    before = rows(select(Refund).where(Refund.number == given))[0].fingerprint
    call(heirs.name, given, Heir("Otra Persona", HEIR.identity, "otra@example.pe", "Partida 2"), carla.actor)
    (row,) = rows(select(Refund).where(Refund.number == given))
    assert row.fingerprint != before, "a code that was mailed to another is void"


def test_an_heir_is_not_changed_while_the_cash_is_handed_over(app, call, make, juana, carla, die, monkeypatch):
    number = make.refund_refused(juana)
    die(juana)
    given = call(heirs.name, number, HEIR, carla.actor)
    code, other = make.refund_code(given, carla), make.collaborator()
    results = in_the_midst(
        app,
        monkeypatch,
        (four_eyes, "propose"),
        lambda: CASH_REFUND.hand_over(given, code, carla.actor),
        lambda: heirs.name(given, replace(HEIR, email="otro@example.pe"), other.actor),
    )
    assert (results[0], type(results[1])) == (None, NotAllowed), results
    assert call(CASH_REFUND.confirm, given, other.actor, handed_over=True) is None
