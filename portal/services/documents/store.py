"""Documents: rendered once by a worker, kept with their hash, served to whoever may see them."""

from sqlalchemy import func, select

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.integrations.storage import Storage, new_key
from portal.integrations.stores import store_of
from portal.models import Document
from portal.services.documents.kinds import DocumentKind, Subject, by_code
from portal.settings import current_settings


def order(kind: DocumentKind[Subject], subject: Subject) -> Document:
    """Owe the document of `subject`, in the present transaction."""
    document = Document(
        kind=kind.code,
        subject_id=subject.id,
        account_id=kind.owner(subject),
        filename=f"{kind.name(subject)}{kind.ending}",
        reserved_key=new_key(kind.ending),
    )
    db.session.add(document)
    db.session.flush()
    kind.job.owe(document.id, key=document.job_key)
    return document


def of(kind: DocumentKind[Subject], subject: Subject) -> Document:
    """The document of `subject`, ready or not."""
    return db.session.scalars(select(Document).filter_by(kind=kind.code, subject_id=subject.id)).one()


def find(kind: DocumentKind[Subject], subject: Subject) -> Document | None:
    """As `of`; None when nobody asked for it."""
    return db.session.scalars(select(Document).filter_by(kind=kind.code, subject_id=subject.id)).one_or_none()


def count_waiting(kind: DocumentKind[Subject], account_id: int) -> int:
    """How many documents of an account are still to be printed."""
    unready = select(func.count()).select_from(Document)
    return db.session.scalar(unready.filter_by(kind=kind.code, account_id=account_id, storage_key=None)) or 0


def content(document: Document, actor: Actor) -> tuple[str, bytes | None]:
    """File name and bytes, None while they are being rendered. Raises NotFound for whoever may not see it."""
    if not _may_see(document, actor):
        raise NotFound
    return document.filename, storage().get(document.storage_key) if document.storage_key else None


def storage() -> Storage:
    """Where the bytes are."""
    return store_of(current_settings())


def _may_see(document: Document, actor: Actor) -> bool:
    """Whether it is the actor's, or its kind lets them see it."""
    if actor.account_id is not None and document.account_id == actor.account_id:
        return True
    kind = by_code(document.kind)
    return kind.also is not None and kind.also(db.session.get_one(kind.subject, document.subject_id), actor)
