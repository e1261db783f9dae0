"""Which claims somebody of the staff works on, and whose health files they read.

A supervisor works on all. A collaborator takes those of their agency's policies, and those of policies that no agency
sold; one without an agency takes any. Story, papers and notes are read by whoever has the claim or entered it for the
customer, and by supervisors; everybody else of the staff sees where it stands. Source: docs/rules.md, Claims.
"""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, or_, select, true

from portal.domain.actor import Actor
from portal.models import Account, Claim, Policy, Role

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def workable(claims: Query, actor: Actor) -> Query:
    """Of a query of claims those that `may_work_on` finds. A supervisor's asks nothing of their policies."""
    if actor.role == Role.SUPERVISOR:
        return claims
    return claims.join(Policy, Policy.id == Claim.policy_id).where(may_work_on(actor))


def may_work_on(actor: Actor) -> ColumnElement[bool]:
    """That it is the actor's work, or may become it: a condition on Claim joined with its Policy."""
    if actor.role == Role.SUPERVISOR:
        return true()
    agency = select(Account.agency_code).where(Account.id == actor.account_id).scalar_subquery()
    return or_(
        Claim.assignee_id == actor.account_id,
        Claim.registered_by_id == actor.account_id,
        agency.is_(None),
        Policy.agency_code.is_(None),
        Policy.agency_code == agency,
    )


def reads_files(claim: Claim, actor: Actor) -> bool:
    """Whether the actor, one of the staff, reads its story, papers and notes."""
    return actor.role == Role.SUPERVISOR or actor.account_id in (claim.assignee_id, claim.registered_by_id)
