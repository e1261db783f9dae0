"""A whole purchase, from the quote's form to the policy's page, by one customer after another; workers at work.

Beside it, each round, as many floor requests of the same kinds. What a request waits for (the bank's answer to the
validation, the disk) counts; the time between requests, in which mails are written and documents rendered, does not:
it is reported apart.
"""

from __future__ import annotations

import time

from benchmarks import journey, load
from benchmarks.rates import floor_requests, signed_in
from benchmarks.stage import Stage
from benchmarks.table import Row


def measure(stage: Stage, rounds: int, _seconds: float) -> list[Row]:
    ratios, whole, elapsed, counts = [], [], [], []
    for _ in range(rounds):
        browser, mail = signed_in(stage)
        began = len(browser.timed)
        start = time.perf_counter()
        purchase = journey.up_to_payment(browser, mail)
        journey.pay(browser, purchase)
        mail()  # the policy
        journey.read_policy(browser, purchase)
        elapsed.append(time.perf_counter() - start)
        timed = browser.timed[began:]
        ours = sum(one.seconds for one in timed)
        ratios.append(ours / _floor(stage, [one.method for one in timed]))
        whole.append(ours * 1000)
        counts.append(len(timed))
    return [
        Row("whole purchase ÷ as many floor requests", ratios, at_most=2.5, note=f"{counts[0]} requests"),
        Row("whole purchase, its requests", whole, "ms"),
        Row("whole purchase with its waits for mails", elapsed, "s"),
    ]


def _floor(stage: Stage, methods: list[str]) -> float:
    requests = {method: floor_requests(stage, 1, form=form)[0] for method, form in (("GET", False), ("POST", True))}
    with load.Connection(stage.floor.url) as connection:
        connection.ask(requests["GET"])
        began = time.perf_counter()
        for method in methods:
            connection.ask(requests[method])
        return time.perf_counter() - began
