"""The sandbox bank as a process: its command, and what outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from sandbox.harness import running_bank
from tests.sandbox.asking_the_bank import FOLDER, Clock, charge, find, order, token


def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with running_bank(tmp_path / "bank.sqlite", Clock()) as running:
            headers = {"Authorization": f"Bearer {running.api_key}"}
            with httpx.Client(base_url=running.url, headers=headers, trust_env=False) as http:
                if find(http).status_code == 404:
                    charge(http, order(token(http)))
                assert find(http).json()["status"] == "approved"


def test_the_command_says_its_port_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.bank", "--port", "0", "--ledger", str(tmp_path / "b"), "--instance", "me"]
    environment = os.environ | {"BANK_API_KEY": "secret", "PYTHONPATH": str(FOLDER.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            facts = dict(part.split("=") for part in process.stdout.readline().split()[2:])
            url = f"http://127.0.0.1:{facts['port']}"
            assert httpx.get(f"{url}/health", trust_env=False).json() == {"status": "ok", "instance": "me"}
            assert httpx.get(f"{url}/ledger", trust_env=False).json() == {"charges": [], "refunds": [], "payouts": []}
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_the_command_refuses_to_start_without_a_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.bank", "--port", "0", "--ledger", str(tmp_path / "b")]
    environment = {name: value for name, value in os.environ.items() if name != "BANK_API_KEY"}
    ended = subprocess.run(
        command, capture_output=True, text=True, env=environment | {"PYTHONPATH": str(FOLDER.parent)}
    )
    assert ended.returncode == 2
    assert "BANK_API_KEY" in ended.stderr
