"""The contracting file of a policy (B03): what proves that its customer bought of their own will, with the hashes by
which anybody finds out whether something was changed since."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.domain.actor import SYSTEM
from portal.domain.device import device_words
from portal.domain.errors import NotFound
from portal.domain.evidence import EVIDENCE_NAMES
from portal.domain.formats import moment
from portal.extensions import db
from portal.models import (
    Account,
    AuditEntry,
    Code,
    Consent,
    ContractingFile,
    Document,
    Message,
    ProductVersion,
    StoredFile,
)
from portal.services.catalogue import agencies, offers
from portal.services.documents import kinds
from portal.services.evidence import uploads
from portal.services.messaging.mails.sale import PurchaseCode
from portal.services.platform import audit
from portal.services.policies import timeline
from portal.services.printing import contracting_facts
from portal.services.printing.contents import Contents, verified
from portal.services.printing.contracting_facts import Facts

CUSTOMER, PORTAL, STAFF = "El cliente", "El portal", "Personal de MASSIV"
_INNER = "Un paso interno"
_ABOUT_FILES = {
    "file.receive": "Archivo de evidencia recibido",
    "file.remove": "Archivo de evidencia retirado",
    "file.open": "Archivo abierto por quien lo revisa",
    "file.thumbnails": "Evidencia vista por quien la revisa",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A file that was sent, and it made small; `thumbnail` is empty where that can't be had."""

    file: StoredFile
    thumbnail: str


def contents(edition: ContractingFile) -> Contents:
    """What the file's PDF says, as everything stands now."""
    policy = edition.policy
    facts = contracting_facts.gather(policy)
    purchase, quote = facts.purchase, facts.purchase.quote
    product, plan = offers.sold(policy.product_version_id, policy.issue.plan_code)
    holder = policy.as_known_at(policy.holder, policy.issue)
    title = f"Expediente de contratación de la póliza {policy.number}, edición {edition.edition}"
    return Contents(
        {
            "edition": edition,
            "older": _older(edition),
            "policy": policy,
            "purchase": purchase,
            "quote": quote,
            "product": product,
            "version": db.session.get_one(ProductVersion, policy.product_version_id),
            "plan": plan,
            "holder": holder,
            "insured": policy.as_known_at(policy.insured, policy.issue),
            "address": holder.full_address,
            "seller": _seller(policy.seller_id),
            "agency": agencies.by_code(policy.agency_code).name if policy.agency_code else None,
            "consents": [(one, _text_title(one), device_words(one.device)) for one in facts.consents],
            "codes": [(one, _fate(one, facts.codes), device_words(one.used_device)) for one in facts.codes],
            "code_addresses": _code_addresses(facts),
            "payments": facts.payments,
            "receipts": [(one, agencies.by_code(one.agency_code).name) for one in facts.receipts],
            "proofs": [
                (
                    one.evidence,
                    EVIDENCE_NAMES[one.evidence.kind],
                    _who(one.evidence.sender_id, facts),
                    _pictures(one.files),
                )
                for one in facts.proofs
            ],
            "documents": [(one, kinds.by_code(one.kind).label) for one in facts.documents],
            "audit": [(one, _words(one), _who(one.actor_id, facts)) for one in contracting_facts.audited(facts)],
            "audit_end": audit.last(),
            **verified(policy),
        },
        title=title,
        footer=f"{title} · {moment(edition.created_at)} (hora de Lima)",
    )


def _words(entry: AuditEntry) -> str:
    return timeline.words_of(entry) or _ABOUT_FILES.get(entry.action, _INNER)


def _older(edition: ContractingFile) -> Sequence[tuple[ContractingFile, Document]]:
    """The editions before, the oldest first."""
    is_its = (Document.kind == kinds.CONTRACTING_FILE.code) & (Document.subject_id == ContractingFile.id)
    query = (
        select(ContractingFile, Document)
        .join(Document, is_its)
        .where(ContractingFile.policy_id == edition.policy_id, ContractingFile.edition < edition.edition)
        .order_by(ContractingFile.edition)
    )
    return [(one, document) for one, document in db.session.execute(query)]


def _seller(account_id: int | None) -> str | None:
    return db.session.get_one(Account, account_id).person.full_name if account_id else None


def _text_title(consent: Consent) -> str:
    text = offers.texts().get(consent.text_key)
    return text.title if text else consent.text_key


def _code_addresses(facts: Facts) -> Sequence[str]:
    """Where the codes were mailed."""
    mails = select(Message.recipient).filter_by(purchase_id=facts.purchase.id, kind=PurchaseCode.kind).distinct()
    return db.session.scalars(mails.order_by(Message.recipient)).all()


def _fate(code: Code, codes: Sequence[Code]) -> str:
    """What became of a code: the digits themselves are kept by nobody."""
    if code.used_at is not None:
        return "Usado"
    return "No se usó" if code is codes[-1] else "Reemplazado por otro"


def _who(account_id: int | None, facts: Facts) -> str:
    if account_id is None:
        return PORTAL
    return CUSTOMER if account_id == facts.policy.account_id else STAFF


def _pictures(files: Sequence[StoredFile]) -> Sequence[Picture]:
    return [Picture(file, _thumbnail(file)) for file in files]


def _thumbnail(file: StoredFile) -> str:
    try:
        return f"data:image/jpeg;base64,{base64.b64encode(uploads.thumbnail(file, SYSTEM)).decode()}"
    except NotFound:
        return ""
