"""What templates may call: formats of money and dates, and facts of the installation."""

from functools import lru_cache
from typing import Any

from flask import Flask

from portal.domain import clock, formats
from portal.domain.money import cents
from portal.domain.policy import POLICY_NAMES
from portal.domain.quote import STANDING_WORDS
from portal.domain.slip import grouped


def init_filters(app: Flask) -> None:
    """Register the filters and globals."""
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    for name in (
        "money",
        "whole_money",
        "amount",
        "whole",
        "percent",
        "file_size",
        "day",
        "moment",
        "hour",
        "clock_time",
        "long_day",
    ):
        # Kept, since the pages write the same amounts and days again and again, by the locale's rules at 25 µs each.
        env.filters[name] = lru_cache(maxsize=1024)(getattr(formats, name))
    env.filters["cents"] = cents
    env.filters["slip_code"] = grouped
    env.filters["policy_state"] = POLICY_NAMES.__getitem__
    env.filters["quote_state"] = STANDING_WORDS.__getitem__
    env.globals["now"] = clock.now
    env.globals["today"] = clock.today

    @app.context_processor
    def settings() -> dict[str, Any]:
        return {"settings": app.config["PORTAL"]}
