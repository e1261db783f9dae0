"""The web server's settings; gunicorn reads this file by itself wherever it starts: `gunicorn wsgi:app`."""

import os
from pathlib import Path

from gunicorn.config import Config
from gunicorn.glogging import Logger

from portal.logs import configure_logs, log_uncaught

configure_logs("WARNING")  # until the application has read LOG_LEVEL
log_uncaught()


class OneFormat(Logger):
    """The server's lines are written as the application's are."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


# Loopback: in production a proxy that speaks TLS stands in front (TRUSTED_PROXIES).
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "portal.web_worker.WholeRequests"
workers = 2
threads = 4
keepalive = 5
preload_app = True  # imported once, and its memory shared; a new release is a restart, not a SIGHUP
timeout = 60  # a charge made without the queue waits for the bank up to 13 s
graceful_timeout = 15
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  heartbeats need no disk
loglevel = "warning"  # below it are addresses
logger_class = OneFormat
control_socket_disable = True  # its default place is shared by every portal of this user
