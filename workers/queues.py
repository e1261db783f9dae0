"""The workers of the queues, one process each.

One queue per process, since a worker of several can lose a job between taking it and starting it. Jobs follow each
other in one process, under a watcher: in a fork of its own a job would compile its statements and templates anew, which
cost 260 ms of a charge and 230 of a document, against 20 to 30 in a process that has done it before.
"""

import gc
import signal
import time
from types import FrameType
from typing import Any

import structlog
from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.utils import import_attribute
from sqlalchemy.orm import configure_mappers

from portal.extensions import queue
from portal.services.desk.background import FAMILIES
from workers.heartbeats import beating
from workers.standing_in import standing_in
from workers.supervision import STOPS

_HEARTBEAT_SECONDS = 30
_MAINTENANCE_SECONDS = 10
_PAUSE_SECONDS = 1
_RENDERED_HERE = ("emails/", "documents/", "layouts/", "macros/")

log = structlog.get_logger(__name__)


class QueueWorker(SimpleWorker):
    """Performs each job inside the application, in a context of its own."""

    max_connection_wait_time = 5.0  # seconds between tries to reach Redis again
    told_to_stop = False  # of the process, whichever worker of it takes the signal

    def __init__(self, app: Flask, name: str) -> None:
        super().__init__(
            name,
            connection=queue.listening(),
            serializer=JSONSerializer,
            worker_ttl=_HEARTBEAT_SECONDS,
            maintenance_interval=_MAINTENANCE_SECONDS,
            log_job_description=False,
        )
        self._app = app

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self._app.app_context():
            return bool(super().perform_job(job, queue, execution))

    def request_stop(self, signum: Any, frame: FrameType | None) -> None:
        QueueWorker.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # of rq


def prepare(app: Flask) -> None:
    """What every job needs, done once for all workers that are forked later: the jobs themselves, the mappers, and the
    templates of mails and documents."""
    for family in FAMILIES:
        import_attribute(family.job.name)
    configure_mappers()
    for template in app.jinja_env.list_templates(extensions=["html", "txt"]):
        if template.startswith(_RENDERED_HERE):
            app.jinja_env.get_template(template)
    gc.collect()
    gc.freeze()  # what is here stays: a full collection would look through all of it, 100 ms each time


def serve(app: Flask, name: str) -> None:
    """Work on the queue `name` until told to stop. Redis may come late, go away and come back empty: what is owed is
    done meanwhile."""
    families = [family for family in FAMILIES if family.job.queue == name]
    for family in families:
        family.prepare()
    with beating(app, name), standing_in(app, families):
        _work(app, name)


def _work(app: Flask, name: str) -> None:
    while True:
        try:
            QueueWorker(app, name).work(logging_level="WARNING")
        except RedisError as error:
            log.warning("queue_unreachable", queue=name, reason=type(error).__name__)
        if QueueWorker.told_to_stop:
            return
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)  # nothing is at stake until the next worker is at its post
        time.sleep(_PAUSE_SECONDS)
