"""What templates may call: formats of money and dates, and facts of the installation."""

import re
from functools import lru_cache
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from portal.domain import clock, formats
from portal.domain.money import cents
from portal.settings import settings_of
from portal.web import drafts

_INDENTATION = re.compile(r"^ {2,}", re.MULTILINE)
_KEPT = Markup('<span class="nb">{}</span>')
_NUMBER = re.compile(r"\b([A-Z]{1,4}-[0-9]{4}-[0-9]{6}|[0-9]{3} [0-9]{3} [0-9]{3})\b")
_TAG_OR_NUMBER = re.compile(rf"<[^>]*>|{_NUMBER.pattern}")


class Unindented(Extension):
    """HTML goes out without its templates' indentation: of the spaces before a line one stays, which may part words."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source as it is compiled; that of a text mail is as it is written."""
        return source if name is not None and name.endswith(".txt") else _INDENTATION.sub(" ", source)


def keep_numbers(text: str) -> Markup:
    """The text, escaped unless it is markup, in which no line ends within a number such as RC-2026-000001 or a code."""
    if isinstance(text, Markup):
        return text
    parts = _NUMBER.split(text)  # what lies between numbers, and each number, by turns
    return Markup("").join(_KEPT.format(part) if at % 2 else part for at, part in enumerate(parts))


def keep_all_numbers(html: str) -> Markup:
    """The same of what is HTML already: of all that is read in it, and not of what stands in its tags."""
    return Markup(_TAG_OR_NUMBER.sub(lambda found: _KEPT.format(found[1]) if found[1] else found[0], html))  # noqa: S704  ours, escaped before


def init_filters(app: Flask) -> None:
    """Register the filters and globals. A name that a template does not get is an error: in pages, mails, documents."""
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.undefined = StrictUndefined
    env.add_extension(Unindented)
    for name in (
        "money",
        "whole_money",
        "amount",
        "whole",
        "percent",
        "file_size",
        "day",
        "version_day",
        "moment",
        "hour",
        "clock_time",
        "long_day",
    ):
        # Kept, since the pages write the same amounts and days again and again, by the locale's rules at 25 µs each.
        env.filters[name] = lru_cache(maxsize=1024)(getattr(formats, name))
    env.filters["cents"] = cents
    env.filters["in_threes"] = formats.in_threes
    env.filters["keep_numbers"] = keep_numbers
    env.filters["keep_all_numbers"] = keep_all_numbers
    env.globals["whose_page"] = drafts.mark
    env.globals["restored"] = drafts.restored
    env.globals["now"] = clock.now
    env.globals["today"] = clock.today

    @app.context_processor
    def settings() -> dict[str, Any]:
        return {"settings": settings_of(app)}
