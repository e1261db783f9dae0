"""Long lists, a page at a time: by the key of the last line seen, so any depth costs the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import request

SIZE = 20
LARGEST_KEY = 2**31 - 1  # what a key's column holds: a longer number names no row

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Page:
    """The lines to show; `next_key` leads to those behind them, None when these are the last."""

    lines: Sequence[Any]
    next_key: int | None
    is_first: bool


def choice_of(choices: type[Choice], name: str) -> Choice | None:
    """What the filter `name` of the query string chose, or None: an unknown word chooses nothing."""
    return next((one for one in choices if one.lower() == request.args.get(name)), None)


def page_of(lines: Callable[..., Sequence[Any]]) -> Page:
    """The page that the query string asks for (`antes`). `lines(before=…, limit=…)` gives lines that have an `id`."""
    before = key_asked_for()
    return _page(lines(before=before, limit=SIZE + 1), is_first=before is None)


def key_asked_for() -> int | None:
    """The key of the last line before the page that the query string asks for; None of the first page."""
    return _key("antes")


def queue_of(lines: Callable[..., Sequence[Any]]) -> Page:
    """The same of what waits, the oldest first (`tras`). `lines(after=…, limit=…)`."""
    after = _key("tras")
    return _page(lines(after=after or 0, limit=SIZE + 1), is_first=after is None)


def _key(name: str) -> int | None:
    key = request.args.get(name, type=int)
    return None if key is None else max(0, min(key, LARGEST_KEY))


def _page(found: Sequence[Any], *, is_first: bool) -> Page:
    shown = found[:SIZE]
    return Page(shown, shown[-1].id if len(found) > SIZE else None, is_first)
