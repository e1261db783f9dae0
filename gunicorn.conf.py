"""The web server's settings; gunicorn reads this file by itself wherever it starts: `gunicorn wsgi:app`."""

import gc
import os
from pathlib import Path

from flask import Flask
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from sqlalchemy.orm import configure_mappers

from portal.logs import configure_logs, log_uncaught

configure_logs("WARNING")  # until the application has read LOG_LEVEL
log_uncaught()


class OneFormat(Logger):
    """The server's lines are written as the application's are."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


#: Pages that people see first, and what all are made of: each template takes milliseconds to compile.
_FIRST = ("layouts/", "macros/", "errors/", "partials/shared/", "home/", "catalogue/", "partials/catalogue/")


def when_ready(server: Arbiter) -> None:
    """Before the first process is forked: what is ready now is ready in all of them, and left alone by the collector it
    stays shared. The page that is asked for here brings the catalogue, the formats of Spanish and its statements."""
    app: Flask = server.app.wsgi()
    configure_mappers()
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith(_FIRST)):
        app.jinja_env.get_template(name)
    app.test_client().get("/ingresar")
    with app.app_context():
        # A connection is no two processes'. Asked of the application: the benchmarks' floor has a database of its own.
        app.extensions["sqlalchemy"].engine.dispose()
    gc.collect()
    gc.freeze()


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
