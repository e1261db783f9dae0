"""What a person reads when a request fails: what happened, what it means, what to do."""

from dataclasses import dataclass, replace

_HOME, _HOME_ADDRESS = "Ir al inicio", "/inicio"
_DESK, _DESK_ADDRESS = "Ir a Mi escritorio", "/gestion"
_COMFORT = "Sus datos y sus pólizas están a salvo."


@dataclass(frozen=True, slots=True)
class ErrorWords:
    """One error page. An empty `href` asks for the same page again; `comfort` is for customers."""

    status: int
    title: str
    explanation: str
    action: str = _HOME
    href: str = _HOME_ADDRESS
    comfort: str = _COMFORT


_RETRY = "Intentar otra vez"

_WORDS = {
    words.status: words
    for words in (
        ErrorWords(
            400,
            "No pudimos leer lo que envió",
            "La página estuvo abierta mucho tiempo o se abrió en otra ventana. No se guardó ni se cobró nada. "
            "Vuelva a abrirla y envíela otra vez.",
        ),
        ErrorWords(
            403,
            "Esta página no es para su cuenta",
            "Su usuario no tiene permiso para verla. Si le llegó un enlace, ábralo con la cuenta a la que se envió.",
        ),
        ErrorWords(
            404,
            "No encontramos esta página",
            "Puede que el enlace esté incompleto o que la página ya no exista.",
        ),
        ErrorWords(
            409,
            "Estos datos cambiaron mientras tanto",
            "Los cambió usted en otra ventana o en otro teléfono. Abra la página de nuevo para ver cómo están ahora.",
            _RETRY,
            "",
        ),
        ErrorWords(
            413,
            "Lo que envió es demasiado grande",
            "No se guardó. Vuelva a la página anterior y envíe menos texto.",
        ),
        ErrorWords(
            415,
            "No pudimos leer lo que envió",
            "Trae un archivo o viene de otro programa. No se guardó ni se cobró nada. Vuelva a abrir la página, "
            "escriba sus datos en ella y envíela otra vez.",
        ),
        ErrorWords(
            422,
            "Falta corregir un dato",
            "No se guardó nada. Vuelva a la página anterior, revise lo que escribió y envíelo otra vez.",
        ),
        ErrorWords(
            429,
            "Hizo muchos intentos seguidos",
            "Por seguridad hicimos una pausa. Espere unos minutos y vuelva a intentarlo.",
            _RETRY,
            "",
        ),
        ErrorWords(
            500,
            "Algo falló de nuestro lado",
            "No es un error suyo. Espere un momento y vuelva a intentarlo.",
            _RETRY,
            "",
        ),
        ErrorWords(
            503,
            "El portal está ocupado",
            "En este momento no podemos atender su pedido. Espere un minuto y vuelva a intentarlo.",
            _RETRY,
            "",
        ),
    )
}

_NEAREST = {401: 403, 405: 404, 410: 404, 502: 503, 504: 503}


def words_for(status: int, *, again: bool = True, at_desk: bool = False) -> ErrorWords:
    """The words of `status`; a status without its own speaks as the nearest of its family. Without `again` no page
    offers to ask for the same address once more; `at_desk` leads staff back to their own pages."""
    found = _WORDS.get(status) or _WORDS[_NEAREST.get(status, 400 if status < 500 else 500)]
    if not again and not found.href:
        found = replace(found, action=_HOME, href=_HOME_ADDRESS)
    if not at_desk:
        return found
    return (
        replace(found, comfort="") if not found.href else replace(found, action=_DESK, href=_DESK_ADDRESS, comfort="")
    )
