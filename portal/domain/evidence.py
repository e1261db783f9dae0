"""What proves that a customer bought of their own will. Source: docs/rules.md, S26 to S28."""

from enum import StrEnum


class EvidenceKind(StrEnum):
    SIGNED_POLICY = "poliza_firmada"
    PERSON = "foto_persona"
    DOCUMENT_FRONT = "documento_anverso"
    DOCUMENT_BACK = "documento_reverso"


EVIDENCE_NAMES = {
    EvidenceKind.SIGNED_POLICY: "Póliza firmada",
    EvidenceKind.PERSON: "Foto de la persona",
    EvidenceKind.DOCUMENT_FRONT: "Foto del documento, adelante",
    EvidenceKind.DOCUMENT_BACK: "Foto del documento, atrás",
}
