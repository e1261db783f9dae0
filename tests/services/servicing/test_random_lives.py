"""Random lives of a policy: bought, changed, claimed, renewed, ended, days passing between. At every moment what was
paid and not given back is what its days cost, and terms, state, beneficiaries, numbers and documents agree (lives.py).

`--lives 200 --timeout 0` leads so many instead of a few, other ones each time.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from portal.domain import clock as portal_clock
from tests.databases import empty_bank
from tests.services.servicing.lives import Life

FEW, STEPS = 3, 7
TOLD = [
    [
        lambda life: life.take_a_dearer_plan(in_cash=False, later=False, which=-1),
        lambda life: life.end(which=-1, choose=True),
        lambda life: life.claim(which=-1, of_death=True),
        lambda life: life.a_claim_ends("paid"),
    ],
    [
        lambda life: life.renew(in_cash=False, later=False, same=True, which=-1),
        lambda life: life.take_a_dearer_plan(in_cash=True, later=True, which=0),
        lambda life: life.claim(which=0, of_death=True),
        lambda life: life.pay_the_slip_that_waits(),
        lambda life: life.wait(days=30, hour=9),
        lambda life: life.a_claim_ends("paid"),
    ],
]


@pytest.fixture
def life(app, built, memory, bank, make, call, rows, clock_at, drain):
    beginning, (_, cleaner) = portal_clock.now(), built

    def begin_anew():
        cleaner.clean()
        empty_bank(memory / "bank.sqlite")
        clock_at(beginning)

    yield type("OneLife", (Life,), {"world": SimpleNamespace(**locals())})
    clock_at(beginning)


@pytest.mark.parametrize("told", TOLD)
def test_a_life_that_is_told_comes_by_a_death(life, told):
    """Whether a random one does is luck, and they are few. Each of its steps is one that is offered."""
    one = life()
    one.buy(card="4821", in_cash=False, received=True, day=340)
    for step in (lambda life: life.name_others(which=-1, count=1), *told):
        step(one)
        for always in one.invariants:
            always.function(one)
    assert one.is_dead
    one.teardown()


def test_whatever_happens_to_a_policy_its_money_and_its_papers_agree(life, request):
    lives = request.config.getoption("--lives")
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=lives or FEW,
            stateful_step_count=STEPS * 3 if lives else STEPS,
            derandomize=not lives,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # to shorten a life that fails takes minutes, and it is short
            suppress_health_check=list(HealthCheck),
        ),
    )
