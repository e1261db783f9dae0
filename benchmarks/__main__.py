"""`./run bench [--database postgresql] [--rounds 5] [--only rates …]`: the table of goals."""

from __future__ import annotations

import argparse
import sys

from benchmarks import delivery, purchase, queries, rates, startup, uploads, weight
from benchmarks.stage import stage
from benchmarks.table import Row, render

PARTS = {
    "rates": rates.measure,
    "purchase": purchase.measure,
    "delivery": delivery.measure,
    "queries": queries.measure,
    "uploads": uploads.measure,
    "weight": weight.measure,  # after the others: memory counts once every page was asked for
    "startup": startup.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each rate in each round")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS))
    given = parser.parse_args()
    rows: list[Row] = []
    with stage(given.database) as everything:
        for name in given.only:
            print(f"▸ {name}", file=sys.stderr, flush=True)
            rows += PARTS[name](everything, given.rounds, given.seconds)
    print(render(f"./run bench, {given.database}, {given.rounds} rounds", rows))


if __name__ == "__main__":
    main()
