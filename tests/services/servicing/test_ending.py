""" "Desvincular": shown, confirmed by a mailed code, and done once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from portal.domain import clock as portal_clock
from portal.domain.calendar import noon
from portal.domain.cci import parse
from portal.domain.clock import lima
from portal.domain.ending import Right
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import PaymentState
from portal.domain.payout_way import Chosen
from portal.domain.policy import EndorsementKind, PolicyState
from portal.domain.policy_change import ChangeState
from portal.domain.receipt import ReversalReason
from portal.domain.refund import RefundState
from portal.integrations.bank import Declined
from portal.models import AuditEntry, CashReceipt, Endorsement, Message, Payment, Policy, PolicyChange, Refund
from portal.models.transaction import writing
from portal.services.catalogue import agencies
from portal.services.claims import filing, withdrawal
from portal.services.payments import money_out, receipts, refund_ways, reversals, settling
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform import audit
from portal.services.policies import cancellation
from portal.services.policies import policy as policies
from portal.services.sale import paying
from portal.services.servicing import ending, obstacles
from tests.factories import AGENCY, AMOUNT, CCI, HOSPITAL, Stage
from tests.services.at_once import at_once, in_the_midst

REFUSES_REFUNDS = "0101"  # the card of sandbox/README.md whose refunds the bank refuses


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def preview(call):
    def preview(number, someone):
        return call(lambda: ending.preview(policies.get(number, someone.actor), portal_clock.now()))

    return preview


@pytest.fixture
def delivered(app, number):
    """It was received when it was issued."""
    with app.app_context(), writing() as session:
        policy = session.scalars(select(Policy).where(Policy.number == number)).one()
        policy.delivered_at = policy.issued_at
    return number


def in_the_term(clock_at, rows, days: int, hour: int = 10) -> datetime:
    """Moves the time to an hour of a day of the cover."""
    (starts_at,) = rows(select(Policy.starts_at))
    moment = lima(starts_at).replace(hour=hour) + timedelta(days=days)
    clock_at(moment)
    return moment


def test_an_end_is_an_endorsement_a_refund_by_the_bank_and_a_mail(
    rows, make, juana, delivered, preview, clock_at, drain
):
    moment = in_the_term(clock_at, rows, 119)
    found = preview(delivered, juana)
    assert (found.ended.right, found.ended.refund) == (Right.WITHOUT_CAUSE, Decimal("49.15"))
    make.ended(delivered, juana)
    (change,), (refund,) = rows(select(PolicyChange)), rows(select(Refund))
    (ended,) = rows(select(Endorsement).where(Endorsement.number == 1))
    assert (ended.kind, ended.effective_at) == (EndorsementKind.TERMINATION, noon(moment.date()))
    assert (change.state, change.refund, change.effective_at) == (
        ChangeState.DONE,
        Decimal("49.15"),
        ended.effective_at,
    )
    assert (refund.amount, refund.change_id) == (Decimal("49.15"), change.id)
    (policy,) = rows(select(Policy))
    assert policy.state_at(portal_clock.now()) is PolicyState.ACTIVE, "until noon it protects"
    assert policy.state_at(ended.effective_at) is PolicyState.CANCELLED
    (mail,) = rows(select(Message).where(Message.kind == "policy_left"))
    assert mail.recipient == juana.email
    assert "49.15" in mail.text_body
    drain()
    assert rows(select(Refund.state)) == [RefundState.DONE]
    assert rows(select(Message.state).where(Message.kind == "policy_left"))[0].is_sent


def test_within_days_of_its_delivery_all_of_it_comes_back(rows, make, juana, delivered, clock_at):
    in_the_term(clock_at, rows, 10)
    make.ended(delivered, juana)
    assert rows(select(Refund.amount)) == [AMOUNT]
    assert rows(select(PolicyChange.right)) == [Right.WITHDRAWAL]


def test_before_it_begins_it_never_does(rows, make, juana, number):
    make.ended(number, juana)
    (policy,) = rows(select(Policy))
    assert policy.state_at(policy.starts_at) is PolicyState.CANCELLED
    assert policy.cancelled_at < policy.starts_at
    assert rows(select(Refund.amount)) == [AMOUNT]


def test_cash_is_collected_at_the_agency_that_was_chosen(rows, make, juana, call):
    slip = make.slip(juana)
    call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    (number,) = rows(select(Policy.number))
    with pytest.raises(DomainError) as refused:
        make.end_asked(number, juana, agency="no-hay")
    assert refused.value.field == "agencia"
    make.ended(number, juana, agency=AGENCY)
    (refund,) = rows(select(Refund))
    (receipt,) = rows(select(CashReceipt))
    with pytest.raises(NotAllowed, match="desvinculó"):
        call(reversals.reverse, receipt.number, ReversalReason.OTHER_SLIP, "Otro cliente", make.collaborator().actor)
    assert (refund.state, refund.agency_code, refund.amount) == (RefundState.AWAITING_COLLECTION, AGENCY, slip.amount)


def test_life_and_health_end_only_within_the_days_to_withdraw(app, rows, make, juana, preview, clock_at):
    number = make.policy(juana, product=HOSPITAL)
    with app.app_context(), writing() as session:
        session.scalars(select(Policy)).one().delivered_at = portal_clock.now()
    in_the_term(clock_at, rows, 60)
    assert preview(number, juana).ended is None
    with pytest.raises(NotAllowed):
        make.end_asked(number, juana)


def test_an_open_claim_stops_it_and_the_figure_stays(rows, make, juana, preview):
    number = make.policy(juana, product=HOSPITAL)
    claim = make.claim(juana, policy=number)
    found = preview(number, juana)
    assert (found.claimed.open, found.is_offered) == (claim, False)
    assert found.ended is not None
    with pytest.raises(NotAllowed, match=claim):
        make.end_asked(number, juana)


@pytest.mark.parametrize("what", ["refused", "withdrawn", "charge"])
def test_the_days_to_withdraw_are_not_lost_while_a_claim_or_a_charge_stands_in_the_way(
    app, rows, make, juana, preview, clock_at, change, call, what
):
    number = make.policy(juana, product=HOSPITAL)
    with app.app_context(), writing() as session:
        session.scalars(select(Policy)).one().delivered_at = portal_clock.now()
    received = portal_clock.now()

    def can_withdraw(day):
        clock_at(received + timedelta(days=day))
        found = preview(number, juana)
        return found.can_withdraw, found.is_offered

    clock_at(received + timedelta(days=12))
    if what != "charge":
        claim = make.claim(juana, policy=number)
        assert can_withdraw(30) == (True, False)
        if what == "refused":
            make.reject(claim)
        else:
            call(withdrawal.withdraw, lambda: withdrawal.person_of(claim, juana.actor), juana.actor)
    else:
        make.plan_bought(number, juana)
        newest = select(func.max(Payment.id)).scalar_subquery()
        change(Payment, Payment.id == newest, resolved_at=received + timedelta(days=30))
    assert [can_withdraw(day) for day in (30, 33)] == [(True, True)] * 2, "three days were left, and those of its end"
    assert can_withdraw(34) == (False, False)


def test_the_last_day_to_withdraw_is_told_right_while_it_lies_ahead(make, juana, delivered, preview, clock_at, change):
    received = portal_clock.now()
    last = lima(received).date() + timedelta(days=15)
    clock_at(received + timedelta(days=5))
    make.plan_bought(delivered, juana)
    of_plan = Payment.id == select(func.max(Payment.id)).scalar_subquery()
    change(Payment, of_plan, resolved_at=received + timedelta(days=8))
    clock_at(received + timedelta(days=10))
    assert preview(delivered, juana).last_day_to_withdraw == last + timedelta(days=3)
    change(Payment, of_plan, state=PaymentState.UNKNOWN)  # approved, and not followed up: it lets nobody end it
    assert preview(delivered, juana).last_day_to_withdraw == last + timedelta(days=6)


def test_a_claim_that_arrives_after_the_code_stops_it_too(rows, make, juana, call):
    number = make.policy(juana, product=HOSPITAL)
    public_id, code = make.end_asked(number, juana)
    make.claim(juana, policy=number)
    with pytest.raises(NotAllowed):
        call(ending.confirm, public_id, code, juana.actor)
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE]
    assert rows(select(Refund)) == []


def test_what_the_noon_changed_is_shown_anew_and_asks_for_another_code(rows, make, juana, delivered, call, clock_at):
    (policy,) = rows(select(Policy))
    midday = noon(lima(policy.starts_at).date() + timedelta(days=119))
    clock_at(midday - timedelta(minutes=3))
    public_id, code = make.end_asked(delivered, juana)
    call(ending.CODE.verify, public_id, code, juana.actor)
    clock_at(midday + timedelta(minutes=3))
    assert call(ending.confirm, public_id, code, juana.actor) is False
    assert rows(select(PolicyChange.refund)) == [Decimal("48.95")]
    assert rows(select(Refund)) == []
    with pytest.raises(DomainError):
        call(ending.confirm, public_id, code, juana.actor)


def test_figures_that_nobody_saw_send_no_code(rows, juana, delivered, call, clock_at):
    in_the_term(clock_at, rows, 119)
    with pytest.raises(DomainError):
        call(ending.ask, delivered, juana.actor, agency_code=None, shown="2026 72.92")
    assert rows(select(Message).where(Message.kind == "end_code")) == []


def test_somebody_elses_policy_is_not_found(make, juana, number, call):
    rosa = make.customer()
    with pytest.raises(NotFound):
        make.end_asked(number, rosa)
    public_id, code = make.end_asked(number, juana)
    with pytest.raises(NotFound):
        call(ending.confirm, public_id, code, rosa.actor)


def test_eight_that_confirm_at_once_end_it_once(app, rows, make, juana, number, call):
    public_id, code = make.end_asked(number, juana)
    results = at_once(app, 8, lambda _: ending.confirm(public_id, code, juana.actor))
    assert True in results
    assert {type(one) for one in results} <= {bool, DomainError, NotAllowed}, results
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE, EndorsementKind.TERMINATION]
    assert len(rows(select(Refund))) == 1
    assert len(rows(select(AuditEntry).where(AuditEntry.action == "policy.end"))) == 1
    assert call(audit.first_broken) is None


def test_an_end_and_a_claim_at_once_come_one_after_the_other(app, rows, make, juana, call):
    number = make.policy(juana, product=HOSPITAL)
    public_id, code = make.end_asked(number, juana)
    call(ending.CODE.verify, public_id, code, juana.actor)
    draft = make.claim_draft(juana, policy=number)

    results = at_once(
        app,
        2,
        lambda one: (
            filing.register(draft, juana.actor, agrees=True) if one else ending.confirm(public_id, code, juana.actor)
        ),
    )
    assert isinstance(results[1], str), "a notice is never refused"
    entries = rows(select(AuditEntry.action).where(AuditEntry.action.in_(("policy.end", "claim.register"))))
    if results[0] is True:
        assert entries == ["policy.end", "claim.register"]
    else:
        assert isinstance(results[0], NotAllowed)
        assert entries == ["claim.register"]
        assert rows(select(Refund)) == []


def test_it_waits_for_no_payment_while_it_numbers(app, rows, make, juana, call, clock_at, monkeypatch):
    number = make.policy(juana)
    make.in_force(number)
    make.plan_bought(number, juana)
    clock_at(portal_clock.now() + timedelta(days=10))
    make.plan_lowered(number, juana, "plan-2")
    (lowered,) = rows(select(Refund))
    call(settling.settle, BANK_REFUND, lowered.id, Declined("", "other", ""), None)
    public_id, code = make.end_asked(number, juana)
    results = in_the_midst(
        app,
        monkeypatch,
        (money_out, "begin"),
        lambda: ending.confirm(public_id, code, juana.actor),
        lambda: refund_ways.choose(lowered.number, Chosen(cci=parse(CCI, CCI)), juana.actor),
    )
    assert (results[0], type(results[1])) == (True, str), results
    assert len(rows(select(Refund))) == 4


@pytest.mark.parametrize("arrives", [{"renewing": "SP-1"}, {"after": "MA-1"}, {"claim": "SN-1"}])
def test_what_arrives_while_it_ends_is_judged_anew(rows, make, juana, number, call, monkeypatch, arrives):
    public_id, code = make.end_asked(number, juana)
    look, last_looks = obstacles.of, []

    def seen(policy):
        found = look(policy)
        if policy.cancelled_at is None:
            return found
        last_looks.append(policy.number)
        if len(last_looks) > 1:
            return found
        if "claim" in arrives:
            return replace(found, claimed=replace(found.claimed, open=arrives["claim"]))
        return replace(found, **arrives)

    monkeypatch.setattr(obstacles, "of", seen)
    assert call(ending.confirm, public_id, code, juana.actor) is True
    assert len(last_looks) == 2, "all was begun again"
    assert len(rows(select(Refund))) == 1


@pytest.fixture
def agency(call):
    return call(agencies.by_code, AGENCY)


@pytest.fixture
def refused(make, juana, rows, drain):
    """The refund of a policy that she ended, which the bank would not make."""
    make.ended(make.policy(juana, last4=REFUSES_REFUNDS), juana)
    drain()
    return rows(select(Refund))[0]


def test_what_the_bank_refuses_asks_for_an_agency_and_is_collected_there(call, rows, make, juana, refused, agency):
    assert refused.state is RefundState.REFUSED
    (mail,) = rows(select(Message).where(Message.kind == "refund_refused"))
    assert f"/devoluciones/{refused.number}" in mail.text_body
    assert call(refund_ways.waiting_for, juana.actor)[0][1] is None, "something for her to choose"
    assert [one.refund.number for one in call(refund_ways.left)] == [refused.number], "the desk knows"
    with pytest.raises(NotFound):
        call(refund_ways.choose, refused.number, Chosen(agency=agency), make.customer().actor)
    call(refund_ways.choose, refused.number, Chosen(agency=agency), juana.actor)
    (instead,) = rows(select(Refund).where(Refund.instead_of_id == refused.id))
    assert (instead.state, instead.amount) == (RefundState.AWAITING_COLLECTION, refused.amount)
    assert call(refund_ways.left) == []
    with pytest.raises(NotAllowed):
        call(refund_ways.choose, refused.number, Chosen(agency=agency), juana.actor)
    one, other = make.collaborator(), make.collaborator()
    make.hand_over(instead.number, one)
    call(CASH_REFUND.confirm, instead.number, other.actor, handed_over=True)
    assert rows(select(Refund.state).where(Refund.instead_of_id == refused.id)) == [RefundState.DONE]


def test_an_agency_chosen_eight_times_at_once_gives_the_money_once(app, call, rows, juana, refused, agency):
    results = at_once(app, 8, lambda _: refund_ways.choose(refused.number, Chosen(agency=agency), juana.actor))
    assert sum(isinstance(one, str) for one in results) == 1, results
    assert len(rows(select(Refund).where(Refund.instead_of_id == refused.id))) == 1
    assert call(audit.first_broken) is None


def test_money_that_reached_the_account_is_told(rows, make, juana, number, drain):
    make.ended(number, juana)
    drain()
    (mail,) = rows(select(Message).where(Message.kind == "refund_arrived"))
    assert "72.92" in mail.text_body


def test_a_slip_for_its_renewal_that_is_made_while_it_ends_is_cancelled_or_never_made(
    app, rows, make, juana, number, clock_at, monkeypatch
):
    (policy,) = rows(select(Policy))
    clock_at(policy.ends_at - timedelta(days=20))
    begun = make.renewal(number, juana, agency=AGENCY, stage=Stage.VERIFICATION)
    public_id, code = make.end_asked(number, juana)
    ended, asked = in_the_midst(
        app,
        monkeypatch,
        (cancellation, "terminate"),
        lambda: ending.confirm(public_id, code, juana.actor),
        lambda: paying.request_payment(begun, juana.actor, accepts=True),
    )
    assert ended is True
    refused = isinstance(asked, NotAllowed) and "ya no se puede renovar" in str(asked)
    assert isinstance(asked, Payment) or refused, repr(asked)
    assert rows(select(Endorsement.kind).order_by(Endorsement.number))[-1] is EndorsementKind.TERMINATION
    assert rows(select(Payment).where(Payment.state == PaymentState.AWAITING_CASH)) == [], "nobody pays for nothing"
