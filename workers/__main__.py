"""`python -m workers charges` works on a queue; `python -m workers schedule` does what comes round."""

import argparse
import sys

from portal import create_app
from portal.logs import log_uncaught
from portal.services import documents
from workers import queues, schedule


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers", description="The portal's background work.")
    parser.add_argument("part", choices=[*queues.QUEUES, "schedule"])
    part = parser.parse_args().part
    if part == "documents" and (missing := documents.missing_engine()):
        sys.exit(missing)
    app = create_app()
    log_uncaught()
    if part == "schedule":
        schedule.serve(app)
    else:
        queues.serve(app, part)


if __name__ == "__main__":
    main()
