"""`python -m benchmarks.servers`: web servers in turn over the same portal: throughput, memory, graceful restart.

granian is no dependency of the portal: without it installed it is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack

from benchmarks import journey, load
from benchmarks.browser import Browser
from benchmarks.load import Prepared, prepare
from benchmarks.rates import CONNECTIONS, STEPS, Measured
from benchmarks.stage import GUNICORN, Served, Stage, served, stage
from benchmarks.table import Row, render
from benchmarks.weight import memory
from tests.factories import PASSWORD

GRANIAN = (sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2", "--log-level", "warning")
SERVERS = {
    "gunicorn sync": (*GUNICORN, "--worker-class", "sync"),
    "gunicorn gthread": (*GUNICORN, "--worker-class", "gthread"),
    "gunicorn and waitress, the portal's": GUNICORN,
    "granian": (*GRANIAN, "--host", "127.0.0.1", "--blocking-threads", "4", "--workers-kill-timeout", "15"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5)
    given = parser.parse_args()
    names = [name for name in SERVERS if name != "granian" or importlib.util.find_spec("granian")]
    with stage("sqlite") as everything, ExitStack() as stack:
        running = {name: _start(stack, everything, name) for name in names}
        measured = {name: Measured(server, _work(everything, server)) for name, server in running.items()}
        for _ in range(given.rounds):
            for one in measured.values():
                one.run(given.seconds)
        rows = [Row(f"{name}: wizard step GET", one.rates, "/s") for name, one in measured.items()]
        rows += [Row(f"{name}: processor a request", one.costs, "ms") for name, one in measured.items()]
        for name, server in running.items():
            rows += [Row(f"{name}: {row.what}", row.figures, row.unit) for row in memory(server)]
        for name, server in running.items():
            rows.append(_restart(name, server, measured[name].work, given.seconds * 4))
    print(render(f"Web servers, {given.rounds} rounds", rows))


def _start(stack: ExitStack, everything: Stage, name: str) -> Served:
    env = everything.env | {"PYTHONPATH": os.pathsep.join([everything.env["PYTHONPATH"], *filter(None, sys.path[1:])])}
    return stack.enter_context(served("wsgi:app", env, everything.folder / "log", SERVERS[name]))


def _work(everything: Stage, server: Served) -> list[list[Prepared]]:
    found = []
    for _ in range(CONNECTIONS):
        someone = everything.customer()
        browser = Browser(server.url)
        journey.sign_in(browser, someone.username, PASSWORD)

        def mail(recipient: str = someone.email) -> str:
            return everything.post.next_text(recipient)

        purchase = journey.up_to_payment(browser, mail)
        found.append([prepare(server.url, f"{purchase}/{slug}", browser.cookie) for slug in STEPS])
    return found


def _restart(name: str, server: Served, work: list[list[Prepared]], seconds: float) -> Row:
    """SIGHUP in the midst of requests: how many were not answered."""
    lost = 0
    until = time.perf_counter() + seconds

    def keep_asking(requests: list[Prepared]) -> None:
        nonlocal lost
        with load.Connection(server.url) as connection:
            while time.perf_counter() < until:
                for request in requests:
                    try:
                        connection.ask(request)
                    except (load.WrongAnswer, OSError):
                        lost += 1

    threads = [threading.Thread(target=keep_asking, args=(requests,)) for requests in work]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 4)
    os.kill(server.pid, signal.SIGHUP)
    for thread in threads:
        thread.join()
    return Row(f"{name}: requests lost by a restart (SIGHUP)", [lost])


if __name__ == "__main__":
    main()
