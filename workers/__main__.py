"""`python -m workers charges` works on a queue; `python -m workers schedule` does what comes round."""

import argparse

from portal import create_app
from portal.logs import log_uncaught
from workers import queues, schedule


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workers", description="The portal's background work.")
    parser.add_argument("part", choices=[*queues.QUEUES, "schedule"])
    part = parser.parse_args().part
    app = create_app()
    log_uncaught()
    if part == "schedule":
        schedule.serve(app)
    else:
        queues.serve(app, part)


if __name__ == "__main__":
    main()
