"""The worker's job that prints a document: once, whatever happens to the worker."""

import hashlib
import time

from portal.domain import clock
from portal.extensions import db
from portal.integrations.storage import StorageMissing, new_key
from portal.models import Document
from portal.models.transaction import writing
from portal.services.documents import store
from portal.services.messaging import outgoing
from portal.services.platform import outbox
from portal.services.printing import contents


def missing_engine() -> str | None:
    """What to install before a document can be made, in words with the line to type; None when all is there."""
    from portal.integrations.pdf import PdfEngineMissing, engine_path

    try:
        engine_path()
    except PdfEngineMissing as missing:
        return str(missing)
    return None


def render(document_id: int, outbox_id: int) -> None:
    """Render and keep the document (the worker's job); the second time it does nothing."""
    document = db.session.get_one(Document, document_id)
    if not document.is_ready:
        key = document.reserved_key or new_key(".pdf")
        pdf, milliseconds = _kept(document, key)
    with writing() as session:
        document = session.get_one(Document, document_id)
        if not document.is_ready:
            document.storage_key, document.size = key, len(pdf)
            document.sha256 = hashlib.sha256(pdf).hexdigest()
            document.rendered_at, document.render_ms = clock.now(), milliseconds
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
        pdf = contents.render(document)
        milliseconds = round((time.perf_counter() - began) * 1000)
        return storage.put(key, pdf), milliseconds
