"""Why a document is sent back: reasons to choose from, each with its sentence for who sends it again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Observation:
    """`label` for the desk, `words` for the person."""

    label: str
    words: str


# By what forms call them. The last one has no sentence: it is written.
OBSERVATIONS = {
    "no-se-lee": Observation(
        "No se lee, salió cortado o con sombra",
        "No se lee bien. Ponga el papel en una mesa, con luz, y tome otra foto en la que se vea entero.",
    ),
    "sin-firma": Observation(
        "Falta la firma o el sello", "Le falta la firma o el sello. Pida que lo firmen o sellen y envíelo otra vez."
    ),
    "otro-documento": Observation(
        "Es otro documento", "Nos llegó otro documento. Envíe el que le pedimos, con el nombre que ve arriba."
    ),
    "otra-persona": Observation(
        "Es de otra persona", "Este documento es de otra persona. Envíe el de la persona que corresponde."
    ),
    "incompleto": Observation("Faltan páginas", "Le faltan páginas. Envíe todas, también la parte de atrás."),
    "otro": Observation("Otro motivo", ""),
}
