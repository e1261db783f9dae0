"""A bank of each test's own, whose time the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.bank import Pauses
from sandbox.harness import RunningBank, running_bank
from tests.sandbox.asking_the_bank import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bank(tmp_path: Path, clock: Clock) -> Iterator[RunningBank]:
    with running_bank(tmp_path / "bank.sqlite", clock, Pauses(slow=0.01)) as running:
        yield running


@pytest.fixture
def http(bank: RunningBank) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {bank.api_key}"}
    with httpx.Client(base_url=bank.url, headers=headers, timeout=5, trust_env=False) as client:
        yield client
