"""What an endorsement dated tomorrow changes: nothing today, and from its very moment on all that reads the policy."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain import clock as portal_clock
from portal.domain.errors import NotAllowed
from portal.domain.policy import EndorsementKind, PolicyState, cancelled_from
from portal.models import Endorsement, PolicyBeneficiary
from portal.models.transaction import writing
from portal.services.desk import customers
from portal.services.documents import kinds, store
from portal.services.home import overview
from portal.services.policies import listing
from portal.services.policies import policy as policies
from tests.factories import HOSPITAL, beneficiary

TOMORROW = timedelta(days=1)


@pytest.fixture
def endorse(call, juana):
    """Dates a change of Juana's policy tomorrow: `endorse(number, kind, plan_code="plan-3")`. That moment."""

    def endorse(number, kind, *, plan_code="plan-2", named=()):
        with writing() as session:
            policy = policies.get(number, juana.actor)
            row = Endorsement(
                policy=policy,
                number=len(policy.endorsements),
                kind=kind,
                plan_code=plan_code,
                premium_net=policy.issue.premium_net,
                premium_igv=policy.issue.premium_igv,
                premium_total=policy.issue.premium_total,
                effective_at=portal_clock.now() + TOMORROW,
            )
            for one in named:
                person = PolicyBeneficiary()
                person.take(one)
                row.beneficiaries.append(person)
            policy.cancelled_at = cancelled_from(policy.endorsements)
            session.add(row)
            session.flush()
            if kind is EndorsementKind.PLAN_CHANGE:
                store.order(kinds.POLICY, row)
            return row.effective_at

    return lambda *args, **named: call(endorse, *args, **named)


@pytest.fixture
def cancelled_tomorrow(make, juana, endorse):
    """The number of a policy, and the moment that cancels it."""
    number = make.policy(juana, product=HOSPITAL)
    return number, endorse(number, EndorsementKind.CANCELLATION)


def test_a_cancellation_to_come_leaves_the_policy_as_any_other_until_its_moment(
    call, juana, cancelled_tomorrow, clock_at
):
    number, moment = cancelled_tomorrow

    def read():
        policy = policies.get(number, juana.actor)
        (line,) = listing.lines(juana.actor, limit=5)
        (desk_line,) = customers.policies(juana.account_id, limit=5)
        shown = overview.of(juana.actor).policies
        return {line.state, desk_line.state, policies.verify(policy.verification_token).state}, len(shown)

    clock_at(moment, seconds=-60)
    before = call(read)
    assert before in [({PolicyState.PENDING}, 1), ({PolicyState.ACTIVE}, 1)]  # tomorrow's noon may lie between
    assert call(policies.send_by_mail, number, juana.actor) == juana.email
    clock_at(moment)
    assert call(read) == ({PolicyState.CANCELLED}, 0)
    with pytest.raises(NotAllowed, match="anulada"):
        call(policies.send_by_mail, number, juana.actor)


def test_a_plan_to_come_is_shown_and_handed_out_from_its_moment_on(call, make, read, juana, endorse, drain, clock_at):
    number = make.policy(juana)
    moment = endorse(number, EndorsementKind.PLAN_CHANGE, plan_code="plan-3")
    drain()

    def shown():
        policy, now = policies.get(number, juana.actor), portal_clock.now()
        (line,) = listing.lines(juana.actor, limit=5)
        (desk_line,) = customers.policies(juana.account_id, limit=5)
        plan = policies.plan_of(policy, now)[1]
        return {line.plan.code, desk_line.plan.code, plan.code}, line.terms.number

    clock_at(moment, seconds=-60)
    assert call(shown) == ({"plan-2"}, 0)
    _, before = read(kinds.POLICY, policies.terms, number, juana.actor)
    clock_at(moment)
    assert call(shown) == ({"plan-3"}, 1)
    _, after = read(kinds.POLICY, policies.terms, number, juana.actor)
    assert before
    assert after
    assert before != after


def test_beneficiaries_to_come_are_named_from_their_moment_on_whatever_the_plan(call, make, juana, endorse):
    number = make.policy(juana, named=[beneficiary("Rosa")])
    endorse(number, EndorsementKind.BENEFICIARY_CHANGE, named=[beneficiary("Luz")])
    moment = endorse(number, EndorsementKind.PLAN_CHANGE, plan_code="plan-3")

    def named_at(at):
        return [one.names for one in policies.get(number, juana.actor).beneficiaries_at(at)]

    assert call(named_at, moment - TOMORROW) == ["Rosa"]
    assert call(named_at, moment) == ["Luz"]
