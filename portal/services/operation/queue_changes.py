"""What a supervisor changes on RQ's own dashboard: Redis keeps no account of it, the audit does."""

from portal.domain.actor import Actor
from portal.models.transaction import writing
from portal.services.platform import audit

_ACTIONS = {
    "delete_job_view": "queue.delete_job",
    "requeue_job_view": "queue.requeue_job",
    "requeue_all": "queue.requeue_failed",
    "empty_queue": "queue.empty",
    "compact_queue": "queue.compact",
}


def note(change: str, values: dict[str, str], actor: Actor) -> None:
    """Write down what is asked of the queue before it is done, in a commit of its own. `change` and `values` are the
    library's names: of the view, and of the job, or the queue and its registry. Raises KeyError for a view unknown
    here, which is therefore not done."""
    with writing():
        audit.record(actor, _ACTIONS[change], "queue", **values)
