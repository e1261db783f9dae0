"""What proves that a customer bought of their own will (S26 to S28)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class EvidenceKind(StrEnum):
    SIGNED_POLICY = "poliza_firmada"
    PERSON = "foto_persona"
    DOCUMENT_FRONT = "documento_anverso"
    DOCUMENT_BACK = "documento_reverso"

    @property
    def most(self) -> int:
        """How many files it is made of: the pages of a policy, or the one photo, which a newer one replaces."""
        return 20 if self is EvidenceKind.SIGNED_POLICY else 1

    @property
    def is_page(self) -> bool:
        """Whether it is printed, and so can be measured for whether it can be read (B22)."""
        return self is not EvidenceKind.PERSON


EVIDENCE_NAMES = {
    EvidenceKind.SIGNED_POLICY: "Póliza firmada",
    EvidenceKind.PERSON: "Foto de la persona",
    EvidenceKind.DOCUMENT_FRONT: "Foto del documento, adelante",
    EvidenceKind.DOCUMENT_BACK: "Foto del documento, atrás",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why evidence is asked for again: as the reviewer reads it, and as the customer does, who then does better."""

    label: str
    sentence: str


_UNREADABLE = Reason(
    "No se lee: movida, oscura o con brillo",
    "La foto no se lee bien. Apoye el papel en una mesa, con luz de día, y tómela otra vez.",
)
_CUT = Reason(
    "Salió cortada: falta una parte",
    "La foto salió cortada. Aléjese hasta ver los cuatro bordes del papel y tómela otra vez.",
)
_SOMEBODY_ELSES = Reason(
    "Es de otra póliza o de otra persona", "Lo que llegó es de otra póliza o de otra persona. Envíe la suya."
)
_OTHER = Reason("Otro motivo", "")
_OF_THE_DOCUMENT = (_UNREADABLE, _CUT, _SOMEBODY_ELSES, _OTHER)

# In the order of the reviewer's keys.
REASONS: Mapping[EvidenceKind, Sequence[Reason]] = MappingProxyType(
    {
        EvidenceKind.SIGNED_POLICY: (
            _UNREADABLE,
            _CUT,
            Reason(
                "Falta la firma",
                "No vemos su firma. Firme donde dice «Firma de la persona contratante» y tome la foto de la hoja "
                "completa.",
            ),
            Reason(
                "La firma no es como la del documento",
                "La firma no es igual a la de su documento. Firme como en su documento y tome la foto otra vez.",
            ),
            _SOMEBODY_ELSES,
            _OTHER,
        ),
        EvidenceKind.PERSON: (
            Reason(
                "No se ve bien: movida, oscura o con brillo",
                "Su cara no se ve bien. Póngase frente a una ventana y tome la foto otra vez.",
            ),
            Reason(
                "Salió cortada: falta una parte", "Su cara no sale completa. Aléjese un poco y tome la foto otra vez."
            ),
            Reason(
                "La cara está tapada", "Su cara está tapada. Quítese la gorra o los lentes y tome la foto otra vez."
            ),
            Reason("Es otra persona", "La persona de la foto no es quien compró el seguro. Envíe una foto de usted."),
            _OTHER,
        ),
        EvidenceKind.DOCUMENT_FRONT: _OF_THE_DOCUMENT,
        EvidenceKind.DOCUMENT_BACK: _OF_THE_DOCUMENT,
    }
)
LONGEST_REASON = 300  # letters
