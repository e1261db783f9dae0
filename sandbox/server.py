"""A threaded HTTP server on loopback that says when it is ready and ends when it is told to."""

from __future__ import annotations

import signal
import sys
import threading
from typing import NoReturn

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"  # development only: nothing here is fit to be reached from outside


class _Handler(WSGIRequestHandler):
    disable_nagle_algorithm = (
        True  # head and body are two writes; together with delayed acknowledgement that costs 40 ms
    )

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent: a request may hold what does not belong in a log."""


def server(app: Flask, port: int) -> BaseWSGIServer:
    """A server that listens already; port 0 takes a free one, told by `.server_port`."""
    return make_server(HOST, port, app, threaded=True, request_handler=_Handler)


def announce(name: str, **facts: object) -> None:
    """One line on standard output for whoever started us: `bank ready port=40123 instance=ab12`."""
    sys.stdout.write(" ".join([name, "ready", *(f"{key}={value}" for key, value in facts.items())]) + "\n")
    sys.stdout.flush()


def serve_until_signal(web: BaseWSGIServer, stopping: threading.Event) -> None:
    """Serve until SIGTERM or Ctrl-C; `stopping` is set first, so that waiting requests let go."""

    def stop(_signal: int, _frame: object) -> NoReturn:
        stopping.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    web.serve_forever()  # returns on KeyboardInterrupt and closes its socket
