"""A job that fails in RQ's own worker, for the tests of what staff see of it."""

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer


class OneOffWorker(SimpleWorker):
    """Leaves the signals of this process alone: RQ's handlers would outlive it, and the tests could not be ended."""

    def _install_signal_handlers(self) -> None:
        pass


def failed_job(connection: Redis, queue_name: str) -> Job:
    queue = Queue(queue_name, connection=connection, serializer=JSONSerializer)
    job = queue.enqueue("workers.documents.no_such_job", 7, failure_ttl=60)
    OneOffWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=True, logging_level=None)
    return job
