"""The sandbox bank as a process: its command, its clock, and what outlives it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from sandbox.contract import LIMA
from sandbox.harness import running_bank
from tests.processes import PATIENCE, ROOT, bare_env, until
from tests.sandbox.asking_the_bank import Clock, charge, find, order, payout, payout_order, token

COMMAND = [sys.executable, "-m", "sandbox.bank", "--port", "0", "--instance", "me", "--ledger"]


@dataclass(frozen=True)
class BankProcess:
    process: subprocess.Popen[str]
    http: httpx.Client


@contextmanager
def bank_process(ledger: Path, **env: str) -> Iterator[BankProcess]:
    given = bare_env() | {"BANK_API_KEY": "secret"} | env
    with subprocess.Popen([*COMMAND, ledger], stdout=subprocess.PIPE, text=True, env=given, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            facts = dict(part.split("=") for part in process.stdout.readline().split()[2:])
            url, headers = f"http://127.0.0.1:{facts['port']}", {"Authorization": "Bearer secret"}
            with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False) as http:
                yield BankProcess(process, http)
        finally:
            process.kill()


def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with running_bank(tmp_path / "bank.sqlite", Clock()) as running:
            headers = {"Authorization": f"Bearer {running.api_key}"}
            with httpx.Client(base_url=running.url, headers=headers, timeout=PATIENCE, trust_env=False) as http:
                if find(http).status_code == 404:
                    charge(http, order(token(http)))
                assert find(http).json()["status"] == "approved"


def test_money_that_moved_before_a_kill_has_moved_after_it(tmp_path: Path) -> None:
    hangs = payout_order("0021")
    with bank_process(tmp_path / "b") as bank, ThreadPoolExecutor(1) as pool:
        lost = pool.submit(payout, bank.http, hangs)
        until(lambda: find(bank.http, kind="payout").status_code == 200, "the money has moved")
        moved = find(bank.http, kind="payout").json()
        bank.process.kill()
        assert isinstance(lost.exception(), httpx.TransportError)
    with bank_process(tmp_path / "b") as bank:
        assert find(bank.http, kind="payout").json() == moved
        assert payout(bank.http, hangs).json() == moved
        assert len(bank.http.get("/ledger").json()["payouts"]) == 1


def test_the_clock_goes_ahead_with_the_portals(tmp_path: Path) -> None:
    today = datetime.now(UTC).astimezone(LIMA).date()
    for offset, status in {"": 404, "172800": 200}.items():
        with bank_process(tmp_path / "b", CLOCK_OFFSET_SECONDS=offset) as bank:
            assert bank.http.get(f"/v1/settlements/{today}").status_code == status


def test_the_command_says_its_port_and_ends_when_told(tmp_path: Path) -> None:
    with bank_process(tmp_path / "b") as bank:
        assert bank.http.get("/health").json() == {"status": "ok", "instance": "me"}
        assert bank.http.get("/ledger").json() == {"charges": [], "refunds": [], "payouts": []}
        bank.process.send_signal(signal.SIGTERM)
        assert bank.process.wait(PATIENCE) == 0


def test_the_command_refuses_to_start_without_a_key(tmp_path: Path) -> None:
    ended = subprocess.run([*COMMAND, tmp_path / "b"], capture_output=True, text=True, env=bare_env(), cwd=ROOT)
    assert ended.returncode == 2
    assert "BANK_API_KEY" in ended.stderr
