"""Random lives of a policy: bought, its plan changed up and down, ended, days passing between. At every moment what was
paid and not given back is what its days cost, and terms, state, numbers and documents agree.

`--lives 200 --timeout 0` leads so many instead of a few, other ones each time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.clock import lima
from portal.domain.payment import PaymentState
from portal.domain.payout_way import Chosen
from portal.domain.policy import EndorsementKind, PolicyState
from portal.models import Endorsement, Payment, Policy, Refund
from portal.models.transaction import writing
from portal.services.catalogue import agencies
from portal.services.documents import kinds, store
from portal.services.operation import integrity
from portal.services.payments import receipts, refund_ways, returning
from portal.services.policies import policy as policies
from portal.services.servicing import ending, plan_change
from tests.factories import AGENCY, Stage

FEW, STEPS = 3, 7
CARDS = ("4821", "0101")  # the bank refuses to give back to the second (sandbox/README.md)
PRICES = {"plan-1": Decimal("36.46"), "plan-2": Decimal("72.92"), "plan-3": Decimal("109.39")}


def cost(premium: Decimal, left: int, days: int) -> Decimal:
    """What the days that are left of a year cost, half up: the rule, said a second time."""
    exact = Fraction(premium) * left / days
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


class Life(RuleBasedStateMachine):
    world: ClassVar[SimpleNamespace]  # what the test has

    @initialize(card=st.sampled_from(CARDS), in_cash=st.booleans(), received=st.booleans())
    def buy(self, card, in_cash, received):
        self.world.clock_at(self.world.beginning)
        self.person, self.card = self.world.make.customer(), card
        if in_cash:
            slip = self.world.make.slip(self.person)
            self.world.call(receipts.receive, slip.number, slip.amount, self.world.make.collaborator().actor)
        else:
            self.world.make.policy(self.person, last4=card)
        (self.number,) = self.world.rows(select(Policy.number).where(Policy.account_id == self.person.account_id))
        policy = self.policy()
        self.starts, self.ends = policy.starts_at, policy.ends_at
        self.days = (lima(self.ends).date() - lima(self.starts).date()).days
        self.plans = [(0, "plan-2")]  # from which of its days, in order
        self.until = None  # the day of its end, once it is ended
        self.gives_all = False
        if received:
            with self.world.app.app_context(), writing() as session:
                session.get_one(Policy, policy.id).delivered_at = policy.issued_at

    def policy(self):
        return self.world.rows(select(Policy).where(Policy.number == self.number))[0]

    def day_of(self, moment: datetime) -> int:
        return min(max((lima(moment).date() - lima(self.starts).date()).days, 0), self.days)

    def preview(self):
        return self.world.call(
            lambda: plan_change.preview(policies.get(self.number, self.person.actor), portal_clock.now())
        )

    def is_open(self, *, dearer):
        found = self.until is None and self.preview()
        if not found or not found.is_open:
            return None
        fit = [one for one in found.choices if one.why_not is None and bool(one.figures.to_pay) is dearer]
        return (found, fit[-1]) if fit else None

    @rule(days=st.integers(1, 90), hour=st.sampled_from((9, 15)))
    def wait(self, days, hour):
        moment = lima(portal_clock.now()) + timedelta(days=days)
        if moment < self.ends:
            self.world.clock_at(moment.replace(hour=hour))

    @precondition(lambda self: self.until is None)
    @rule(in_cash=st.booleans())
    def take_a_dearer_plan(self, in_cash):
        found = self.is_open(dearer=True)
        if found is None:
            return
        _, choice = found
        before = self.kept()
        stage = Stage.TERMS if in_cash else Stage.PAID
        self.world.make.plan_bought(
            self.number,
            self.person,
            choice.plan.code,
            stage=stage,
            last4=self.card,
            agency=AGENCY if in_cash else None,
        )
        if in_cash:
            (slip,) = self.world.rows(select(Payment).where(Payment.state == PaymentState.AWAITING_CASH))
            self.world.call(receipts.receive, slip.number, slip.amount, self.world.make.collaborator().actor)
        self.plans.append((self.day_of(choice.figures.effective_at), choice.plan.code))
        assert self.kept() - before == choice.figures.to_pay, "the preview is what happens"

    @precondition(lambda self: self.until is None)
    @rule()
    def take_a_cheaper_plan(self):
        found = self.is_open(dearer=False)
        if found is None:
            return
        whole, choice = found
        before = self.kept()
        agency = AGENCY if whole.in_cash(choice) else None
        self.world.make.plan_lowered(self.number, self.person, choice.plan.code, agency=agency)
        self.plans.append((self.day_of(choice.figures.effective_at), choice.plan.code))
        assert before - self.kept() == whole.refund(choice), "the preview is what happens"
        self.collect()

    @precondition(lambda self: self.until is None)
    @rule()
    def end(self):
        found = self.world.call(
            lambda: ending.preview(policies.get(self.number, self.person.actor), portal_clock.now())
        )
        if not found.is_offered:
            return
        before = self.kept()
        self.world.make.ended(self.number, self.person, agency=AGENCY if found.in_cash else None)
        assert before - self.kept() == found.ended.refund, "the preview is what happens"
        self.until, self.gives_all = found.ended.until or self.starts, found.ended.right == "withdrawal"
        self.collect()

    def collect(self):
        """The bank answers; what it refused is collected at an agency instead."""
        self.world.drain()
        agency = self.world.call(agencies.by_code, AGENCY)
        for refund, where in self.world.call(refund_ways.waiting_for, self.person.actor):
            if where is None:
                self.world.call(refund_ways.choose, refund.number, Chosen(agency=agency), self.person.actor)

    def kept(self):
        return self.world.call(lambda: returning.kept(policies.get(self.number, self.person.actor)))

    @invariant()
    def the_money_is_what_its_days_cost(self):
        """To the cent by the rule, and within half a cent a change of what the days cost exactly."""
        last = self.day_of(self.until) if self.until else self.days
        lived = [one for one in self.plans if one[0] < last or one[0] == 0]
        spans = [
            (day, then, PRICES[plan]) for (day, plan), (then, _) in zip(lived, [*lived[1:], (last, "")], strict=True)
        ]
        rule_ = sum(
            (cost(price, self.days - day, self.days) - cost(price, self.days - then, self.days))
            for day, then, price in spans
        )
        exact = sum(Fraction(price) * (then - day) / self.days for day, then, price in spans)
        kept = self.kept()
        assert kept == (Decimal(0) if self.gives_all else rule_)
        assert self.gives_all or abs(Fraction(kept) - exact) <= Fraction(len(spans) + 1, 100)

    @invariant()
    def terms_and_state_agree(self):
        policy = self.policy()
        for moment in (portal_clock.now(), self.starts, self.ends - timedelta(seconds=1)):
            day = (moment - self.starts) / timedelta(days=1)
            plan = [plan for since, plan in self.plans if since <= max(day, 0)][-1]
            if self.until is None or moment < self.until:
                assert policy.terms_at(moment).plan_code == plan
                assert policy.terms_at(moment).premium_total == PRICES[plan]
        ended = self.until is not None and (self.until <= self.starts or portal_clock.now() >= self.until)
        assert (policy.state_at(portal_clock.now()) is PolicyState.CANCELLED) is ended

    @invariant()
    def numbers_and_documents_have_no_gap(self):
        stated = self.world.rows(
            select(Endorsement).where(Endorsement.policy_id == self.policy().id).order_by(Endorsement.number)
        )
        assert [one.number for one in stated] == list(range(len(self.plans) + bool(self.until)))
        for one in stated[1:]:
            assert self.world.call(store.find, kinds.ENDORSEMENT, one) is not None
            with_policy = one.kind is EndorsementKind.PLAN_CHANGE
            assert (self.world.call(store.find, kinds.POLICY, one) is not None) is with_policy
        for numbers in (self.world.rows(select(Refund.number)), self.world.rows(select(Payment.number))):
            for year in {one[:-6] for one in numbers}:
                its_own = sorted(int(one[-6:]) for one in numbers if one.startswith(year))
                assert its_own == list(range(1, len(its_own) + 1))

    def teardown(self):
        self.world.drain()
        self.world.call(integrity.prove)


@pytest.fixture
def life(app, make, call, rows, clock_at, drain):
    world = SimpleNamespace(app=app, make=make, call=call, rows=rows, clock_at=clock_at, drain=drain)
    world.beginning = portal_clock.now()
    yield type("OneLife", (Life,), {"world": world})
    clock_at(world.beginning)


def test_whatever_happens_to_a_policy_its_money_and_its_papers_agree(life, request):
    lives = request.config.getoption("--lives")
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=lives or FEW,
            stateful_step_count=STEPS * 2 if lives else STEPS,
            derandomize=not lives,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
