"""An end that a clerk asks for, for the customer at the desk: the customer's own way, whose code only they get."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.policy import EndorsementKind
from portal.domain.policy_change import ChangeState
from portal.models import AuditEntry, Endorsement, Message, Policy, PolicyChange, Refund
from portal.models.transaction import writing
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.desk import assisted_changes, search
from portal.services.platform import audit
from portal.services.servicing import ending, naming
from tests.factories import beneficiary
from tests.services.at_once import together


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def clerk(app, make, juana, number):
    """Somebody of the staff who looked her up."""
    clerk = make.collaborator()
    with app.app_context():
        search.find(juana.identity.number, clerk.actor)
    return clerk


def test_the_code_goes_to_the_customer_and_who_asked_is_written_down(call, rows, make, juana, number, clerk):
    public_id, code = make.end_asked(number, juana, by=clerk)
    (mail,) = rows(select(Message).where(Message.kind == "end_code"))
    assert mail.recipient == juana.email
    assert "Lo pidió por usted el personal de MASSIV. Diga este código a quien le atiende" in mail.text_body
    assert rows(select(PolicyChange.asked_by_id)) == [clerk.account_id]
    assert call(ending.confirm, public_id, code, clerk.actor)
    entries = rows(select(AuditEntry.actor_id).where(AuditEntry.action.startswith("policy.end")))
    assert entries == [clerk.account_id] * 3
    assert rows(select(Message.recipient).where(Message.kind == "policy_left")) == [juana.email]


def test_the_customer_may_type_the_code_themselves(call, rows, make, juana, number, clerk):
    public_id, code = make.end_asked(number, juana, by=clerk)
    assert call(ending.confirm, public_id, code, juana.actor)
    assert rows(select(PolicyChange.state)) == [ChangeState.DONE]


def test_who_asks_last_has_the_only_code(call, rows, make, juana, number, clerk):
    first, code = make.end_asked(number, juana)
    second, _ = make.end_asked(number, juana, by=clerk)
    assert first != second
    with pytest.raises(DomainError):
        call(ending.confirm, first, code, juana.actor)
    assert rows(select(PolicyChange.state)) == [ChangeState.WITHDRAWN, ChangeState.OPEN]


def test_who_did_not_look_the_customer_up_finds_nothing(call, make, juana, number, clerk):
    public_id, code = make.end_asked(number, juana, by=clerk)
    other = make.collaborator()
    for refused in (
        lambda: assisted_changes.policy_of(juana.account_id, number, other.actor),
        lambda: ending.ask(number, other.actor, agency_code=None, shown=""),
        lambda: ending.confirm(public_id, code, other.actor),
    ):
        with pytest.raises(NotFound):
            call(refused)


def test_whoever_sold_it_does_not_end_it(app, call, make, juana):
    seller, number = make.collaborator(), make.policy(juana)
    with app.app_context(), writing() as session:
        session.scalars(select(Policy).where(Policy.number == number)).one().seller_id = seller.account_id
    with app.app_context():
        search.find(juana.identity.number, seller.actor)
    with pytest.raises(HasPart):
        call(assisted_changes.policy_of, juana.account_id, number, seller.actor)
    with pytest.raises(NotFound):
        make.end_asked(number, juana, by=seller)


@pytest.mark.parametrize(
    ("named", "is_refused"),
    [
        ({"identity": "own"}, True),
        ({"names": "CARLA", "surnames": "Rios", "identity": None}, True),
        ({"birth_date": date(2020, 5, 4), "representative": "Carla Ríos Vega"}, True),
        ({"names": "Carla", "surnames": "Ríos Vega"}, False),
        ({"identity": None}, False),
    ],
    ids=["their document", "their name, without a document", "for a child", "another's document", "another"],
)
def test_nobody_of_the_staff_lists_themselves(call, rows, make, juana, number, named, is_refused):
    clerk = make.collaborator(names="Carla", paternal_surname="Ríos", maternal_surname="Vega")
    call(search.find, juana.identity.number, clerk.actor)
    own = {"identity": clerk.identity} if named.get("identity") == "own" else {}
    public_id = make.renaming_begun(number, juana, [beneficiary(**named | own)], by=clerk)
    if not is_refused:
        call(naming.CODE.send, public_id, clerk.actor)
        return
    for whoever in (clerk, juana):
        with pytest.raises(HasPart, match="nombra a quien la preparó"):
            call(naming.CODE.send, public_id, whoever.actor)
    assert rows(select(Message).where(Message.kind == "beneficiaries_code")) == []
    own_list = make.renaming_begun(number, juana, [beneficiary(**named | own)])
    call(naming.CODE.send, own_list, juana.actor)


def test_the_clerk_and_the_customer_who_confirm_at_once_end_it_once(app, call, rows, make, juana, number, clerk):
    public_id, code = make.end_asked(number, juana, by=clerk)
    each = (lambda: ending.confirm(public_id, code, clerk.actor), lambda: ending.confirm(public_id, code, juana.actor))
    results = together(app, *each * 4)
    assert True in results
    assert {type(one) for one in results} <= {bool, DomainError, NotAllowed}, results
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE, EndorsementKind.TERMINATION]
    assert len(rows(select(Refund))) == 1
    assert call(audit.first_broken) is None
