""" "Cambio de plan": shown, bought or confirmed by a mailed code, and done once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.calendar import noon
from portal.domain.clock import lima
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import NOT_SOLD, PaymentState
from portal.domain.policy import EndorsementKind
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.domain.receipt import ReversalReason
from portal.domain.refund import RefundState
from portal.models import Endorsement, Message, Payment, Policy, PolicyChange, Purchase, Quote, Refund
from portal.models.transaction import writing
from portal.services.operation import integrity
from portal.services.payments import charging, receipt_facts, receipts, returning, reversals, sending
from portal.services.platform import audit
from portal.services.policies import cancellation, plan_changing, timeline
from portal.services.policies import policy as policies
from portal.services.sale import paying, purchasing
from portal.services.sale.purchasing import ChangeGone
from portal.services.servicing import being_bought, ending, plan_change
from tests.factories import AGENCY, AMOUNT, HOSPITAL, Stage
from tests.services.at_once import at_once, in_the_midst, together


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def preview(call):
    def preview(number, someone):
        return call(lambda: plan_change.preview(policies.get(number, someone.actor), portal_clock.now()))

    return preview


@pytest.fixture
def delivered(app):
    def delivered(number: str) -> None:
        """It was received when it was issued."""
        with app.app_context(), writing() as session:
            policy = session.scalars(select(Policy).where(Policy.number == number)).one()
            policy.delivered_at = policy.issued_at

    return delivered


@pytest.fixture
def in_the_term(clock_at, rows):
    def in_the_term(days: int, hour: int = 10) -> datetime:
        """Moves the time to an hour of a day of the cover."""
        moment = lima(rows(select(Policy.starts_at))[0]).replace(hour=hour) + timedelta(days=days)
        clock_at(moment)
        return moment

    return in_the_term


def test_a_dearer_plan_is_bought_for_the_days_that_are_left(rows, make, juana, number, preview, in_the_term, drain):
    moment = in_the_term(116)
    found = preview(number, juana).choice("plan-3")
    assert (found.figures.to_pay, found.figures.term.left) == (Decimal("24.58"), 246)
    make.plan_bought(number, juana)
    (changed,) = rows(select(Endorsement).where(Endorsement.number == 1))
    assert (changed.kind, changed.plan_code) == (EndorsementKind.PLAN_CHANGE, "plan-3")
    assert changed.effective_at == noon(moment.date() + timedelta(days=3))
    (policy,) = rows(select(Policy))
    assert policy.terms_at(changed.effective_at - timedelta(seconds=1)).plan_code == "plan-2"
    assert policy.terms_at(changed.effective_at).premium_total == Decimal("109.39")
    payment = rows(select(Payment).order_by(Payment.id))[-1]
    assert (payment.amount, payment.id) == (Decimal("24.58"), changed.payment_id)
    assert rows(select(Purchase.state).order_by(Purchase.id))[-1] is PurchaseState.ISSUED
    drain()
    (mail,) = rows(select(Message).where(Message.kind == "plan_changed"))
    assert mail.state.is_sent
    assert "24.58" in mail.text_body


def test_a_cheaper_plan_gives_back_what_the_days_left_cost_more(rows, make, juana, number, preview, in_the_term, drain):
    moment = in_the_term(119)
    found = preview(number, juana).choice("plan-1")
    assert found.figures.to_return == Decimal("24.58")
    make.plan_lowered(number, juana)
    (changed,) = rows(select(Endorsement).where(Endorsement.number == 1))
    assert (changed.plan_code, changed.effective_at) == ("plan-1", noon(moment.date()))
    drain()
    (mail,) = rows(select(Message).where(Message.kind == "plan_changed"))
    assert mail.state.is_sent


def test_another_plan_waits_until_cover_begins_and_ends_with_its_term(make, juana, number, preview, in_the_term, rows):
    found = preview(number, juana)
    assert "Desde ese momento puede cambiar de plan" in found.why_not
    assert lima(rows(select(Policy.starts_at))[0]).strftime("%d/%m/%Y") in found.why_not
    with pytest.raises(NotAllowed):
        make.plan_bought(number, juana, stage=Stage.STARTED)
    in_the_term(363)
    found = preview(number, juana)
    assert found.why_not is None
    assert "le quedan pocos días" in found.choice("plan-3").why_not
    assert found.choice("plan-1").why_not is None, "a cheaper one begins at the next noon"


def test_the_age_is_judged_again_on_the_day_it_begins(app, make, juana, number, preview, in_the_term, rows):
    moment = in_the_term(119)
    with app.app_context(), writing() as session:
        policy = session.scalars(select(Policy)).one()
        product, _ = policies.plan_of(policy, moment)
        too_old = product.max_age + 1
        # her birthday lies between the noon of a cheaper plan and that of a dearer one
        policy.insured.birth_date = (moment + timedelta(days=2)).date().replace(year=moment.year - too_old)
    found = preview(number, juana)
    assert str(too_old) in found.choice("plan-3").why_not
    assert found.choice("plan-1").why_not is None
    with pytest.raises(NotAllowed, match="personas de"):
        make.plan_bought(number, juana, stage=Stage.STARTED)


def test_a_claim_that_is_open_stops_it(make, juana, preview, in_the_term):
    number = make.policy(juana, product=HOSPITAL)
    in_the_term(119)
    public_id, code = make.plan_asked(number, juana)
    bought = make.plan_bought(number, juana, stage=Stage.TERMS)
    claim = make.claim(juana, policy=number)
    assert (preview(number, juana).claim, preview(number, juana).is_open) == (claim, False)
    assert public_id
    assert code
    with pytest.raises(ChangeGone, match=claim):
        make.pay(juana, bought)


def test_a_claim_that_arrives_after_the_code_stops_the_cheaper_plan(make, juana, call, in_the_term, rows):
    number = make.policy(juana, product=HOSPITAL)
    in_the_term(119)
    public_id, code = make.plan_asked(number, juana)
    make.claim(juana, policy=number)
    with pytest.raises(NotAllowed, match="Primero termina el siniestro"):
        call(plan_change.confirm, public_id, code, juana.actor)
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE]


def test_a_claim_that_arrives_while_the_bank_answers_gives_the_money_back(make, juana, in_the_term, rows, drain, app):
    number = make.policy(juana, product=HOSPITAL)
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.TERMS)
    with app.app_context():
        paying.process(bought, purchasing.get(bought, juana.actor).amount, juana.actor)
    make.claim(juana, policy=number)
    drain()
    payment = rows(select(Payment).order_by(Payment.id))[-1]
    assert (payment.state, payment.reason) == (PaymentState.APPROVED, NOT_SOLD)
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE]
    (refund,) = rows(select(Refund))
    assert (refund.payment_id, refund.amount, refund.state) == (payment.id, payment.amount, RefundState.DONE)
    (mail,) = rows(select(Message).where(Message.kind == "payment_given_back"))
    assert number in mail.text_body
    assert mail.subject.startswith("No cambiamos su plan")


def test_a_refused_payment_changes_nothing_and_can_be_tried_again(make, juana, number, in_the_term, rows):
    in_the_term(119)
    bought = make.plan_bought(number, juana, last4="0001")
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.DECLINED
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE]
    make.method(juana, bought)
    make.pay(juana, bought)
    assert rows(select(Endorsement.plan_code).order_by(Endorsement.number)) == ["plan-2", "plan-3"]


def test_what_the_bank_answers_late_still_begins_at_the_noon_that_was_shown(
    make, juana, number, in_the_term, rows, clock_at, call
):
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.STARTED)
    (shown,) = rows(select(Quote.valid_until).where(Quote.policy_id.is_not(None)))
    clock_at(shown - timedelta(minutes=1))
    make.purchase_to(juana, bought, Stage.PAID, last4="0022")
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.UNKNOWN
    clock_at(shown + timedelta(minutes=4))
    call(sending.reconcile_overdue, charging.CHARGE)
    (changed,) = rows(select(Endorsement).where(Endorsement.number == 1))
    assert changed.effective_at == shown
    assert changed.created_at > shown


def test_after_that_noon_it_can_not_be_paid(make, juana, number, in_the_term, rows, clock_at):
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.TERMS)
    (shown,) = rows(select(Quote.valid_until).where(Quote.policy_id.is_not(None)))
    clock_at(shown + timedelta(seconds=1))
    with pytest.raises(ChangeGone, match="plazo"):
        make.pay(juana, bought)


def test_eight_presses_begin_one_purchase(app, make, juana, number, in_the_term, rows, preview):
    in_the_term(119)
    choice = preview(number, juana).choice("plan-3")
    results = at_once(app, 8, lambda _: plan_change.buy(number, "plan-3", juana.actor, shown=plan_change.stamp(choice)))
    assert len(set(results)) == 1, results
    assert isinstance(results[0], str)
    assert len(rows(select(Purchase))) == 2, "that of the policy, and this one"


def test_eight_that_confirm_at_once_change_it_once(app, make, juana, number, in_the_term, rows, call):
    in_the_term(119)
    public_id, code = make.plan_asked(number, juana)
    results = at_once(app, 8, lambda _: plan_change.confirm(public_id, code, juana.actor))
    assert 1 in results
    assert {type(one) for one in results} <= {int, DomainError, NotAllowed}, results
    assert rows(select(Endorsement.kind).order_by(Endorsement.number))[1:] == [EndorsementKind.PLAN_CHANGE]
    assert rows(select(Refund.amount)) == [Decimal("24.58")]
    assert call(audit.first_broken) is None


def test_an_end_and_a_cheaper_plan_at_once_come_one_after_the_other(app, make, juana, number, in_the_term, rows, call):
    """Whoever begins another change withdraws the one that is open: of both at once one is carried out."""
    in_the_term(119)
    to_end, code = make.end_asked(number, juana)
    call(ending.CODE.verify, to_end, code, juana.actor)

    def lower():
        found = plan_change.preview(policies.get(number, juana.actor), portal_clock.now())
        choice = found.choice("plan-1")
        assert choice
        shown = plan_change.stamp(choice)
        plan_change.ask(number, "plan-1", juana.actor, agency_code=None, shown=shown)

    ended, asked = together(app, lambda: ending.confirm(to_end, code, juana.actor), lower)
    kinds = rows(select(Endorsement.kind).order_by(Endorsement.number))[1:]
    if ended is True:
        assert kinds == [EndorsementKind.TERMINATION]
        assert isinstance(asked, NotAllowed)
    else:
        assert (kinds, asked) == ([], None)
        assert isinstance(ended, NotAllowed)


def test_another_change_withdraws_it_and_the_history_tells(make, juana, number, in_the_term, rows, call):
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    with pytest.raises(NotAllowed, match="pago en curso"):
        make.plan_asked(number, juana)
    with pytest.raises(NotAllowed, match="pago en curso"):
        make.end_asked(number, juana)
    call(being_bought.leave, number, juana.actor)
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.CANCELLED
    (mail,) = rows(select(Message).where(Message.kind == "slip_cancelled"))
    assert "retiró el cambio de plan" in mail.text_body
    assert call(lambda: plan_change.preview(policies.get(number, juana.actor), portal_clock.now())).begun is None
    with pytest.raises(ChangeGone):
        make.cash(juana, bought)
    make.plan_lowered(number, juana)
    words = [event.words for event in call(lambda: timeline.of_policy(policies.get(number, juana.actor), juana.actor))]
    assert "Cambio de plan retirado, sin cobrar nada" in words
    assert rows(select(Endorsement.plan_code).order_by(Endorsement.number)) == ["plan-2", "plan-1"]


def test_cash_at_the_counter_changes_the_plan_with_its_receipt(make, juana, number, in_the_term, rows, call, drain):
    in_the_term(119)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    slip = rows(select(Payment).order_by(Payment.id))[-1]
    cashier = make.collaborator()
    receipt = call(receipts.receive, slip.number, slip.amount, cashier.actor)
    (changed,) = rows(select(Endorsement).where(Endorsement.number == 1))
    assert (changed.plan_code, changed.payment_id) == ("plan-3", slip.id)
    facts = call(lambda: receipt_facts.of(receipts.get(receipt, cashier.actor)))
    assert facts.policy.number == number
    drain()
    (mail,) = rows(select(Message).where(Message.kind == "payment_receipt"))
    assert f"su póliza {number} pasa al Plan 3" in mail.text_body
    assert "emitida" not in mail.text_body
    (slip_mail,) = rows(select(Message).where(Message.kind == "payment_slip"))
    assert f"el cambio al Plan 3 de su póliza {number}" in slip_mail.text_body
    call(integrity.prove)


def test_cash_for_a_policy_that_ended_meanwhile_is_given_back(app, make, juana, number, in_the_term, rows, call):
    in_the_term(119)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    slip = rows(select(Payment).order_by(Payment.id))[-1]
    with app.app_context(), writing() as session:
        cancellation.end_paid(session.scalars(select(Policy)).one())
    receipt = call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    assert receipt
    (refund,) = rows(select(Refund))
    assert (refund.amount, refund.state) == (slip.amount, RefundState.AWAITING_COLLECTION)
    (mail,) = rows(select(Message).where(Message.kind == "refund_opened"))
    assert "no cambió su plan porque su póliza cambió mientras tanto" in mail.text_body


def test_what_the_noon_changed_is_shown_anew_and_asks_for_another_code(
    make, juana, number, in_the_term, rows, call, clock_at
):
    midday = noon(in_the_term(119).date())
    clock_at(midday - timedelta(minutes=3))
    public_id, code = make.plan_asked(number, juana)
    call(plan_change.CODE.verify, public_id, code, juana.actor)
    clock_at(midday + timedelta(minutes=3))
    assert call(plan_change.confirm, public_id, code, juana.actor) is None
    assert rows(select(PolicyChange.refund)) == [Decimal("24.48")]
    assert rows(select(Refund)) == []
    with pytest.raises(DomainError):
        call(plan_change.confirm, public_id, code, juana.actor)


def test_figures_that_nobody_saw_begin_nothing(make, juana, number, in_the_term, rows, call, clock_at, preview):
    in_the_term(119)
    stale = plan_change.stamp(preview(number, juana).choice("plan-3"))
    in_the_term(120)
    with pytest.raises(DomainError, match="Mientras tanto"):
        call(plan_change.buy, number, "plan-3", juana.actor, shown=stale)
    assert rows(select(Quote).where(Quote.policy_id.is_not(None))) == []
    with pytest.raises(DomainError, match="Elija uno de los planes"):
        call(plan_change.buy, number, "plan-9", juana.actor, shown=stale)
    with pytest.raises(NotFound):
        call(plan_change.buy, number, "plan-3", make.customer().actor, shown=stale)


def kept(app, number, someone):
    with app.app_context():
        return returning.kept(policies.get(number, someone.actor))


def test_after_a_dearer_plan_what_the_end_gives_back_is_what_the_days_left_cost(
    app, make, juana, number, in_the_term, rows, delivered, drain
):
    """Paid 72.92 + 24.58; earned 116 + 3 days of Plan 2 and 100 of Plan 3."""
    delivered(number)
    in_the_term(116)
    make.plan_bought(number, juana)
    in_the_term(219)
    make.ended(number, juana)
    back = rows(select(Refund.amount).order_by(Refund.id))
    assert sum(back) == Decimal("43.76")  # 109.39 × 146 ÷ 365
    first, second = rows(select(Payment).order_by(Payment.id))
    assert [(one.payment_id, one.amount) for one in rows(select(Refund).order_by(Refund.id))] == [
        (first.id, Decimal("43.76") - second.amount),
        (second.id, second.amount),
    ], "of what was charged last first"
    drain()
    assert kept(app, number, juana) == Decimal("97.50") - Decimal("43.76")


def test_ended_before_the_dearer_plan_begins_all_of_its_price_comes_back(
    make, juana, number, in_the_term, rows, delivered
):
    delivered(number)
    in_the_term(119)
    make.plan_bought(number, juana)
    paid = rows(select(Payment.amount).order_by(Payment.id))[-1]
    make.ended(number, juana)
    assert sum(rows(select(Refund.amount))) == Decimal("49.15") + paid
    (policy,) = rows(select(Policy))
    assert policy.terms_at(policy.ends_at).plan_code == "plan-2", "it never begins"


def test_ended_after_a_cheaper_plan_and_its_refund(make, juana, number, in_the_term, rows, delivered, drain):
    delivered(number)
    in_the_term(119)
    make.plan_lowered(number, juana)
    drain()
    make.ended(number, juana)
    assert rows(select(Refund.amount).order_by(Refund.id)) == [Decimal("24.58"), Decimal("24.57")]
    # 36.46 × 246 ÷ 365: what was given back already is not given back again


def test_withdrawal_after_both_gives_all_that_is_kept(app, make, juana, number, in_the_term, rows, drain):
    in_the_term(3)
    make.plan_bought(number, juana)
    in_the_term(7)
    make.plan_lowered(number, juana, "plan-1")
    drain()
    left = kept(app, number, juana)
    make.ended(number, juana)
    drain()
    assert kept(app, number, juana) == 0
    assert left > 0


def test_a_receipt_reversed_the_same_day_brings_the_plan_before_back(app, make, juana, number, in_the_term, rows, call):
    in_the_term(119)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    slip = rows(select(Payment).order_by(Payment.id))[-1]
    receipt = call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    before = kept(app, number, juana)
    call(reversals.reverse, receipt, ReversalReason.OTHER_SLIP, "Otro cliente", make.collaborator().actor)
    (policy,) = rows(select(Policy))
    assert policy.cancelled_at is None
    assert [policy.terms_at(at).plan_code for at in (portal_clock.now(), policy.ends_at)] == ["plan-2", "plan-2"]
    assert kept(app, number, juana) == before - slip.amount
    changes = call(lambda: [plan_changing.is_undone(one) for one in policies.get(number, juana.actor).endorsements[1:]])
    assert changes == [True, True]
    (mail,) = rows(select(Message).where(Message.kind == "plan_undone"))
    assert "sigue con el Plan 2" in mail.subject
    found = call(lambda: plan_change.preview(policies.get(number, juana.actor), portal_clock.now()))
    assert found.why_not is None, "what was undone locks nothing"
    begins = policy.endorsements[-1].effective_at
    assert {one.plan.code: one.figures.effective_at for one in found.choices} == {"plan-1": begins, "plan-3": begins}
    make.ended(number, juana)
    assert rows(select(Refund.amount)) == [AMOUNT]
    call(integrity.prove)


def test_a_code_that_waits_still_says_where_the_money_goes_once_the_receipt_is_reversed(
    make, juana, number, in_the_term, rows, call
):
    in_the_term(0, hour=13)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    slip = rows(select(Payment).where(Payment.agency_code == AGENCY))[0]
    receipt = call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    make.end_asked(number, juana, agency=AGENCY)
    (shown,) = rows(select(PolicyChange.refund))
    call(reversals.reverse, receipt, ReversalReason.OTHER_SLIP, "Otro cliente", make.collaborator().actor)
    where = call(lambda: returning.where_of(policies.get(number, juana.actor), shown))
    assert where.startswith("A su cuenta"), "of the account alone: the cash was an error"


def test_a_cheaper_plan_after_an_undone_one_stays(make, juana, number, in_the_term, rows, call):
    """It begins with what holds again, which would else take its place."""
    in_the_term(119)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    slip = rows(select(Payment).order_by(Payment.id))[-1]
    receipt = call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    call(reversals.reverse, receipt, ReversalReason.OTHER_SLIP, "Otro cliente", make.collaborator().actor)
    make.plan_lowered(number, juana)
    (policy,) = rows(select(Policy))
    assert policy.terms_at(portal_clock.now()).plan_code == "plan-2"
    assert policy.terms_at(policy.ends_at - timedelta(seconds=1)).plan_code == "plan-1"
    call(integrity.prove)


def test_giving_a_purchase_up_and_paying_it_at_once_leaves_no_charge(app, make, juana, number, in_the_term, rows):
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.TERMS)
    with app.app_context():
        amount = purchasing.get(bought, juana.actor).amount
    (before,) = rows(select(Purchase.revision).where(Purchase.public_id == bought))
    _, left = together(
        app,
        lambda: paying.process(bought, amount, juana.actor),
        lambda: being_bought.leave(number, juana.actor),
    )
    state = rows(select(Payment.state).order_by(Payment.id))[-1]
    if isinstance(left, NotAllowed):
        assert state is PaymentState.PROCESSING
    else:
        assert isinstance(left, bool)
        assert state in (PaymentState.NOT_SENT, PaymentState.APPROVED)
        assert rows(select(Purchase.revision).where(Purchase.public_id == bought))[0] > before


def test_a_slip_that_outlives_its_quote_can_be_given_up_and_nothing_twice(
    make, juana, number, in_the_term, rows, call, app
):
    in_the_term(119)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    with app.app_context(), writing() as session:
        quote = session.scalars(select(Quote).where(Quote.policy_id.is_not(None))).one()
        quote.valid_until = portal_clock.now() - timedelta(minutes=1)
    assert call(being_bought.leave, number, juana.actor) is True
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.CANCELLED
    assert call(being_bought.leave, number, juana.actor) is False


def test_giving_up_what_was_only_begun_makes_another_tab_see_it(make, juana, number, in_the_term, rows, call):
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.VERIFICATION)
    (before,) = rows(select(Purchase.revision).where(Purchase.public_id == bought))
    call(being_bought.leave, number, juana.actor)
    assert rows(select(Purchase.revision).where(Purchase.public_id == bought))[0] > before


def test_what_bought_nothing_and_goes_back_holds_up_no_end(make, juana, in_the_term, rows, drain, app, number):
    """Its plan can't be had any more, and its quote has days left."""
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.TERMS)
    with app.app_context():
        paying.process(bought, purchasing.get(bought, juana.actor).amount, juana.actor)
    with app.app_context(), writing() as session:
        quote = session.scalars(select(Quote).where(Quote.policy_id.is_not(None))).one()
        quote.premium_net, quote.premium_total = quote.premium_net + 1, quote.premium_total + 1
    drain()
    assert rows(select(Payment.reason).order_by(Payment.id))[-1] == NOT_SOLD
    make.ended(number, juana)
    assert rows(select(Endorsement.kind).order_by(Endorsement.number))[-1] is EndorsementKind.TERMINATION


