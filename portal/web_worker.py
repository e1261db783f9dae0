"""A process of the web server: gunicorn starts, watches and ends it, waitress speaks to the browsers.

One thread reads whole requests and writes answers as fast as each side takes them; only a whole request gets a thread
of the application. Whoever sends a request drop by drop, or reads its answer so, holds a connection and nothing else.
"""

import logging
import os
import time
from types import FrameType
from typing import Any

from gunicorn.workers.base import Worker
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.wasyncore import poll2

from portal.domain.received_file import LARGEST
from portal.settings import LARGEST_BODY

_POLL_SECONDS = 1.0
_LONGEST_REQUEST = 30.0  # seconds from its first byte to its last
_LAST_REQUEST = 2.0  # of one that was on its way when the process was told to end

logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits its turn


class WholeRequests(Worker):
    """gunicorn's interface; `threads`, `keepalive`, `worker_connections` and `backlog` of its settings count."""

    def run(self) -> None:
        self._map: dict[int, Any] = {}
        self._next_look = 0.0
        create_server(
            self.wsgi,
            map=self._map,
            sockets=[listener.sock for listener in self.sockets],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=self.cfg.worker_connections,
            channel_timeout=self.cfg.keepalive,
            cleanup_interval=1,
            max_request_body_size=LARGEST + 2 * LARGEST_BODY,  # a little too much is the portal's to refuse, in words
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,  # the portal looks at them itself: TRUSTED_PROXIES
            ident=None,
        )
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self._finish()

    def handle_exit(self, _signal: int, _frame: FrameType | None) -> None:
        """SIGTERM: no new connection, the requests that came are answered, then the end. The master waits for
        `graceful_timeout`."""
        self.alive = False
        for server in self._servers():
            server.pull_trigger()

    def _turn(self) -> None:
        poll2(_POLL_SECONDS, self._map)
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _POLL_SECONDS
        self.notify()
        for channel in self._channels():
            began = _began(channel, now)
            if began is not None and now - began > _LONGEST_REQUEST:
                channel.will_close = True

    def _finish(self) -> None:
        for server in self._servers():
            server.accepting = False
        last = time.monotonic() + _LAST_REQUEST
        while any(
            channel.requests or channel.total_outbufs_len or (channel.request and time.monotonic() < last)
            for channel in self._channels()
        ):
            self._turn()

    def _servers(self) -> list[BaseWSGIServer]:
        return [one for one in list(self._map.values()) if isinstance(one, BaseWSGIServer)]

    def _channels(self) -> list[HTTPChannel]:
        return [one for one in list(self._map.values()) if isinstance(one, HTTPChannel)]


def _began(channel: HTTPChannel, now: float) -> float | None:
    """When the request began that a channel has received in part; None when there is none."""
    request = channel.request
    if request is None:
        return None
    began: float = request.__dict__.setdefault("began", now)
    return began
