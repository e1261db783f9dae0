"""What is theirs, as customers list it: the database filters by the very states that the lines say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.domain import clock as portal_clock
from portal.domain.policy import PolicyState
from portal.domain.quote import QuoteState
from portal.models import Policy, Quote
from portal.models.transaction import writing
from portal.services.policies import cancellation, listing, policy
from portal.services.sale import listing as own_quotes
from tests.factories import CANCER, FUNERAL, HOSPITAL, Stage

DAY = timedelta(days=1)


@pytest.fixture
def change(app):
    """Put other dates on a row: `change(Policy, number, starts_at=…)`."""

    def change(model, number, **values) -> None:
        with app.app_context(), writing() as session:
            session.execute(update(model).where(model.number == number).values(**values))

    return change


@pytest.fixture
def quotes(make, change):
    """Somebody's quotes by what the list says of them."""
    juana, past = make.customer(), portal_clock.now() - DAY

    def begun(stage=Stage.STARTED, **choices) -> str:
        number = make.quote(juana, HOSPITAL, insured=make.insured())
        make.purchase(juana, stage, quote=number, product=HOSPITAL, **choices)
        return number

    late, abandoned, paying = make.quote(juana), begun(), begun(Stage.PAID, last4="0022")
    for number in (late, abandoned, paying):
        change(Quote, number, valid_until=past)
    wanted = {
        QuoteState.VALID: [make.quote(juana), make.quote(juana)],
        QuoteState.BUYING: [paying, begun(), begun(Stage.TERMS, agency="CUS-1")],
        QuoteState.BOUGHT: [begun(Stage.PAID)],
        QuoteState.EXPIRED: [late, abandoned],
    }
    begun_by_others = make.customer()
    make.purchase(begun_by_others)
    return juana, wanted


@pytest.mark.parametrize("standing", list(QuoteState))
def test_a_filter_finds_the_quotes_that_say_so_and_no_others(call, quotes, standing):
    juana, wanted = quotes
    lines = call(own_quotes.lines, juana.actor, standing=standing, limit=20)
    assert [line.quote.number for line in lines] == sorted(wanted[standing], reverse=True)
    assert {line.standing for line in lines} <= {standing}


def test_without_a_filter_each_quote_stands_once(call, quotes):
    juana, wanted = quotes
    lines = call(own_quotes.lines, juana.actor, limit=20)
    assert sorted(line.quote.number for line in lines) == sorted(number for each in wanted.values() for number in each)


def test_what_can_still_be_bought_begins_with_what_was_begun(call, quotes):
    juana, wanted = quotes
    numbers = [line.quote.number for line in call(own_quotes.unfinished, juana.actor, limit=20)]
    begun = sorted(wanted[QuoteState.BUYING], reverse=True)
    assert numbers == begun + sorted(wanted[QuoteState.VALID], reverse=True)


@pytest.fixture
def four(app, make, change):
    """Somebody's policies, one of each state."""
    juana, now = make.customer(), portal_clock.now()
    active, pending = make.policy(juana), make.policy(juana, product=HOSPITAL)
    expired, cancelled = make.policy(juana, product=FUNERAL), make.policy(juana, product=CANCER)
    change(Policy, active, starts_at=now - DAY, ends_at=now + DAY)
    change(Policy, expired, starts_at=now - 2 * DAY, ends_at=now - DAY)
    with app.app_context(), writing():
        cancellation.cancel(policy.get(cancelled, juana.actor))
    make.policy(make.customer())
    return juana, {
        PolicyState.ACTIVE: active,
        PolicyState.PENDING: pending,
        PolicyState.EXPIRED: expired,
        PolicyState.CANCELLED: cancelled,
    }


@pytest.mark.parametrize("state", list(PolicyState))
def test_a_filter_finds_the_policies_that_say_so_and_no_others(call, four, state):
    juana, wanted = four
    lines = call(listing.lines, juana.actor, state=state, limit=20)
    assert [(line.policy.number, line.state) for line in lines] == [(wanted[state], state)] * (state in wanted)


def test_a_cancelled_policy_is_listed_with_the_terms_that_it_had(call, four):
    juana, _ = four
    (line,) = call(listing.lines, juana.actor, state=PolicyState.CANCELLED, limit=20)
    assert line.terms.number == 0
    assert line.plan.code == "plan-2"


@pytest.mark.parametrize(
    ("from_start", "state"), [(timedelta(seconds=5), PolicyState.ACTIVE), (-timedelta(seconds=60), PolicyState.PENDING)]
)
def test_the_filter_and_the_rule_agree_around_the_first_noon(call, make, clock, from_start, state):
    juana = make.customer()
    number = make.policy(juana)
    starts_at = call(lambda: policy.get(number, juana.actor).starts_at)
    clock(seconds=round((starts_at + from_start - portal_clock.now()).total_seconds()))
    found = call(listing.lines, juana.actor, state=state, limit=1)
    assert [line.state for line in found] == [state]


def test_what_protects_is_the_soonest_to_end_and_the_newest_of_the_rest(call, make, change):
    juana = make.customer()
    days = (200, 20, 10, 300, 15, 31, -1)
    numbers = [
        make.policy(juana, quote=make.quote(juana, HOSPITAL, insured=make.insured()), product=HOSPITAL) for _ in days
    ]
    make.policy(make.customer())
    now = portal_clock.now()
    for number, left in zip(numbers, days, strict=True):
        change(Policy, number, starts_at=now - 2 * DAY, ends_at=now + left * DAY)
    change(Policy, numbers[3], starts_at=now + DAY)  # not yet, but it will
    change(Policy, numbers[5], cancelled_at=now)
    found = [line.policy.number for line in call(listing.in_force, juana.actor, ending=2, others=1)]
    assert found == [numbers[6], numbers[4], numbers[3], numbers[2]], "one ended, and may be renewed"
