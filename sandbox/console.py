"""The console of `./run`: what its processes say goes to a file, and only what a person must know is shown too."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

_LONGEST, _OLDER = 5_000_000, 2  # bytes of the file, and how many before it are kept
_TROUBLE = ("error", "critical")  # levels of the portal's own lines
_SAYS_IT_IS_READY = re.compile(r"\w+ ready ")


class Console:
    """honcho's printer: `width` is that of the longest name."""

    width = 0
    is_ending = False  # what its processes then miss of each other is no news

    def __init__(self, file: Path) -> None:
        self.file = file
        self._kept = RotatingFileHandler(file, maxBytes=_LONGEST, backupCount=_OLDER, encoding="utf-8")

    def write(self, message: Any) -> None:
        """A part of what a process, or honcho itself as `system`, said."""
        data = message.data
        for line in (data.decode("utf-8", "replace") if isinstance(data, bytes) else data).splitlines():
            whole = f"{message.time:%H:%M:%S} {message.name:<{self.width}} | {line}"
            self._kept.emit(logging.makeLogRecord({"msg": whole}))
            if message.name != "system" and not self.is_ending and _must_be_known(line):
                print(whole, flush=True)  # noqa: T201  what a console is for

    def close(self) -> None:
        """Nothing more is written."""
        self._kept.close()

    def say(self, words: str) -> None:
        """What there is to tell of the processes themselves."""
        print(f"{datetime.now():%H:%M:%S} {words}", flush=True)  # noqa: T201, DTZ005  the clock on the wall


def _must_be_known(line: str) -> bool:
    """Whether it tells of an error: those of the portal by their level, and whatever is no line of its own."""
    try:
        said = json.loads(line)
    except ValueError:
        return bool(line.strip()) and not _SAYS_IT_IS_READY.match(line)
    return isinstance(said, dict) and said.get("level") in _TROUBLE
