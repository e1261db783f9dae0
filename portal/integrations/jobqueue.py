"""The queue rings the bell; the outbox table is what is owed (see services/platform/outbox.py)."""

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

log = structlog.get_logger(__name__)

# A job takes one outbox id and finishes fast when its row is done; results and failures live in the outbox.
_JOB_SECONDS = 50  # less than a row's lease: a job that is cut off never runs beside its successor
_KEEP_FAILURE_SECONDS = 24 * 3600


class JobQueue:
    """Enqueues jobs named by string, so that the portal never imports the workers."""

    def __init__(self) -> None:
        self.redis: Redis | None = None

    def connect(self, redis_url: str) -> None:
        self.redis = Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=2)

    def ring(self, queue_name: str, job: str, outbox_id: int) -> bool:
        """Ask a worker to do outbox row `outbox_id` now. False when Redis cannot be reached."""
        try:
            Queue(queue_name, connection=self.redis, serializer=JSONSerializer).enqueue(
                job, outbox_id, job_timeout=_JOB_SECONDS, result_ttl=0, failure_ttl=_KEEP_FAILURE_SECONDS
            )
        except RedisError as error:
            log.warning("queue_unreachable", queue=queue_name, reason=type(error).__name__)
            return False
        return True

    def is_reachable(self) -> bool:
        """Whether the bell could be rung now."""
        try:
            return self.redis is not None and bool(self.redis.ping())
        except RedisError:
            return False
