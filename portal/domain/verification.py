"""The code under the QR of a policy, eight signs that people copy by hand: `K7MT-X9QP`; and what else they type for it.

It opens nothing but the public page, which names nobody (B08).
"""

import re
import unicodedata

from portal.domain.errors import DomainError
from portal.domain.search import SearchKind, readings
from portal.domain.signs import SIGNS, random_signs
from portal.domain.typed import line, plain_marks

_HALF = 4
_SOME = f"([{SIGNS.upper()}]{{{_HALF}}})"
# Looked ahead for, since the words before a code may have four letters as well.
_CODE = re.compile(rf"(?<![^\W_])(?={_SOME}([\W_]*){_SOME}(?![^\W_]))")
_BETWEEN = re.compile(r"[\W_]")
_NUMERO = str.maketrans("ºª№", "   ")  # NFKC makes letters of them, which stick to the code
_ADDRESS = re.compile(r"/verificar/([^/?#\s]+)")
# What stands in the address that a QR holds.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")

# What else stands on papers of ours, or on those of whoever asks; of several that it may be, the first.
_INSTEAD = {
    SearchKind.POLICY: "Eso parece el número de una póliza",
    SearchKind.QUOTE: "Eso es el número de una cotización",
    SearchKind.PAYMENT: "Eso es el número de una solicitud de pago",
    SearchKind.RECEIPT: "Eso es el número de un recibo",
    SearchKind.REFUND: "Eso es el número de una devolución",
    SearchKind.CLAIM: "Eso es el número de un siniestro",
    SearchKind.NOTICE: "Eso es el número de un pedido",
    SearchKind.EMAIL: "Eso es un correo",
    SearchKind.MOBILE: "Eso parece un número de celular",
    SearchKind.SLIP: "Eso es el código para pagar en una agencia",
    SearchKind.DOCUMENT: "Eso es un número de documento",
}
_NEVER = {"O": "la letra O", "0": "el cero", "I": "la letra I", "L": "la letra L", "1": "el uno"}


def new_code() -> str:
    """A code as rows keep it, `K7MTX9QP`: of 31 signs eight times, 39 bits. One of figures alone would be a DNI."""
    code = random_signs(2 * _HALF).upper()
    return new_code() if code.isdigit() else code


def shown(code: str) -> str:
    """`K7MT-X9QP`, as it is printed."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def code_in(typed: str) -> str | None:
    """The one code in what was typed or copied, whatever capitals, spaces, hyphens and words came with it. What a QR
    holds is none: its hyphens part it where a code may stand, in one of 46."""
    if _TOKEN.fullmatch(typed):
        return None
    upper = _upper(typed)
    rated: dict[int, set[str]] = {}
    for first, between, second in _CODE.findall(_BETWEEN.sub("", upper)) or _CODE.findall(upper):
        is_one_word = between and " " not in between
        figures = [any(map(str.isdigit, half)) for half in (first, second)]
        if not (first + second).isdigit():
            rated.setdefault(3 if is_one_word else sum(figures), set()).add(first + second)
    likeliest = rated[max(rated)] if rated else set()
    return likeliest.pop() if len(likeliest) == 1 else None


def read(typed: str) -> str:
    """What names a policy in what was typed: its code, or what its QR holds; empty when there is neither. Raises
    DomainError for another number of ours or theirs, whether there is such a one or not, and for signs that no code
    has."""
    address = _ADDRESS.search(typed)
    named = (address[1] if address else typed).strip()
    if _TOKEN.fullmatch(named):
        return named
    if code := code_in(named):
        return shown(code)
    instead = _instead(named) or _mistaken(named)
    if instead:
        raise DomainError(instead, "codigo")
    return ""


def _upper(typed: str) -> str:
    return plain_marks(line(unicodedata.normalize("NFKC", typed.translate(_NUMERO)))).upper()


def _instead(typed: str) -> str:
    try:
        meant = {one.kind: one.value for one in readings(typed, field="codigo")}
    except DomainError:
        return ""
    kind = next((kind for kind in _INSTEAD if kind in meant), SearchKind.NAME)
    if kind is SearchKind.DOCUMENT and not meant[kind].isdigit():
        return ""  # a code with a mistake in it looks like a passport
    return _INSTEAD.get(kind, "")


def _mistaken(typed: str) -> str:
    """Which signs of eight no code has."""
    whole = _BETWEEN.sub("", _upper(typed))
    never = [words for sign, words in _NEVER.items() if sign in whole]
    return f"El código no lleva {' ni '.join(never)}" if never and len(whole) == 2 * _HALF else ""
