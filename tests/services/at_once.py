"""Several actors at the same moment, each in a thread and an application context of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask

_SECONDS = 30


def at_once(app: Flask, times: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(0)` … `work(times - 1)` gave, or the exception that each raised; all begin together."""
    ready = threading.Barrier(times)

    def one(number: int) -> Any:
        with app.app_context():
            ready.wait(_SECONDS)
            try:
                return work(number)
            except Exception as error:
                return error

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