def test_what_bought_nothing_is_not_shown_as_begun_and_hides_nothing_that_is(
    app, make, juana, number, preview, in_the_term, rows, drain
):
    in_the_term(119)
    bought = make.plan_bought(number, juana, stage=Stage.TERMS)
    with app.app_context():
        paying.process(bought, purchasing.get(bought, juana.actor).amount, juana.actor)
    with app.app_context(), writing() as session:
        quote = session.scalars(select(Quote).where(Quote.policy_id.is_not(None))).one()
        asked = quote.premium_total
        quote.premium_net, quote.premium_total = quote.premium_net + 1, quote.premium_total + 1
    drain()
    with app.app_context(), writing() as session:
        quote = session.scalars(select(Quote).where(Quote.policy_id.is_not(None))).one()
        quote.premium_net, quote.premium_total = quote.premium_net - 1, asked
    assert rows(select(Payment.reason).order_by(Payment.id))[-1] == NOT_SOLD
    assert preview(number, juana).begun is None
    again = make.plan_bought(number, juana, stage=Stage.STARTED)
    assert again != bought, "the same plan, at the same figures"
    assert preview(number, juana).begun.public_id == again


def test_each_part_goes_where_it_was_paid_and_an_agency_is_asked_for_cash_alone(
    make, juana, number, in_the_term, rows, delivered, drain, call, preview
):
    """Paid by an account, then a dearer plan in cash."""
    moment = in_the_term(119)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    slip = rows(select(Payment).order_by(Payment.id))[-1]
    call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    delivered(number)
    drain()
    in_the_term(125)
    found = call(lambda: ending.preview(policies.get(number, juana.actor), portal_clock.now()))
    assert [(part.is_cash, part.amount) for part in found.parts] == [
        (True, slip.amount),
        (False, found.ended.refund - slip.amount),
    ]
    lowered = preview(number, juana)
    assert lowered.in_cash(lowered.choice("plan-2"))
    make.ended(number, juana, agency=AGENCY)
    (mail,) = rows(select(Message).where(Message.kind == "policy_left"))
    assert "Dónde recoge el efectivo" in mail.text_body
    assert "tarjeta terminada en 4821" in mail.text_body
    assert {one.method for one in rows(select(Refund))} == {PaymentMethod.CASH, PaymentMethod.ACCOUNT}
    assert moment


