"""A random life of a customer's policies, and what must be true of them after each of its steps.

What is expected is said here a second time and by hand: it asks the portal's rules only whether something is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from portal.domain import clock as portal_clock
from portal.domain.calendar import first_noon_after
from portal.domain.claim import ClaimState
from portal.domain.clock import lima
from portal.domain.errors import DomainError
from portal.domain.payment import NOT_SOLD, PaymentState
from portal.domain.payout_way import Chosen
from portal.domain.policy import EndorsementKind, PolicyState
from portal.domain.purchase import PaymentMethod
from portal.domain.receipt import ReversalReason
from portal.domain.refund import RefundState
from portal.domain.slip import SlipState, standing
from portal.extensions import db
from portal.models import CashReceipt, Claim, Endorsement, Payment, Policy, PolicyChange, Quote, Refund
from portal.models.transaction import writing
from portal.services.catalogue import agencies
from portal.services.claims import parties, withdrawal
from portal.services.documents import kinds, store
from portal.services.operation import integrity
from portal.services.payments import receipt_facts, receipts, refund_ways, returning, reversals, slips
from portal.services.payments.refunds import CASH_REFUND
from portal.services.policies import policy as policies
from portal.services.policies import policy_documents, renewing
from portal.services.printing.contents.policy import contents
from portal.services.sale import paying, purchasing
from portal.services.servicing import being_bought, ending, naming, obstacles, plan_change, renewal
from tests.factories import AGENCY, CCI, Someone, Stage, beneficiary

CARDS = ("4821", "0101")  # the bank refuses to give back to the second (sandbox/README.md)
PRICES = {"plan-1": Decimal("36.46"), "plan-2": Decimal("72.92"), "plan-3": Decimal("109.39")}
INVALID, DEATH = "invalidez-total", "muerte-accidental"
K = EndorsementKind
THIS, ANY = st.just(-1), st.sampled_from((-1, -1, 0))


def cost(premium: Decimal, left: int, days: int) -> Decimal:
    """What the days that are left of a year cost, half up: the rule, said a second time."""
    exact = Fraction(premium) * left / days
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass
class Year:
    """What must be true of a policy. `plans`: from which of its days on, in order; `ended`: from when it is cancelled,
    and `until`: from which of its days nothing was earned; `died`: on which of them, once that is paid; `named`: who is
    paid, by endorsement."""

    number: str
    starts: datetime
    ends: datetime
    plans: list[tuple[int, str]]
    named: list[tuple[int, list[str]]]
    kinds: list[EndorsementKind] = field(default_factory=lambda: [K.ISSUE])
    ended: datetime | None = None
    until: int | None = None
    keeps_nothing: bool = False
    died: int | None = None

    @property
    def days(self) -> int:
        return (lima(self.ends).date() - lima(self.starts).date()).days

    def day_of(self, moment: datetime) -> int:
        return min(max((lima(moment).date() - lima(self.starts).date()).days, 0), self.days)

    def plan_at(self, moment: datetime) -> str:
        day = max((moment - self.starts) / timedelta(days=1), 0)
        return [plan for since, plan in self.plans if since <= day][-1]

    def state(self, now: datetime) -> PolicyState:
        if self.ended is not None and self.ended <= now:
            return PolicyState.CANCELLED
        if now < self.starts:
            return PolicyState.PENDING
        return PolicyState.ACTIVE if now < self.ends else PolicyState.EXPIRED

    def _lived(self, last: int) -> list[tuple[int, str]]:
        """The plans that began; of one that was dearer none that would have begun after a death that was paid."""
        lived = [one for one in self.plans if one[0] < last or one[0] == 0]
        begun = [one for one in lived if self.died is None or one[0] <= self.died]
        return begun if PRICES[begun[-1][1]] < PRICES[lived[-1][1]] else lived

    def earned(self) -> tuple[Decimal, Fraction, int]:
        """What its days cost: by the rule, exactly, and of how many plans."""
        last = self.days if self.until is None else self.until
        lived = self._lived(last)
        spans = [
            (day, then, PRICES[plan]) for (day, plan), (then, _) in zip(lived, [*lived[1:], (last, "")], strict=True)
        ]
        by_rule = sum(
            (cost(price, self.days - day, self.days) - cost(price, self.days - then, self.days))
            for day, then, price in spans
        )
        exact = sum((Fraction(price) * (then - day) / self.days for day, then, price in spans), Fraction(0))
        return Decimal(by_rule), exact, len(spans)


class Life(RuleBasedStateMachine):
    world: ClassVar[SimpleNamespace]  # what the test has
    person: Someone

    # ---- What happens ----

    @initialize(card=st.sampled_from(CARDS), in_cash=st.booleans(), received=st.booleans(), day=st.integers(-1, 200))
    def buy(self, card, in_cash, received, day):
        self.world.begin_anew()
        self.person, self.card = self.world.make.customer(), card
        self.years: list[Year] = []
        self.open: dict[str, tuple[Year, str, date]] = {}  # claims, by their number
        self.is_dead = self.slip_waits = self.is_owed = False
        self.cash_came: date | None = None
        self.received = received
        if in_cash:
            slip = self.world.make.slip(self.person)
            self.take(slip.number)
        else:
            self.world.make.policy(self.person, last4=card)
        self.issued("plan-2", [])
        self.go_to(self.years[0].starts + timedelta(days=day, hours=1))

    def issued(self, plan, named):
        """The newest policy is one that is expected."""
        policy = self.rows(select(Policy).order_by(Policy.id))[-1]
        assert policy.number not in [one.number for one in self.years]
        assert (lima(policy.starts_at).hour, lima(policy.ends_at).hour) == (12, 12)
        self.years.append(Year(policy.number, policy.starts_at, policy.ends_at, [(0, plan)], [(0, named)]))
        if self.received:
            with self.world.app.app_context(), writing() as session:
                session.get_one(Policy, policy.id).delivered_at = policy.issued_at

    @rule(days=st.integers(1, 90), hour=st.sampled_from((9, 15)))
    def wait(self, days, hour):
        self.go_to((lima(portal_clock.now()) + timedelta(days=days)).replace(hour=hour))

    @rule(days=st.sampled_from((40, 20, 1, -1, -20)), hour=st.sampled_from((9, 15)))
    def wait_for_its_last_days(self, days, hour):
        self.go_to((lima(self.years[-1].ends) - timedelta(days=days)).replace(hour=hour))

    def not_today(self):
        """What can't be done is left, and time passes."""
        self.go_to(lima(portal_clock.now()) + timedelta(days=13))

    def go_to(self, moment):
        """Never back, nor long after all has ended."""
        if portal_clock.now() < moment < self.years[-1].ends + timedelta(days=40):
            self.world.clock_at(moment)
            self.call(slips.expire_due)

    @precondition(lambda self: not self.is_dead)
    @rule(in_cash=st.booleans(), later=st.booleans(), which=ANY)
    def take_a_dearer_plan(self, in_cash, later, which):
        year = self.years[which]
        _, choice = self.plan(year, dearer=True)
        if choice is None:
            self.not_today()
            return
        before = self.kept(year)
        stage = Stage.TERMS if in_cash else Stage.PAID
        agency = AGENCY if in_cash else None
        self.make.plan_bought(year.number, self.person, choice.plan.code, stage=stage, last4=self.card, agency=agency)
        if in_cash and later:
            self.slip_waits = True
            return
        if in_cash:
            self.take(self.waiting()[-1].number)
        self.changed(year, choice)
        assert self.kept(year) - before == choice.figures.to_pay, "the preview is what happens"

    @precondition(lambda self: not self.is_dead)
    @rule(which=ANY, choose=st.booleans())
    def take_a_cheaper_plan(self, which, choose):
        year = self.years[which]
        found, choice = self.plan(year, dearer=False)
        if choice is None:
            self.not_today()
            return
        before = self.kept(year)
        agency = AGENCY if found.in_cash(choice) else None
        self.make.plan_lowered(year.number, self.person, choice.plan.code, agency=agency)
        self.changed(year, choice)
        assert before - self.kept(year) == found.refund(choice), "the preview is what happens"
        self.collect(choose)

    def changed(self, year, choice):
        done = self.policy(year).endorsements[-1]
        assert done.effective_at == choice.figures.effective_at, "the preview is what happens"
        year.plans.append((year.day_of(done.effective_at), choice.plan.code))
        year.kinds.append(K.PLAN_CHANGE)

    @precondition(lambda self: not self.is_dead and self.slip_waits)
    @rule(which=ANY)
    def give_up_what_is_begun(self, which):
        year = self.years[which]
        self.call(being_bought.leave, year.number, self.person.actor)
        assert self.preview(year).begun is None

    @precondition(lambda self: not self.is_dead)
    @rule(which=ANY, choose=st.booleans())
    def end(self, which, choose):
        year = self.years[which]
        found = self.end_of(year)
        if not found.is_offered:
            self.not_today()
            return
        before = self.kept(year)
        self.make.ended(year.number, self.person, agency=AGENCY if found.in_cash else None)
        self.left(year, found, before)
        self.collect(choose)

    def left(self, year, found, before):
        assert before - self.kept(year) == found.ended.refund, "the preview is what happens"
        year.ended = self.policy(year).cancelled_at
        now = portal_clock.now()
        if now < year.starts:
            assert year.ended <= now
        else:
            assert year.ended == found.ended.effective_at == first_noon_after(now)
        year.until = year.day_of(year.ended)
        year.keeps_nothing = found.ended.right == "withdrawal" or now < year.starts
        year.kinds.append(K.TERMINATION)

    @precondition(lambda self: not self.is_dead)
    @rule(which=ANY, count=st.integers(0, 2))
    def name_others(self, which, count):
        year = self.years[which]
        if self.call(lambda: naming.why_not_now(self.get(year), portal_clock.now())):
            return
        people = [beneficiary(f"{'AB'[one]}na", share=str(100 // count)) for one in range(count)]
        if not people and not year.named[-1][1]:
            return  # the same
        self.make.renamed(year.number, self.person, people)
        year.named.append((len(year.kinds), [one.names for one in people]))
        year.kinds.append(K.BENEFICIARY_CHANGE)

    @precondition(lambda self: not self.is_dead)
    @rule(in_cash=st.booleans(), later=st.booleans(), same=st.booleans(), which=ANY)
    def renew(self, in_cash, later, same, which):
        year = self.years[which]
        found = self.renewal_of(year, None if same else "plan-3")
        if found is None or self.waiting():
            self.go_to(year.ends - timedelta(days=20, hours=2))
            return
        in_cash = in_cash or found.account is None
        public_id = self.make.renewal(
            year.number, self.person, plan=found.plan.code, agency=AGENCY if in_cash else None
        )
        if in_cash and later:
            self.slip_waits = True
            return
        if in_cash:
            self.take(self.waiting()[-1].number)
        else:
            self.make.pay(self.person, public_id)
        self.renewed(found, year)

    def renewed(self, found, year):
        self.issued(found.plan.code, year.named[-1][1])
        newer = self.years[-1]
        assert (newer.starts, newer.ends) == (found.term.starts_at, found.term.ends_at), "the preview is what happens"
        paid = self.rows(select(Payment.amount).join(Policy).where(Policy.number == newer.number))
        assert paid == [found.plan.total] == [PRICES[found.plan.code]]

    @precondition(lambda self: self.slip_waits)
    @rule()
    def pay_the_slip_that_waits(self):
        """At the counter, whatever has happened meanwhile."""
        self.slip_waits = False
        for slip in self.waiting():
            quote, number = self.quoted(slip)
            year = next(one for one in self.years if one.number == number)
            stopped = bool(self.open_of(year)) or year.ended is not None
            found = None if quote.is_plan_change else self.renewal_of(year, quote.plan_code)
            if self.take(slip.number):
                assert not stopped or (found and year.ended is None)
                if quote.is_plan_change:
                    effective_at = self.policy(year).endorsements[-1].effective_at
                    assert effective_at == quote.valid_until, "as it was shown"
                    year.plans.append((year.day_of(effective_at), quote.plan_code))
                    year.kinds.append(K.PLAN_CHANGE)
                else:
                    assert found
                    self.renewed(found, year)
            else:
                assert stopped or self.is_dead or found is None

    @precondition(lambda self: not self.is_dead)
    @rule(which=ANY)
    def a_claim_arrives_while_the_bank_answers(self, which):
        """What came for another plan bought nothing, and goes back."""
        year = self.years[which]
        _, choice = self.plan(year, dearer=True)
        if choice is None:
            self.not_today()
            return
        bought = self.make.plan_bought(year.number, self.person, choice.plan.code, stage=Stage.TERMS, last4=self.card)
        self.call(paying.process, bought, choice.figures.to_pay, self.person.actor)
        self.claim_of(year, INVALID)
        self.world.drain("charges", "refunds", "payouts")
        assert self.rows(select(Payment.reason).order_by(Payment.id))[-1] == NOT_SOLD

    @precondition(lambda self: not self.is_dead)
    @rule(which=ANY, of_death=st.booleans())
    def claim(self, which, of_death):
        year = self.years[which]
        if year.state(portal_clock.now()) is PolicyState.ACTIVE and not self.open_of(year):
            if of_death and not year.named[-1][1]:
                self.name_others(which, 1)
            self.claim_of(year, DEATH if of_death and year.named[-1][1] else INVALID)

    def claim_of(self, year, coverage):
        number = self.make.claim(self.person, policy=year.number, coverage=coverage, complete=True)
        self.open[number] = (year, coverage, portal_clock.today())

    @precondition(lambda self: self.open)
    @rule(outcome=st.sampled_from(("withdrawn", "rejected", "paid")))
    def a_claim_ends(self, outcome):
        number, (year, coverage, day) = self.open.popitem()
        if outcome == "rejected":
            self.make.reject(number)
        elif outcome == "paid":
            for key in self.payees(number):
                someone = self.make.customer()
                if coverage == DEATH:
                    self.make.known(key, someone)
                self.make.way(number, someone if coverage == DEATH else self.person, cci=CCI, party=key)
            self.make.approve(number)
            self.world.drain("charges", "refunds", "payouts")
            assert self.rows(select(Claim.state).where(Claim.number == number)) == [ClaimState.PAID]
            if coverage == DEATH:
                self.died(year, day)
        elif coverage == DEATH:
            with self.world.app.app_context(), writing() as session:
                claim = session.scalars(select(Claim).where(Claim.number == number)).one()
                claim.move_to(ClaimState.WITHDRAWN)  # its people have no account
        else:
            actor = self.person.actor
            self.call(withdrawal.withdraw, lambda: withdrawal.person_of(number, actor), actor)

    def payees(self, number):
        return self.call(
            lambda: [
                one.id for one in parties.paid(db.session.scalars(select(Claim).where(Claim.number == number)).one())
            ]
        )

    def died(self, year, day):
        """Its policy ends, and gives back what was paid for a plan of later days; what begins later all of it."""
        now, self.is_dead = portal_clock.now(), True
        for one in self.years:
            if one is year and (one.ended is None or one.ended > now):
                one.kinds.append(K.BENEFIT_PAID)
                one.died = (day - lima(one.starts).date()).days
            elif one is not year and one.ended is None and lima(one.starts).date() > day:
                one.kinds.append(K.INSURED_DIED)
                one.keeps_nothing = True
            else:
                continue
            one.ended = self.policy(one).cancelled_at
            assert one.ended <= now

    @precondition(lambda self: self.cash_came == portal_clock.today())
    @rule()
    def reverse_a_receipt_of_today(self):
        midnight = lima(portal_clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
        its = select(CashReceipt).where(CashReceipt.received_at >= midnight, CashReceipt.reversed_at.is_(None))
        found = self.rows(its)
        for receipt in found[-1:]:
            other = self.make.collaborator()

            def refused(receipt=receipt, other=other):
                facts = receipt_facts.of(receipts.get(receipt.number, other.actor))
                return (
                    reversals.why_not(facts, other.actor),
                    facts.policy and facts.policy.number,
                    facts.quote.is_plan_change,
                    facts.refund,
                )

            why, policy, of_plan, refund = self.call(refused)
            if why or (refund and refund.state is not RefundState.AWAITING_COLLECTION):
                continue
            self.call(reversals.reverse, receipt.number, ReversalReason.OTHER_SLIP, "Otro cliente", other.actor)
            if policy is None:
                continue
            year = next(one for one in self.years if one.number == policy)
            if of_plan:
                year.plans.append((year.plans[-1][0], year.plans[-2][1]))
                year.kinds.append(K.PLAN_CHANGE)
            else:
                year.ended, year.keeps_nothing = portal_clock.now(), True
                year.kinds.append(K.CANCELLATION)

    @precondition(lambda self: not self.is_dead)
    @rule(what=st.sampled_from(("end", "cheaper", "dearer", "renew")), at=st.sampled_from((0, 12)), coded=st.booleans())
    def agree_too_late(self, what, at, coded):
        """A page, or a code, of before a noon or midnight in Lima is agreed to after it."""
        turn = lima(portal_clock.now()).replace(hour=at, minute=0) + timedelta(days=1)
        if turn > self.years[-1].ends + timedelta(days=40):
            return
        self.world.clock_at(turn - timedelta(minutes=2))
        self.call(slips.expire_due)
        year = self.years[-1]
        agree = {"end": self.late_end, "cheaper": self.late_plan, "dearer": self.late_plan, "renew": self.late_renewal}
        agree[what](year, lambda: self.world.clock_at(turn + timedelta(minutes=2)), what == "dearer", coded)

    def late_end(self, year, turn, _dearer, coded):
        shown = self.end_of(year)
        if not shown.is_offered:
            return turn()
        agency = AGENCY if shown.in_cash else None
        asked = self.make.end_asked(year.number, self.person, agency=agency) if coded else None
        if asked:
            self.call(ending.CODE.verify, *asked, self.person.actor)
        turn()
        now, before, told = self.end_of(year), self.kept(year), self.told()
        is_same = now.is_offered and ending.stamp(now) == ending.stamp(shown)
        if asked and is_same:
            assert self.call(ending.confirm, *asked, self.person.actor) is True
            self.left(year, now, before)
            self.collect(choose=True)
            return None
        if is_same:
            return None
        if asked and now.is_offered:
            assert self.call(ending.confirm, *asked, self.person.actor) is False
            assert self.asked(year, ending.open_change) == now.ended.refund, "it is shown anew"
        elif asked:
            self.refused(ending.confirm, *asked, self.person.actor)
        else:
            self.refused(ending.ask, year.number, self.person.actor, agency_code=AGENCY, shown=ending.stamp(shown))
        assert self.told() == told
        return None

    def late_plan(self, year, turn, dearer, coded):
        found, choice = self.plan(year, dearer=dearer)
        if choice is None:
            return turn()
        code, shown, asked = choice.plan.code, plan_change.stamp(choice), None
        if coded and not dearer:
            agency = AGENCY if found.in_cash(choice) else None
            asked = self.make.plan_asked(year.number, self.person, code, agency=agency)
            self.call(plan_change.CODE.verify, *asked, self.person.actor)
        turn()
        found, before, told = self.preview(year), self.kept(year), self.told()
        now = found.choice(code)
        is_same = found.is_open and now.plan.code == code and now.why_not is None and plan_change.stamp(now) == shown
        if asked and is_same:
            assert self.call(plan_change.confirm, *asked, self.person.actor)
            self.changed(year, now)
            assert before - self.kept(year) == found.refund(now)
            self.collect(choose=True)
            return None
        if is_same:
            return None
        if asked and found.is_open and now.plan.code == code and now.why_not is None:
            assert self.call(plan_change.confirm, *asked, self.person.actor) is None
            assert self.asked(year, plan_change.open_change) == found.refund(now)
        elif asked:
            self.refused(plan_change.confirm, *asked, self.person.actor)
        elif dearer:
            self.refused(plan_change.buy, year.number, code, self.person.actor, shown=shown)
        else:
            self.refused(plan_change.ask, year.number, code, self.person.actor, agency_code=AGENCY, shown=shown)
        assert self.told() == told
        return None

    def late_renewal(self, year, turn, _dearer, coded):
        found = self.renewal_of(year, None)
        if found is None or self.waiting():
            return turn()
        public_id, actor = None, self.person.actor
        if coded and found.account is not None:
            public_id = self.make.renewal(year.number, self.person, plan=found.plan.code)
            asked = self.call(lambda: paying.attempt(purchasing.get(public_id, actor)))
        turn()
        now, told = self.renewal_of(year, found.plan.code), self.told()
        if public_id is None:
            if now is None or now.stamp != found.stamp:
                self.refused(
                    renewal.begin, year.number, actor, plan_code=found.plan.code, accepts=True, shown=found.stamp
                )
                assert self.told() == told
            return None
        if now is not None and now.term == found.term:
            self.call(paying.process, public_id, found.plan.total, actor, asked=asked)
            self.world.drain("charges", "refunds", "payouts")
            self.renewed(now, year)
            return None
        self.refused(paying.process, public_id, found.plan.total, actor, asked=asked)
        assert self.told() == told
        return None

    def refused(self, press: Callable[..., Any], *args: Any, **named: Any) -> None:
        try:
            self.call(press, *args, **named)
        except DomainError:
            return
        raise AssertionError(f"{press.__name__} was agreed to after it had changed")

    def asked(self, year: Year, find: Callable[[Policy], PolicyChange | None]) -> Decimal:
        """What the change that waits for its code says that goes back."""
        change = self.call(lambda: find(self.get(year)))
        assert change
        return change.refund

    def told(self) -> Sequence[int]:
        """What there is of whatever an agreement makes."""
        return [self.rows(select(func.count()).select_from(one))[0] for one in (Endorsement, Refund, Payment, Quote)]

    @precondition(lambda self: self.is_owed)
    @rule(choose=st.just(True))
    def collect(self, choose):
        """The bank answers; what it refused is collected at an agency instead, or its owner lets it lie."""
        self.world.drain("charges", "refunds", "payouts")
        self.is_owed = True
        agency = self.call(agencies.by_code, AGENCY)
        for refund, where in self.call(refund_ways.waiting_for, self.person.actor) if choose else ():
            if where is None:
                self.call(refund_ways.choose, refund.number, Chosen(agency=agency), self.person.actor)

    @precondition(lambda self: self.is_owed)
    @rule()
    def cash_is_handed_over(self):
        one, other = self.make.collaborator(), self.make.collaborator()
        for refund, where in self.call(refund_ways.waiting_for, self.person.actor):
            if where is not None:
                self.make.hand_over(refund.number, one)
                self.call(CASH_REFUND.confirm, refund.number, other.actor, handed_over=True)

    # ---- What is asked ----

    @property
    def make(self):
        return self.world.make

    def call(self, *args, **named):
        return self.world.call(*args, **named)

    def rows(self, statement):
        return self.world.rows(statement)

    def get(self, year):
        """Inside of an application context."""
        return policies.get(year.number, self.person.actor)

    def policy(self, year):
        return self.rows(select(Policy).where(Policy.number == year.number))[0]

    def kept(self, year):
        return self.call(lambda: returning.kept(self.get(year)))

    def preview(self, year):
        return self.call(lambda: plan_change.preview(self.get(year), portal_clock.now()))

    def end_of(self, year):
        return self.call(lambda: ending.preview(self.get(year), portal_clock.now()))

    def plan(self, year, *, dearer):
        """The preview, and the farthest plan that is open, if any."""
        found = self.preview(year)
        fit = [one for one in found.choices if one.why_not is None and bool(one.figures.to_pay) is dearer]
        return found, (fit[-1] if fit and found.is_open else None)

    def renewal_of(self, year, plan):
        def preview():
            policy, now = self.get(year), portal_clock.now()
            seen = renewing.sight(policy)
            if renewal.why_not(policy, now, seen) is not None or seen.offer is None:
                return None
            return renewal.preview(policy, now, seen.offer, plan)

        return self.call(preview)

    def waiting(self):
        """The slips that can be paid."""
        its = select(Payment).where(Payment.state == PaymentState.AWAITING_CASH).order_by(Payment.id)
        return [
            one for one in self.rows(its) if standing(one.state, one.due_at, portal_clock.now()) is SlipState.PAYABLE
        ]

    def quoted(self, slip):
        """What a slip is for, and the number of the policy that it is about."""

        def load():
            quote = db.session.get_one(Payment, slip.id).purchase.quote
            assert quote.policy
            return quote, quote.policy.number

        return self.call(load)

    def take(self, slip):
        """A counter takes its money: whether that bought something."""
        amount = self.rows(select(Payment.amount).where(Payment.number == slip))[0]
        receipt = self.call(receipts.receive, slip, amount, self.make.collaborator().actor)
        self.cash_came = portal_clock.today()
        return self.rows(select(CashReceipt.issues).where(CashReceipt.number == receipt))[0]

    def open_of(self, year):
        return [number for number, (of, *_) in self.open.items() if of is year]

    # ---- What is always true ----

    @invariant()
    def the_money_is_what_its_days_cost(self):
        """To the cent by the rule, and within half a cent a change of what the days cost exactly; in the rows of what
        came in and went out too."""
        left = self.left_of_payments()
        for year in self.years:
            by_rule, exact, plans = year.earned()
            policy = self.policy(year)
            its = [policy.payment_id, *(one.payment_id for one in policy.endorsements if one.payment_id)]
            in_hand = sum((left.pop(key) for key in its), Decimal(0))
            if year.keeps_nothing:
                assert in_hand == 0
            else:
                assert in_hand == self.kept(year) == by_rule
                assert abs(Fraction(by_rule) - exact) <= Fraction(plans + 1, 100)
        assert not any(left.values()), "what bought nothing goes back"

    def left_of_payments(self):
        """What came in by each, less what went out, is on its way or owed."""
        left = {}
        for one in self.rows(select(Payment).where(Payment.state == PaymentState.APPROVED)):
            taken = [one.amount]
            if one.method is PaymentMethod.CASH:
                its = select(CashReceipt.amount).where(
                    CashReceipt.payment_id == one.id, CashReceipt.reversed_at.is_(None)
                )
                taken = self.rows(its)
            left[one.id] = sum(taken, Decimal(0))
        gone = {}
        for one in self.rows(select(Refund).where(Refund.state != RefundState.VOID)):
            gone[one.instead_of_id or one.id] = one
        for one in gone.values():
            left[one.payment_id] -= one.amount
        assert all(one >= 0 for one in left.values()), left
        return left

    @invariant()
    def terms_and_state_agree(self):
        now = portal_clock.now()
        for year in self.years:
            policy = self.policy(year)
            for moment in (now, year.starts, year.ends - timedelta(seconds=1)):
                if year.ended is None or moment < year.ended:
                    terms = policy.terms_at(moment)
                    assert terms.plan_code == year.plan_at(moment)
                    assert terms.premium_total == PRICES[terms.plan_code]
            assert policy.state_at(now) is year.state(now)
            if year.ended is None:
                assert [one.names for one in policy.beneficiaries_at(now)] == year.named[-1][1]
            stops = self.call(lambda year=year: obstacles.of(self.get(year)))
            assert (stops.claimed.open is not None) == bool(self.open_of(year))
            if stops.claimed.open:
                assert not self.end_of(year).is_offered
                assert not self.preview(year).is_open

    @invariant()
    def numbers_and_documents_have_no_gap(self):
        for year in self.years:
            policy = self.policy(year)
            assert [(one.number, one.kind) for one in policy.endorsements] == list(enumerate(year.kinds))
            papers = self.call(lambda year=year: policy_documents.of(self.get(year)))
            stated = [one.endorsement for one in papers if one.kind == kinds.ENDORSEMENT.code]
            assert sorted(stated) == list(range(1, len(year.kinds)))
            editions = [one.endorsement for one in papers if one.kind == kinds.POLICY.code]
            assert sorted(editions) == [n for n, kind in enumerate(year.kinds) if kind in (K.ISSUE, K.PLAN_CHANGE)]
            taken = select(CashReceipt.number).where(
                CashReceipt.payment_id.in_(
                    [policy.payment_id, *(one.payment_id for one in policy.endorsements if one.payment_id)]
                )
            )
            assert sorted(self.rows(taken)) == sorted(one.receipt for one in papers if one.receipt)
            if year.ended is None:
                self.call(self.the_policys_pdf_says_so, year)

    def the_policys_pdf_says_so(self, year):
        terms = policies.terms(year.number, self.person.actor)
        assert store.find(kinds.POLICY, terms) is not None
        said = contents(terms).words
        assert said["plan"].code == year.plan_at(portal_clock.now())

    def teardown(self):
        """Whatever is owed can be had, and the bank's books say the same."""
        if not hasattr(self, "years"):
            return
        self.collect(choose=True)
        self.cash_is_handed_over()
        assert self.call(refund_ways.waiting_for, self.person.actor) == []
        assert self.call(refund_ways.left) == []
        books = self.world.bank.ledger.entries()
        charged, returned = ([e for e in books[kind] if e["status"] == "approved"] for kind in ("charges", "refunds"))
        by_account = select(Payment).where(
            Payment.state == PaymentState.APPROVED, Payment.method == PaymentMethod.ACCOUNT
        )
        paid = sorted(str(one.charge_id) for one in self.rows(by_account))
        assert sorted(e["charge_id"] for e in charged) == paid
        by_bank = select(Refund).where(Refund.method == PaymentMethod.ACCOUNT, Refund.state == RefundState.DONE)
        assert sorted(e["refund_id"] for e in returned) == sorted(str(one.bank_id) for one in self.rows(by_bank))
        self.call(integrity.prove)
