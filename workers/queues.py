"""The workers of the queues, one process each: `python -m workers charges`.

One queue per process, since a worker of several can lose a job between taking it and starting it. The application is
imported before the first job, so that a forked job starts in milliseconds and still cannot hurt the next one.
"""

import time
from types import FrameType
from typing import Any

import structlog
from flask import Flask
from redis.exceptions import RedisError
from rq import Worker
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from portal.extensions import queue
from workers import charges, documents, mail

QUEUES = {"charges": charges, "documents": documents, "mail": mail}

_HEARTBEAT_SECONDS = 30
_MAINTENANCE_SECONDS = 10
_PAUSE_SECONDS = 1

log = structlog.get_logger(__name__)


class QueueWorker(Worker):
    """Performs each job inside the application, in a process of its own."""

    max_connection_wait_time = 5.0  # seconds between tries to reach Redis again
    told_to_stop = False

    def __init__(self, app: Flask, name: str) -> None:
        super().__init__(
            name,
            connection=queue.redis,
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
        self.told_to_stop = True
        super().request_stop(signum, frame)


def serve(app: Flask, name: str) -> None:
    """Work on the queue `name` until told to stop. Redis may come late, go away and come back empty."""
    while True:
        worker = None
        try:
            worker = QueueWorker(app, name)
            worker.work(logging_level="WARNING")
        except RedisError as error:
            log.warning("queue_unreachable", queue=name, reason=type(error).__name__)
        if worker is not None and worker.told_to_stop:
            return
        time.sleep(_PAUSE_SECONDS)
