"""The web server's settings; gunicorn reads this file by itself wherever it starts: `gunicorn wsgi:app`."""

import os
from pathlib import Path

# Loopback: in production a proxy that speaks TLS stands in front (TRUSTED_PROXIES).
bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = 2
threads = 4
keepalive = 5
preload_app = True  # imported once, and its memory shared; a new release is a restart, not a SIGHUP
timeout = 60  # a charge made without the queue waits for the bank up to 13 s
graceful_timeout = 15
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  heartbeats need no disk
loglevel = "warning"
control_socket_disable = True  # its default place is shared by every portal of this user
