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


@pytest.fixture
def life(app, built, memory, bank, make, call, rows, clock_at, drain):
    beginning, (_, cleaner) = portal_clock.now(), built

    def begin_anew():
        cleaner.clean()
        empty_bank(memory / "bank.sqlite")
        clock_at(beginning)

    yield type("OneLife", (Life,), {"world": SimpleNamespace(**locals())})
    clock_at(beginning)


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
