"""The jobs that print documents: each once, whatever happens to the worker."""

import hashlib
import time
from collections.abc import Callable

from sqlalchemy import case, func

from portal.domain import clock
from portal.extensions import db
from portal.integrations.storage import StorageMissing, new_key
from portal.models import Document, OutboxRow
from portal.models.transaction import writing
from portal.services.documents import signing, store
from portal.services.documents.kinds import KINDS, RENDER, RENDER_QUOTE, by_code
from portal.services.messaging import outgoing, redelivery
from portal.services.platform import outbox
from portal.services.platform.job_families import JobFamily, Part, desk_line
from portal.services.printing import rendering


def missing_engine() -> str | None:
    """What to install before a document can be made, in words with the line to type; None when all is there."""
    from portal.integrations.pdf import PdfEngineMissing, engine_path

    try:
        engine_path()
    except PdfEngineMissing as missing:
        return str(missing)
    return None


def _prepare() -> None:
    """Import what signs: 300 ms that the first document would wait for, and 15 MB that no other worker needs."""
    from portal.integrations import pdf_signing  # noqa: F401


def render(document_id: int, outbox_id: int) -> None:
    """Render and keep the document (the worker's job); the second time it does nothing."""
    document = db.session.get_one(Document, document_id)
    if not document.is_ready:
        kind = by_code(document.kind)
        key = document.reserved_key or new_key(kind.ending)
        pdf, milliseconds = _kept(document, key)
        signature = signing.level(pdf) if kind.signed else None
    with writing() as session:
        document = session.get_one(Document, document_id)
        if not document.is_ready:
            document.storage_key, document.size = key, len(pdf)
            document.sha256 = hashlib.sha256(pdf).hexdigest()
            document.rendered_at, document.render_ms = clock.now(), milliseconds
            document.signature = signature
            session.flush()
            outgoing.document_ready(document)
        outbox.done(outbox_id)


def _kept(document: Document, key: str) -> tuple[bytes, int | None]:
    """The bytes under `key`, and the milliseconds of rendering them now; None when they were there already, since a
    worker died on its way to the row's mark."""
    storage = store.storage()
    try:
        return storage.get(key), None
    except StorageMissing:
        began = time.perf_counter()
        pdf = rendering.render(document)
        milliseconds = round((time.perf_counter() - began) * 1000)
        return storage.put(key, pdf), milliseconds


def _owe_again(document_id: int) -> bool:
    """With the mails that failed for want of it."""
    document = db.session.get_one(Document, document_id)
    if not outbox.requeue(document.job_key):
        return False
    redelivery.send_what_carries(document)
    return True


def _printing(job: outbox.Job, part: Part, prepare: Callable[[], None] = lambda: None) -> JobFamily:
    return JobFamily(
        job=job,
        work=render,
        part=part,
        on_given_up=outbox.concerns_nobody,  # a mail that waits for it finds out when its turn comes
        line=desk_line(
            case({kind.code: kind.label for kind in KINDS}, value=Document.kind),
            func.replace(Document.filename, ".pdf", ""),
        ).join(Document, Document.id == OutboxRow.subject_id),
        why=lambda _reason: "No se pudo preparar el PDF en ningún intento.",
        owe_again=_owe_again,
        missing=missing_engine,
        prepare=prepare,
    )


DOCUMENTS = _printing(
    RENDER, Part("La preparación de documentos", "está detenida", "Las pólizas se emiten; sus PDF esperan."), _prepare
)
QUOTES = _printing(
    RENDER_QUOTE,
    Part("La preparación de cotizaciones en PDF", "está detenida", "Se vende; esos PDF esperan."),
)
