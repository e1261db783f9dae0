"""Editions of contracting files: another one when something was added, and none when nothing was.

Who adds something says so by `documents.contracting.added`. The older editions stay as they are.
"""

from datetime import timedelta

from sqlalchemy import func, literal, select

from portal.domain import clock
from portal.domain.actor import SYSTEM
from portal.extensions import db
from portal.models import ContractingFile, OutboxRow, OutboxState, Policy, Purchase, Quote
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.documents import kinds, store
from portal.services.documents.contracting import EDITION
from portal.services.platform import audit, outbox
from portal.services.platform.job_families import JobFamily, Part, desk_line
from portal.services.printing import contracting_facts

_LOOK_AGAIN = timedelta(minutes=5)
_PATIENCE = timedelta(minutes=30)  # with a document that is not printed: then it is told without, and again with it


def make_edition(purchase_id: int, outbox_id: int) -> None:
    """Another edition, when the purchase led to a policy and something is new (the worker's job). It is looked at again
    as long as a document is still to be printed."""
    with writing() as session:
        policy = session.scalars(
            select(Policy).where(Policy.purchase_id == purchase_id).with_for_update(of=Policy, **NOT_THE_KEY)
        ).one_or_none()
        is_whole = policy is None or _edit(policy)
        if is_whole:
            outbox.done(outbox_id)
    if not is_whole:
        raise outbox.RetryLater(clock.now() + _LOOK_AGAIN)


def _edit(policy: Policy) -> bool:
    """Whether all of the policy's documents are printed."""
    facts = contracting_facts.gather(policy)
    waits_for = facts.unready
    if not any(clock.now() < one.created_at + _PATIENCE for one in waits_for):
        newest = _newest(policy)
        if newest is None or newest.basis != facts.basis:
            _add(policy, newest.edition + 1 if newest else 1, facts.basis)
    return not waits_for


def _newest(policy: Policy) -> ContractingFile | None:
    query = select(ContractingFile).where(ContractingFile.policy_id == policy.id)
    return db.session.scalars(query.order_by(ContractingFile.edition.desc()).limit(1)).one_or_none()


def _add(policy: Policy, edition: int, basis: str) -> None:
    file = ContractingFile(policy=policy, edition=edition, basis=basis)
    db.session.add(file)
    db.session.flush()
    store.order(kinds.CONTRACTING_FILE, file)
    audit.record(SYSTEM, "policy.contracting_file", policy.number, edition=edition)


def _owe_again(purchase_id: int) -> bool:
    failed = select(OutboxRow.dedupe_key).where(
        OutboxRow.queue == EDITION.queue, OutboxRow.subject_id == purchase_id, OutboxRow.state == OutboxState.FAILED
    )
    return any(outbox.requeue(key) for key in db.session.scalars(failed).all())


CONTRACTING = JobFamily(
    job=EDITION,
    work=make_edition,
    part=Part("La preparación de expedientes", "está detenida", "Se vende; los expedientes de contratación esperan."),
    on_given_up=outbox.concerns_nobody,  # the next thing that is added looks again
    line=desk_line(literal("Expediente de contratación"), func.coalesce(Policy.number, Quote.number))
    .join(Purchase, Purchase.id == OutboxRow.subject_id)
    .join(Quote, Quote.id == Purchase.quote_id)
    .outerjoin(Policy, Policy.purchase_id == Purchase.id),
    why=lambda _reason: "No se pudo preparar el expediente en ningún intento.",
    owe_again=_owe_again,
)
