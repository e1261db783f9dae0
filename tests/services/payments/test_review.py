"""A payment that the bank left open for a day: one of the staff says what the bank said, another one confirms it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain import formats
from portal.domain.actor import SYSTEM
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import DocumentType
from portal.domain.payment import NOT_ISSUED, PaymentState
from portal.domain.purchase import PurchaseState
from portal.integrations.bank import Approved
from portal.models import Account, AuditEntry, Decision, Message, Payment, Policy, Purchase
from portal.models.transaction import writing
from portal.services.payments import backlog, charging, late_charges, open_payments, review, settling
from portal.services.platform import audit
from portal.services.platform.pending import grouped
from portal.services.sale import purchasing
from tests.factories import HOSPITAL, Stage
from tests.services.at_once import at_once


@pytest.fixture
def number(make, juana):
    return make.payment_in_review(juana)


@pytest.fixture
def carla(make):
    return make.collaborator()


@pytest.fixture
def jorge(make):
    return make.supervisor()


def propose(number, someone, *, was_charged=True, reference="ch_41"):
    said = {"reference": reference, "note": "Mesa de comercios, sra. Paredes", "actor": someone.actor}
    if open_payments.one(number).is_owed_back:
        late_charges.propose(number, **said)
    else:
        review.propose(number, was_moved=was_charged, **said)


def decide(number, someone, *, accepted=True, shown=None):
    found = open_payments.one(number)
    service = late_charges if found.is_owed_back else review
    shown = shown or (found.proposal and found.proposal.id)
    service.decide(number, someone.actor, shown=shown, accepted=accepted)


def kinds(rows):
    return [message.kind for message in rows(select(Message).order_by(Message.id))]


def test_what_two_confirm_as_charged_is_approved_and_issued_in_one_commit(call, rows, number, carla, jorge):
    call(propose, number, carla)
    assert [payment.state for payment in rows(select(Payment))] == [PaymentState.IN_REVIEW], "one person moves nothing"
    call(decide, number, jorge)
    (payment,), (policy,) = rows(select(Payment)), rows(select(Policy))
    assert (payment.state, payment.charge_id, policy.payment_id) == (PaymentState.APPROVED, "ch_41", payment.id)
    assert kinds(rows)[-1] == "policy"
    approved = rows(select(AuditEntry).where(AuditEntry.action == "payment.approved"))
    assert [entry.actor_id for entry in approved] == [jorge.account_id]
    accepted = rows(select(AuditEntry).where(AuditEntry.action == "payment_review.accept"))
    assert [entry.details for entry in accepted] == [{"proposed_by": carla.account_id, "reference": "ch_41"}]
    assert call(audit.first_broken) is None


def test_what_two_confirm_as_not_charged_gives_the_purchase_back(call, rows, number, juana, carla, jorge):
    call(propose, number, carla, was_charged=False, reference="CONS-9")
    call(decide, number, jorge)
    (payment,), (purchase,) = rows(select(Payment)), rows(select(Purchase))
    assert (payment.state, payment.charge_id) == (PaymentState.DECLINED, None)
    assert purchase.state is PurchaseState.OPEN
    assert not rows(select(Policy))
    assert kinds(rows)[-1] == "payment_refused"
    told = rows(select(Message).order_by(Message.id))[-1]
    assert ": nos confirmó que no hizo el cargo." in told.text_body
    assert not call(lambda: purchasing.is_committed(purchasing.get(purchase.public_id, juana.actor)))


def test_the_customer_hears_once_that_people_are_at_it(rows, number):
    assert kinds(rows).count("payment_in_review") == 1
    (payment,) = rows(select(Payment))
    (message,) = rows(select(Message).where(Message.kind == "payment_in_review"))
    assert formats.day(payment.answer_by) in message.text_body
    assert number in message.subject


def test_nobody_confirms_their_own_words(call, rows, number, jorge):
    call(propose, number, jorge)
    with pytest.raises(NotAllowed, match="otra persona"):
        call(decide, number, jorge)
    assert not rows(select(Policy))


def test_a_collaborator_confirms_nothing(call, make, rows, number, carla):
    call(propose, number, carla)
    with pytest.raises(NotAllowed, match="supervisor"):
        call(decide, number, make.collaborator())
    assert not rows(select(Policy))


def test_what_is_turned_down_leaves_the_payment_in_review(call, rows, number, carla, jorge):
    call(propose, number, carla)
    call(decide, number, jorge, accepted=False)
    assert [payment.state for payment in rows(select(Payment))] == [PaymentState.IN_REVIEW]
    call(propose, number, jorge, reference="ch_42")
    assert call(open_payments.one, number).proposer == "Juana Mamani Quispe"


def test_nobody_confirms_another_proposal_than_the_one_that_they_read(call, make, rows, number, carla, jorge):
    call(propose, number, carla)
    (read,) = rows(select(Decision))
    call(decide, number, make.supervisor(), accepted=False)
    call(propose, number, make.collaborator(), reference="ch_another")
    with pytest.raises(DomainError, match="cambió mientras"):
        call(decide, number, jorge, shown=read.id)
    assert not rows(select(Policy))
    assert [decision.accepted for decision in rows(select(Decision).order_by(Decision.id))] == [False, None]


def test_of_two_supervisors_at_once_one_ends_it(app, call, make, rows, number, carla):
    deciders = [make.supervisor() for _ in range(6)]
    call(propose, number, carla)
    answers = at_once(app, 6, lambda turn: decide(number, deciders[turn], accepted=turn != 5))
    assert answers.count(None) == 1, answers
    assert all(isinstance(answer, DomainError | None) for answer in answers)
    (payment,), (decision,) = rows(select(Payment)), rows(select(Decision))
    assert len(rows(select(Policy))) == (payment.state is PaymentState.APPROVED) == decision.accepted


@pytest.mark.parametrize("part", ["customer", "seller"])
def test_who_has_a_part_in_the_purchase_neither_proposes_nor_confirms(app, call, make, rows, number, juana, part):
    carla, jorge = make.collaborator(), make.supervisor()

    def involve(someone) -> None:
        with writing() as session:
            if part == "seller":
                session.execute(update(Purchase).values(seller_id=someone.account_id))
            else:
                own = {"document_type": DocumentType.DNI, "document_number": juana.identity.number}
                session.execute(update(Account).where(Account.id == someone.account_id).values(own))

    call(involve, carla)
    with pytest.raises(NotAllowed, match="otra persona"):
        call(propose, number, carla)
    call(propose, number, make.collaborator())
    if part == "seller":
        call(involve, jorge)
        with pytest.raises(NotAllowed, match="otra persona"):
            call(decide, number, jorge)
        assert not rows(select(Policy))


def test_one_charge_of_the_bank_confirms_one_payment(call, make, rows, number, juana, carla, jorge):
    call(propose, number, carla)
    call(decide, number, jorge)
    other = make.payment_in_review(juana, product=HOSPITAL)
    with pytest.raises(DomainError, match=number) as refused:
        call(propose, other, carla)
    assert refused.value.field == "referencia"


def test_one_charge_confirms_one_payment_also_when_both_are_decided_at_once(app, call, make, rows, number, juana):
    numbers = [number, make.payment_in_review(juana, product=HOSPITAL)]
    deciders = [make.supervisor() for _ in numbers]
    for one in numbers:
        call(propose, one, make.collaborator())
    answers = at_once(app, 2, lambda turn: decide(numbers[turn], deciders[turn]))
    assert sorted(type(answer).__name__ for answer in answers) == ["DomainError", "NoneType"], answers
    assert len(rows(select(Policy))) == 1


def test_while_the_portal_asks_nobody_decides_and_what_is_over_stays_over(call, make, rows, juana, carla, jorge):
    make.purchase(juana, Stage.PAID, last4="0022")
    (payment,) = rows(select(Payment))
    assert payment.state is PaymentState.UNKNOWN
    with pytest.raises(NotAllowed, match="todavía"):
        call(propose, payment.number, carla)
    ended = make.payment_in_review(make.customer())
    call(propose, ended, carla)
    call(decide, ended, jorge)
    with pytest.raises(NotAllowed, match="ya se resolvió"):
        call(decide, ended, make.supervisor())
    assert call(open_payments.one, ended).payment.state is PaymentState.APPROVED, "its page can still be read"


def test_a_payment_that_never_was_in_doubt_is_not_found(call, make, rows, juana):
    make.policy(juana)
    (payment,) = rows(select(Payment))
    for number in (payment.number, "SP-1999-000001"):
        with pytest.raises(NotFound):
            call(open_payments.one, number)


def test_both_lists_are_shown_the_oldest_first(call, make, juana, number, clock):
    clock(minutes=5)
    make.purchase(make.customer(), Stage.PAID, last4="0022")
    states = [one.payment.state for one in call(open_payments.waiting)]
    assert states == [PaymentState.IN_REVIEW, PaymentState.UNKNOWN]


def test_a_charge_whose_policy_could_not_be_issued_is_issued_by_two(call, rows, number, carla, jorge):
    def break_it() -> None:
        with writing() as session:
            session.execute(update(Payment).values(reason=NOT_ISSUED, charge_id="ch_77", authorization_code="A-1"))

    call(break_it)
    call(propose, number, carla, was_charged=False, reference="whatever was typed")
    (decision,) = rows(select(Decision))
    assert decision.proposal["outcome"] == "approved", "the money moved: nobody can say that it did not"
    call(decide, number, jorge)
    (payment,) = rows(select(Payment))
    assert (payment.state, payment.charge_id, payment.authorization_code) == (PaymentState.APPROVED, "ch_77", "A-1")
    assert len(rows(select(Policy))) == 1


@pytest.mark.parametrize("known_since", ["before the proposal", "after the proposal"])
def test_a_payment_whose_charge_the_bank_told_of_is_never_closed_as_not_charged(
    call, rows, number, carla, jorge, known_since
):
    (payment,) = rows(select(Payment))
    late = Approved("ch_77", "A-1", portal_clock.now())
    if known_since == "before the proposal":
        call(settling.settle, charging.CHARGE, payment.id, late, None)
        with pytest.raises(DomainError, match="ya informó que cobró este pago, con el cargo ch_77"):
            call(propose, number, carla, was_charged=False, reference="CONS-9")
        assert not rows(select(Decision))
    else:
        call(propose, number, carla, was_charged=False, reference="CONS-9")
        call(settling.settle, charging.CHARGE, payment.id, late, None)
        with pytest.raises(DomainError, match="ya informó que cobró este pago"):
            call(decide, number, jorge)
        call(decide, number, jorge, accepted=False)
    assert [(one.state, one.charge_id) for one in rows(select(Payment))] == [(PaymentState.IN_REVIEW, "ch_77")]

    call(propose, number, carla, reference="ch_77")
    call(decide, number, jorge)
    (payment,) = rows(select(Payment))
    assert (payment.state, payment.charge_id, payment.authorization_code) == (PaymentState.APPROVED, "ch_77", "A-1")


@pytest.fixture
def end_too_early(call, rows, carla, jorge):
    """Let a payment in review end as not charged, and the bank tell of its charge afterwards."""

    def end_too_early(number, charge="ch_late"):
        call(propose, number, carla, was_charged=False)
        call(decide, number, jorge)
        (payment,) = rows(select(Payment).where(Payment.number == number))
        call(settling.settle, charging.CHARGE, payment.id, Approved(charge, "", portal_clock.now()), None)
        return number

    return end_too_early


@pytest.fixture
def late(end_too_early, number):
    return end_too_early(number)


@pytest.fixture
def two_late(end_too_early, make, juana, late):
    return [late, end_too_early(make.payment_in_review(juana, product=HOSPITAL), "ch_other")]


def standing(call):
    return {one.what: (one.count, one.needs_people) for one in call(grouped, [backlog.payments(SYSTEM)])[0]}


def test_a_charge_that_came_too_late_waits_at_the_desk_until_two_say_that_it_was_given_back(
    call, rows, late, juana, carla, jorge
):
    assert standing(call) == {backlog.LATE_CHARGE: (1, True)}
    assert [(one.payment.number, one.is_owed_back) for one in call(open_payments.waiting)] == [(late, True)]
    call(propose, late, carla, reference="rf_9")
    assert standing(call) == {backlog.LATE_CHARGE: (1, True)}, "one person closes nothing"
    with pytest.raises(NotAllowed):
        call(decide, late, carla)
    call(decide, late, jorge, accepted=False)
    assert standing(call) == {backlog.LATE_CHARGE: (1, True)}
    call(propose, late, carla, reference="rf_9")
    call(decide, late, jorge)
    assert standing(call) == {}
    assert call(open_payments.waiting) == []
    (payment,) = rows(select(Payment))
    assert (payment.state, payment.charge_id) == (PaymentState.DECLINED, "ch_late"), "it stays as it ended"
    assert rows(select(Policy)) == []
    told = rows(select(Message).order_by(Message.id.desc()))[0]
    assert (told.kind, told.recipient) == ("charge_returned", juana.email)
    assert "rf_9" in told.text_body
    entry = rows(select(AuditEntry).order_by(AuditEntry.id.desc()))[0]
    assert (entry.action, entry.actor_id, entry.subject) == ("late_charge.accept", jorge.account_id, late)
    assert entry.details == {"proposed_by": carla.account_id, "reference": "rf_9"}
    with pytest.raises(NotAllowed, match="ya se resolvió"):
        call(propose, late, carla)
    assert not call(open_payments.one, late).is_owed_back


def test_one_return_of_the_bank_gives_back_one_charge(call, two_late, carla, jorge):
    late, other = two_late
    call(propose, late, carla, reference="rf_9")
    call(decide, late, jorge)
    with pytest.raises(DomainError, match=late) as refused:
        call(propose, other, carla, reference="rf_9")
    assert refused.value.field == "referencia"
    assert standing(call) == {backlog.LATE_CHARGE: (1, True)}, "the other's money is still owed"


def test_another_late_charge_of_a_payment_already_given_back_is_owed_too(call, rows, late, carla, jorge):
    call(propose, late, carla, reference="rf_9")
    call(decide, late, jorge)
    (payment,) = rows(select(Payment))
    call(settling.settle, charging.CHARGE, payment.id, Approved("ch_late", "", portal_clock.now()), None)
    assert standing(call) == {}, "the same one, told once more"
    call(settling.settle, charging.CHARGE, payment.id, Approved("ch_second", "", portal_clock.now()), None)
    assert standing(call) == {backlog.LATE_CHARGE: (1, True)}
    with pytest.raises(DomainError, match="ya se cerró"):
        call(propose, late, carla, reference="rf_9")
    call(propose, late, carla, reference="rf_10")
    call(decide, late, jorge)
    assert standing(call) == {}


def test_a_late_charge_told_of_while_another_one_is_proposed_stays_owed(call, rows, late, carla, jorge):
    call(propose, late, carla, reference="rf_9")
    (payment,) = rows(select(Payment))
    call(settling.settle, charging.CHARGE, payment.id, Approved("ch_second", "", portal_clock.now()), None)
    call(decide, late, jorge)
    assert standing(call) == {backlog.LATE_CHARGE: (1, True)}, "the one that was proposed is closed, the other not"


def test_one_return_gives_back_one_charge_also_when_both_are_decided_at_once(app, call, make, two_late):
    deciders = [make.supervisor() for _ in two_late]
    for one in two_late:
        call(propose, one, make.collaborator(), reference="rf_9")
    answers = at_once(app, 2, lambda turn: decide(two_late[turn], deciders[turn]))
    assert sorted(type(answer).__name__ for answer in answers) == ["DomainError", "NoneType"], answers
    assert standing(call) == {backlog.LATE_CHARGE: (1, True)}


def test_nobody_gives_back_what_is_their_own(call, late, make, juana):
    with pytest.raises(NotAllowed):
        call(propose, late, make.collaborator(document_number=juana.identity.number))
