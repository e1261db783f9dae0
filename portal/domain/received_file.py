"""Files that people send: what is taken, why one is refused, and what makes a photo hard to read. Sources:
docs/rules.md, Files, and B22."""

from enum import StrEnum
from typing import Self

from portal.domain.errors import DomainError
from portal.domain.states import State, Tone

LARGEST = 10 * 1024 * 1024  # bytes of one file


class FileState(State):
    """RECEIVING: its row is there, its bytes are not safe yet. LOST: its bytes are gone, and it must be sent again."""

    RECEIVING = "receiving", "Recibiendo", Tone.INFO
    STORED = "stored", "Recibido", Tone.OK
    REMOVED = "removed", "Quitado"
    LOST = "lost", "Envíelo otra vez", Tone.BAD


FILE_TRANSITIONS: dict[FileState, frozenset[FileState]] = {
    FileState.RECEIVING: frozenset({FileState.STORED, FileState.REMOVED}),
    FileState.STORED: frozenset({FileState.REMOVED, FileState.LOST}),
    FileState.LOST: frozenset({FileState.STORED, FileState.REMOVED}),
}


class _Said(StrEnum):
    """A value for rows and for the decoder, with the words that people read."""

    words: str

    def __new__(cls, value: str, words: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member


class Refusal(_Said):
    """Why a file can't be taken, and what to do."""

    EMPTY = "empty", "El archivo llegó vacío. Ábralo para ver si está bien y elíjalo otra vez."
    TOO_LARGE = "too_large", "El archivo pesa más de 10 MB. Envíe una foto del papel, que pesa menos."
    UNSUPPORTED = (
        "unsupported",
        "No podemos leer este tipo de archivo. Envíe una foto o un PDF. Si es de Word, guárdelo como PDF.",
    )
    DAMAGED = (
        "damaged",
        "No pudimos abrir el archivo: está dañado o llegó incompleto. Envíelo otra vez o tome una foto del papel.",
    )
    HEIC_UNREADABLE = (
        "heic_unreadable",
        "No pudimos abrir esta foto. Guárdela como JPEG o tome otra foto, y envíela.",
    )
    TOO_MANY_PIXELS = (
        "too_many_pixels",
        "La foto es demasiado grande para abrirla. Tómela otra vez con la calidad normal de su cámara.",
    )
    TOO_HEAVY = (
        "too_heavy",
        "El archivo es demasiado pesado para abrirlo. Tome una foto del papel con su celular y envíela.",
    )
    ENCRYPTED = "encrypted", "El PDF tiene contraseña. Quítesela y envíelo otra vez, o tome una foto del papel."
    ACTIVE = (
        "active",
        "El PDF trae un programa adentro y por seguridad no lo recibimos. Tome una foto del papel y envíela.",
    )
    EMBEDDED = "embedded", "El PDF trae otros archivos adentro. Envíe cada archivo por separado."
    TOO_MANY_PAGES = (
        "too_many_pages",
        "El PDF tiene más de 100 páginas. Envíe solo las del documento que le pedimos.",
    )


class Flaw(_Said):
    """What makes a photo hard to read, and how to do better. Never a reason to refuse it. Source: B22."""

    BLURRED = "blurred", "La foto salió movida. Apoye el papel en una mesa y tómela otra vez."
    DARK = "dark", "La foto salió oscura. Acérquese a una ventana o prenda la luz, y tómela otra vez."
    GLARE = "glare", "Un reflejo tapa parte del papel. Apague el flash o muévase un poco, y tómela otra vez."
    SMALL = "small", "La letra salió muy pequeña. Acérquese hasta que el papel llene la pantalla."
    CUT = "cut", "Falta una parte del papel. Aléjese hasta ver sus cuatro esquinas y tome la foto otra vez."
    ROTATED = "rotated", "El papel salió de costado. Gire el teléfono y tome la foto otra vez."


class FileRefused(DomainError):
    """The file can't be taken; the rest of what was sent with it stays."""

    def __init__(self, refusal: Refusal, field: str | None = None) -> None:
        super().__init__(refusal.words, field)
        self.refusal = refusal


class NotTaken(DomainError):
    """The file could not be taken in by no fault of its own or its sender's: it may be sent again as it is. Nothing of
    it is left."""


class FilesBusy(NotTaken):
    """Others' files are being read: to be sent again in a moment."""

    def __init__(self) -> None:
        super().__init__("Ahora llegan muchos archivos a la vez. Espere un minuto y envíe este otra vez.")


class NoRoom(NotTaken):
    """The file could not be looked at or kept: no decoder begins, the store is full or away."""

    def __init__(self) -> None:
        super().__init__("No pudimos guardar el archivo. Lo demás que envió está a salvo. Pruebe en unos minutos.")
