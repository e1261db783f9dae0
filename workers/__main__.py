"""`python -m workers charges` works on a queue; `python -m workers schedule` does what comes round; `python -m workers`
does all of it, in a process each, having imported the application once."""

import argparse
import sys
from functools import partial

from portal import create_app
from portal.logs import log_uncaught
from portal.services.desk.background import FAMILIES, PARTS, SCHEDULE
from workers import queues, schedule
from workers.supervision import Watch


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers", description="The portal's background work.")
    parser.add_argument("part", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all when none is named")
    parts = parser.parse_args().part or PARTS
    if unknown := set(parts).difference(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    for family in FAMILIES:
        if family.job.queue in parts and (missing := family.missing()):
            sys.exit(missing)
    app = create_app()
    log_uncaught()
    if set(parts) != {SCHEDULE}:
        queues.prepare(app)
    works = {part: partial(queues.serve, app, part) for part in parts}
    if SCHEDULE in works:
        works[SCHEDULE] = partial(schedule.serve, app)
    Watch(works).keep()


if __name__ == "__main__":
    main()
