"""Whether a file that somebody holds is one that was issued for a policy (B08): its hash tells. It is read once, opened
by no program, and kept nowhere."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union_all

from portal.domain.errors import DomainError
from portal.domain.received_file import LARGEST
from portal.extensions import db
from portal.integrations.reception import Source
from portal.models import ContractingFile, Document, Endorsement, Policy
from portal.services.documents import kinds
from portal.services.policies import policy as policies

_PIECE = 64 * 1024  # bytes
_BEGINS = b"%PDF-"


@dataclass(frozen=True, slots=True)
class IssuedFile:
    """What the public page may say of it. `number`: of the endorsement or the edition."""

    kind: str
    number: int
    issued_at: datetime


def fingerprint(source: Source) -> str:
    """The SHA-256 of what `source` gives. Raises DomainError for what can't be a file of ours, to say why."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(_PIECE):
        if size == 0 and not piece.startswith(_BEGINS):
            raise DomainError(
                "Este archivo no es un PDF. Una foto o un escaneo no se puede comparar: elija el PDF tal como llegó.",
                "archivo",
            )
        size += len(piece)
        if size > LARGEST:
            raise DomainError("El archivo pesa más de 10 MB: no es uno de los nuestros.", "archivo")
        digest.update(piece)
    if size == 0:
        raise DomainError("El archivo llegó vacío. Ábralo para ver si está bien y elíjalo otra vez.", "archivo")
    return digest.hexdigest()


def find(token: str, sha256: str) -> IssuedFile | None:
    """The document of the policy that `token` names whose bytes have that hash, of any version of it: policy,
    endorsement or contracting file. One query, which begins at the policy."""
    columns = Document.kind, Document.created_at
    terms = (
        select(Endorsement.number, *columns)
        .join(Document, Document.subject_id == Endorsement.id)
        .join(Policy, Policy.id == Endorsement.policy_id)
        .where(Document.kind.in_([kinds.POLICY.code, kinds.ENDORSEMENT.code]))
    )
    contracting = (
        select(ContractingFile.edition, *columns)
        .join(Document, Document.subject_id == ContractingFile.id)
        .join(Policy, Policy.id == ContractingFile.policy_id)
        .where(Document.kind == kinds.CONTRACTING_FILE.code)
    )
    asked = (policies.named_by(token), Document.sha256 == sha256)
    found = db.session.execute(union_all(terms.where(*asked), contracting.where(*asked))).first()
    return IssuedFile(kind=found.kind, number=found.number, issued_at=found.created_at) if found else None
