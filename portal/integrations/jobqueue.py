"""The queue rings the bell; the outbox table is what is owed (see services/platform/outbox.py)."""

import time

import structlog
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError, TimeoutError
from rq import Queue
from rq.serializers import JSONSerializer

log = structlog.get_logger(__name__)

# A job takes one outbox id and finishes fast when its row is done; results and failures live in the outbox.
_KEEP_FAILURE_SECONDS = 24 * 3600
_GIVEN_UP_SECONDS = 2  # people wait while the bell is rung: where it was away a moment ago it is not tried again


class JobQueue:
    """Enqueues jobs named by string, so that the portal never imports the workers."""

    job_seconds = 50  # less than a row's lease: a job that is cut off never runs beside its successor

    def __init__(self) -> None:
        self.redis: Redis | None = None
        self._url = ""
        self._given_up_until = 0.0

    def connect(self, redis_url: str) -> None:
        self._url = redis_url
        self.redis = Redis.from_url(redis_url, socket_connect_timeout=1, socket_timeout=2)

    def listening(self) -> Redis:
        """Connections for a worker, which waits on them for a job longer than anybody who rings."""
        return Redis.from_url(self._url, socket_connect_timeout=1)

    def ring(self, queue_name: str, job: str, outbox_id: int) -> bool:
        """Ask a worker to do outbox row `outbox_id` now. False when Redis cannot be reached."""
        if time.monotonic() < self._given_up_until:
            return False
        try:
            Queue(queue_name, connection=self.redis, serializer=JSONSerializer).enqueue(
                job, outbox_id, job_timeout=self.job_seconds, result_ttl=0, failure_ttl=_KEEP_FAILURE_SECONDS
            )
        except RedisError as error:
            log.warning("queue_unreachable", queue=queue_name, reason=type(error).__name__)
            self._given_up_until = time.monotonic() + _GIVEN_UP_SECONDS
            return False
        return True

    def is_reachable(self) -> bool:
        """Whether the bell could be rung now."""
        return self.trouble() is None

    def trouble(self) -> str | None:
        """Why the bell can't be rung now, without address or password; None when it can."""
        try:
            if self.redis is None or not self.redis.ping():
                return "it is not connected"
        except AuthenticationError:
            return "it does not take the password of REDIS_URL"
        except TimeoutError:
            return "it does not answer in time"
        except RedisError as error:
            return f"it can't be reached ({type(error).__name__})"
        self._given_up_until = 0.0
        return None
