"""On the day of a change of plan the hour of the event is not known: the plan that gives more pays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.clock import lima
from portal.models import Claim, Policy
from portal.services.claims import answers, assessment, coverage
from portal.services.policies import policy as policies
from tests.factories import HOSPITAL


@pytest.fixture
def changed(make, juana, rows, clock_at):
    """Of a policy its number, and the day on which another plan began."""

    def changed(*, dearer):
        number = make.policy(juana, product=HOSPITAL)
        clock_at(rows(select(Policy.starts_at))[0] + timedelta(days=119, hours=-2))
        (make.plan_bought if dearer else make.plan_lowered)(number, juana)
        terms = rows(select(Policy))[0].endorsements[-1]
        clock_at(terms.effective_at + timedelta(days=2))
        return number, lima(terms.effective_at).date()

    return changed


@pytest.mark.parametrize(("dearer", "best"), [(True, "plan-3"), (False, "plan-2")])
def test_the_plan_that_gives_more_pays_that_day_and_the_desk_reads_both(make, juana, call, changed, dearer, best):
    number, day = changed(dearer=dearer)
    claim = make.claim(juana, policy=number, on=day, complete=True)
    carla = make.collaborator()
    make.taken(claim, carla)

    def read():
        file = assessment.get(claim, carla.actor)
        assert isinstance(file, assessment.File)
        return file, answers.of(file)[0]

    file, answer = call(read)
    assert file.plan.code == best
    assert (len(file.plans), answer.answer, answer.tone) == (2, "Ese día cambió de plan", "look")
    for plan in file.plans:
        assert plan.name in answer.fact
        assert f"{plan.benefit('renta-diaria').amount:.0f}" in answer.fact
    assert answer.fact.endswith(f"Paga el {file.plan.name}")
    premium = call(lambda: read()[0] and answers.of(read()[0])[1])
    assert ("Por el cambio de plan" in premium.fact) is dearer, "what else was paid for it"


@pytest.mark.parametrize(("days", "plan"), [(-1, "plan-2"), (1, "plan-1")])
def test_the_day_before_and_the_day_after_have_one_plan(make, juana, call, changed, rows, days, plan):
    number, day = changed(dearer=False)
    make.claim(juana, policy=number, on=day + timedelta(days=days))
    found = call(lambda: policies.plans_on(policies.get(number, juana.actor), day + timedelta(days=days)))
    assert [one.code for one in found] == [plan]
    (claim,) = rows(select(Claim))
    assert call(lambda: coverage.plan_of(claim)).code == plan
    assert claim.event_date < portal_clock.today()
