"""What must hold in the database and the files at any time, asked after a restore. Each question answers with what it
proved, and raises Unsound with what is wrong."""

import hashlib
from collections.abc import Callable
from contextlib import closing

from sqlalchemy import func, or_, select

from portal.domain.payment import NOT_SOLD, PaymentState
from portal.domain.received_file import FileState
from portal.extensions import Base, db
from portal.integrations.storage import StorageMissing
from portal.integrations.stores import store_of
from portal.models import Counter, Document, Endorsement, Payment, Policy, Refund, StoredFile
from portal.services.documents.kinds import KINDS
from portal.services.platform import audit
from portal.services.policies import at_moment
from portal.settings import current_settings


class Unsound(Exception):
    """Something that must hold does not."""


def prove() -> list[str]:
    """What holds, in words. Raises Unsound at the first thing that does not."""
    return [question() for question in _QUESTIONS]


def _the_audit_chain_is_whole() -> str:
    try:
        broken = audit.first_broken()
    except audit.UnknownKey as unknown:
        raise Unsound(f"La cadena de auditoría no se puede comprobar: {unknown}.") from unknown
    if broken is not None:
        raise Unsound(f"La cadena de auditoría está rota en la fila {broken}.")
    return "La cadena de auditoría está completa."


def _every_document_has_its_subject() -> None:
    """The schema does not hold it: the table of the row that a document is made of depends on its kind."""
    has_it = (
        (Document.kind == kind.code) & select(kind.subject.id).where(kind.subject.id == Document.subject_id).exists()
        for kind in KINDS
    )
    without = db.session.scalars(select(Document.id).where(~or_(*has_it))).first()
    if without is not None:
        raise Unsound(f"Falta aquello de lo que trata el documento {without}.")


def _every_document_has_its_file() -> str:
    _every_document_has_its_subject()
    storage = store_of(current_settings())
    stored = select(Document.id, Document.storage_key, Document.sha256).where(Document.storage_key.is_not(None))
    rows = db.session.execute(stored.order_by(Document.id)).all()
    for document_id, key, digest in rows:
        try:
            data = storage.get(str(key))
        except StorageMissing:
            raise Unsound(f"Falta el archivo del documento {document_id}.") from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise Unsound(f"El archivo del documento {document_id} cambió: su huella no coincide.")
    return f"Los {len(rows)} documentos tienen su archivo, con la huella que les corresponde."


def _every_file_that_was_sent_is_there() -> str:
    storage = store_of(current_settings())
    number = 0
    sent = select(StoredFile).filter_by(state=FileState.STORED).execution_options(yield_per=200)
    with closing(db.session.scalars(sent)) as files:
        for file in files:
            for key, digest in file.parts.items():
                try:
                    data = storage.get(key)
                except StorageMissing:
                    raise Unsound(f"Faltan los datos del archivo {file.id} que alguien envió.") from None
                if hashlib.sha256(data).hexdigest() != digest:
                    raise Unsound(f"El archivo {file.id} que alguien envió cambió: su huella no coincide.")
            number += 1
    return f"Los archivos que se recibieron están, con la huella que les corresponde: {number}."


def _every_approved_payment_has_its_policy() -> str:
    approved = Payment.state == PaymentState.APPROVED
    sold = select(Policy.id).where(Policy.payment_id == Payment.id).exists()
    changed = select(Endorsement.id).where(Endorsement.payment_id == Payment.id).exists()
    issued = sold | changed
    is_to_return = Payment.reason.is_not_distinct_from(NOT_SOLD)
    without = db.session.scalars(select(Payment.number).where(approved, ~is_to_return, ~issued)).first()
    if without is not None:
        raise Unsound(f"El pago {without} está aprobado y no tiene póliza.")
    given_back = select(Refund.id).where(Refund.payment_id == Payment.id).exists()
    kept = db.session.scalars(select(Payment.number).where(approved, is_to_return, issued | ~given_back)).first()
    if kept is not None:
        raise Unsound(f"El pago {kept} no compró nada y no tiene devolución.")
    unpaid = db.session.scalars(select(Policy.number).join(Payment).where(~approved)).first()
    if unpaid is not None:
        raise Unsound(f"La póliza {unpaid} no tiene un pago aprobado.")
    number = db.session.scalar(select(func.count()).select_from(Policy))
    return f"Los pagos aprobados y las pólizas se corresponden uno a uno: {number}."


def _policies_are_cancelled_by_their_endorsements() -> str:
    """The moment is kept in the policy's row too, where lists ask for it."""
    differs = Policy.cancelled_at.is_distinct_from(at_moment.cancelled_from())
    wrong = db.session.scalars(select(Policy.number).where(differs)).first()
    if wrong is not None:
        raise Unsound(f"La anulación de la póliza {wrong} no coincide con sus endosos.")
    number = db.session.scalar(select(func.count()).where(Policy.cancelled_at.is_not(None)))
    return f"Las pólizas anuladas tienen el endoso que las anula: {number}."


def _numbers_have_no_gaps() -> str:
    """A counter says how many numbers its series gave out: as many rows must carry one, and none a later one."""
    columns = [table.c.number for table in Base.metadata.sorted_tables if "number" in table.c and table.c.number.unique]
    series = [row for row in db.session.scalars(select(Counter).order_by(Counter.name)) if "-" in row.name]
    for counter in series:
        carried = [select(column).where(column.like(f"{counter.name}-%")) for column in columns]
        found = {number for query in carried for number in db.session.scalars(query)}
        missing = {f"{counter.name}-{one:06d}" for one in range(1, counter.value + 1)} ^ found
        if missing:
            raise Unsound(f"La numeración {counter.name} no es continua: revise {min(missing)}.")
    return f"La numeración no tiene saltos: {len(series)} series."


_QUESTIONS: tuple[Callable[[], str], ...] = (
    _the_audit_chain_is_whole,
    _every_document_has_its_file,
    _every_file_that_was_sent_is_there,
    _every_approved_payment_has_its_policy,
    _policies_are_cancelled_by_their_endorsements,
    _numbers_have_no_gaps,
)
