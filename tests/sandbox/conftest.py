"""A bank of each test's own, whose time the test moves; whatever it answers has to keep the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.bank import Pauses
from sandbox.harness import RunningBank, running_bank
from tests.processes import PATIENCE
from tests.sandbox.asking_the_bank import Clock
from tests.sandbox.keeping_the_contract import check

PAUSES = Pauses(slow=0.2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bank(tmp_path: Path, clock: Clock) -> Iterator[RunningBank]:
    with running_bank(tmp_path / "bank.sqlite", clock, PAUSES) as running:
        yield running


@pytest.fixture
def http(bank: RunningBank) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=bank.url,
        headers={"Authorization": f"Bearer {bank.api_key}"},
        timeout=PATIENCE,
        trust_env=False,
        event_hooks={"response": [check]},
    ) as client:
        yield client