def test_a_part_that_an_account_covers_asks_for_no_agency(make, juana, in_the_term, rows, drain, call, preview):
    """Paid in cash, then a dearer plan by an account: a cheaper one gives back less than that."""
    slip = make.slip(juana)
    call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    (number,) = rows(select(Policy.number))
    in_the_term(119)
    make.plan_bought(number, juana)
    in_the_term(125)
    found = preview(number, juana)
    choice = found.choice("plan-2")
    assert not found.in_cash(choice)
    ((payment, amount),) = found.parts(choice)
    assert (payment.method, amount) == (PaymentMethod.ACCOUNT, found.refund(choice))
    make.plan_lowered(number, juana, "plan-2")
    assert rows(select(Refund.method)) == [PaymentMethod.ACCOUNT]
    assert rows(select(PolicyChange.refund_agency)) == [None]


def test_a_counter_that_takes_its_slip_while_it_is_given_up_waits_for_it(
    app, make, juana, number, in_the_term, rows, monkeypatch
):
    """Both write the policy's purchase and its slip: in the same order, or each would wait for the other."""
    in_the_term(119)
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    slip, cashier = rows(select(Payment).order_by(Payment.id))[-1], make.collaborator()
    left, taken = in_the_midst(
        app,
        monkeypatch,
        (being_bought, "withdraw"),
        lambda: being_bought.leave(number, juana.actor),
        lambda: receipts.receive(slip.number, slip.amount, cashier.actor),
    )
    assert left is True
    assert isinstance(taken, NotAllowed), taken
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.CANCELLED
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE]
