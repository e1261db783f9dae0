"""Queries of every page, as a whole page and as a fragment, for a customer and a desk with little and with much.

The very walk of tests/guards/test_query_ceilings.py, with more of everything, on a portal of its own without workers.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

from benchmarks.stage import QUIET, Stage, settings
from benchmarks.table import Row
from portal import create_app
from portal.settings import Settings
from tests.databases import migrate
from tests.draining import drain
from tests.factories import Factories
from tests.guards.endpoints import build
from tests.guards.queries import CEILING, counted, grow

_MORE = 25


def measure(stage: Stage, _rounds: int, _seconds: float) -> list[Row]:
    with ExitStack() as stack:
        folder = stage.folder / "queries"
        folder.mkdir()
        env = settings(stack, folder, f"sqlite:///{folder / 'portal.sqlite'}", int(stage.env["MAIL_PORT"]))
        app = create_app(Settings.from_env(env | QUIET))
        migrate(app)
        make = Factories(app)
        world = build(app, make)
        drain(app)
        grow(app, make, world, 1)
        little = counted(app, world)
        grow(app, make, world, _MORE)
        much = counted(app, world)
    for address, number in sorted(much.items(), key=lambda item: -item[1]):
        print(f"  {number} queries  {address}", file=sys.stderr)
    most, grown = max(much.values()), max(much[address] - little[address] for address in much)
    return [
        Row("queries of a page, at most", [most], at_most=CEILING, note=f"{len(much)} pages, the staff's too"),
        Row(f"queries that {_MORE} more of everything add", [grown], at_most=0),
    ]
