"""What was given up: listed in words, and tried again when somebody of the staff says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.domain import backlog
from portal.domain.actor import Actor
from portal.domain.errors import NotAllowed, NotFound
from portal.extensions import db
from portal.models import Document, DocumentKind, Message, OutboxRow, OutboxState, Payment, Policy, Purchase, Quote
from portal.models.transaction import writing
from portal.services.messaging import outgoing, redelivery
from portal.services.platform import audit

_MOST = 100
_DOCUMENTS = {
    DocumentKind.QUOTE: "PDF de la cotización",
    DocumentKind.POLICY: "PDF de la póliza",
    DocumentKind.SLIP: "PDF de la solicitud de pago",
    DocumentKind.RECEIPT: "PDF del recibo",
    DocumentKind.ENDORSEMENT: "PDF del endoso",
}


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that was given up: what it was, whose (a number that the desk can search where there is one, never a
    name), why in words, and how often it was tried. `needs_new_code`: the secret that the mail carried is erased, so
    it can't be sent again."""

    id: int
    what: str
    whose: str
    why: str
    since: datetime
    tries: int
    needs_new_code: bool = False


def failed() -> Sequence[Failed]:
    """What was given up, the oldest first. One query."""
    rows = db.session.execute(
        select(
            OutboxRow,
            Message.subject,
            Message.account_id,
            func.coalesce(Policy.number, Quote.number).label("about"),
            outgoing.lost_its_secret().label("needs_new_code"),
            Document.kind,
            Document.filename,
            Payment.number,
        )
        .outerjoin(Message, (OutboxRow.queue == "mail") & (Message.id == OutboxRow.subject_id))
        .outerjoin(Policy, Policy.id == Message.policy_id)
        .outerjoin(Purchase, Purchase.id == Message.purchase_id)
        .outerjoin(Quote, Quote.id == func.coalesce(Message.quote_id, Purchase.quote_id))
        .outerjoin(Document, (OutboxRow.queue == "documents") & (Document.id == OutboxRow.subject_id))
        .outerjoin(Payment, (OutboxRow.queue == "charges") & (Payment.id == OutboxRow.subject_id))
        .where(OutboxRow.state == OutboxState.FAILED)
        .order_by(OutboxRow.id)
        .limit(_MOST)
    )
    return [_in_words(*row) for row in rows]


def retry(outbox_id: int, actor: Actor) -> bool:
    """Owe a job again that was given up, with what it needs or what waits for it: a mail with its documents, a
    document with its mails. False when somebody did so before. Raises NotFound, and NotAllowed for a mail whose
    secret is erased."""
    with writing():
        row = db.session.get(OutboxRow, outbox_id)
        if row is None:
            raise NotFound
        if row.queue == "mail" and outgoing.has_lost_its_secret(row.subject_id):
            raise NotAllowed("El código de ese correo ya se borró y no se puede reenviar: el cliente debe pedir otro.")
        if not redelivery.owe_again(row):
            return False
        audit.record(actor, "job.retry", row.dedupe_key)
    return True


def _in_words(
    row: OutboxRow,
    subject: str | None,
    account_id: int | None,
    about: str | None,
    needs_new_code: bool | None,
    kind: DocumentKind | None,
    filename: str | None,
    payment_number: str | None,
) -> Failed:
    if subject is not None:
        what = f"Correo: {subject}"
        whose = about or (f"Cuenta {account_id}" if account_id else "Dirección sin cuenta")
    elif kind is not None:
        what, whose = _DOCUMENTS[kind], str(filename).removesuffix(".pdf")
    else:
        what, whose = "Cargo con el banco", payment_number or f"Trabajo {row.id}"
    return Failed(
        id=row.id,
        what=what,
        whose=whose,
        why=backlog.why(row.queue, row.last_error),
        since=row.created_at,
        tries=row.attempts,
        needs_new_code=bool(needs_new_code),
    )
