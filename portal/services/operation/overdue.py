"""What people were promised until a moment that has passed: claims, tasks about them, notices, appeals, evidence, and
policies that nothing proves to be with their holder."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, select, union_all

from portal.domain import clock
from portal.domain.claim import OPEN_CLAIMS, AppealState, NoticeState, PaperState
from portal.extensions import db
from portal.models import Appeal, Claim, ClaimTask, Evidence, Notice, Policy

CLAIMS, TASKS, NOTICES, APPEALS = "claims", "claim_tasks", "notices", "appeals"
POLICIES = "policies"

_DELIVERED_WITHIN = timedelta(days=8)  # two before the ten of Res. SBS 2829-2016, art. 8, end

_OPEN: dict[str, tuple[Any, Any]] = {
    CLAIMS: (Claim.due_at, Claim.state.in_(OPEN_CLAIMS)),
    TASKS: (ClaimTask.due_at, ClaimTask.done_at.is_(None)),
    NOTICES: (Notice.due_at, Notice.state == NoticeState.NEW),
    APPEALS: (Appeal.due_at, Appeal.state == AppealState.OPEN),
}


def counts() -> dict[str, int]:
    """How many of each are past their moment and still open. One query."""
    now = clock.now()
    asked = [
        select(literal(name), func.count()).where(due_at <= now, is_open) for name, (due_at, is_open) in _OPEN.items()
    ]
    undelivered = (Policy.delivered_at.is_(None), Policy.cancelled_at.is_(None), Policy.ends_at > now)
    asked.append(
        select(literal(POLICIES), func.count()).where(Policy.issued_at <= now - _DELIVERED_WITHIN, *undelivered)
    )
    return {name: count for name, count in db.session.execute(union_all(*asked))}  # noqa: C416  Rows are no pairs


def evidence_since() -> datetime | None:
    """Since when the oldest evidence waits for its review; None when none does."""
    return db.session.scalar(select(func.min(Evidence.received_at)).where(Evidence.state == PaperState.RECEIVED))
