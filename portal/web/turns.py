"""Turns at what takes a processor whole: hashing passwords. A few at once, and the rest are asked to come again.

A try at a password takes tens of milliseconds on purpose. Hundreds at once would leave nothing of the processors, nor
of the threads that answer everybody else: whoever finds no place is answered at once, before anything is counted.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from portal.domain.errors import Busy

Result = TypeVar("Result")

PLACES = 2  # in each process: one is hashed, one waits; of the four threads two are left for all other pages
_SECONDS = 3  # in which a process hashes fifty

_places = threading.BoundedSemaphore(PLACES)


def in_turn(use_case: Callable[[], Result]) -> Result:
    """What the use case gives, if there is a place for it. Raises Busy."""
    if not _places.acquire(blocking=False):
        raise Busy(_SECONDS)
    try:
        return use_case()
    finally:
        _places.release()
