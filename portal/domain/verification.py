"""The code under the QR of a policy, eight signs that people copy by hand: `K7MT-X9QP`; and what else they type for it.

It opens nothing but the public page, which names nobody (B08).
"""

import re
import unicodedata

from portal.domain.errors import DomainError
from portal.domain.search import SearchKind, readings
from portal.domain.signs import SIGNS, random_signs
from portal.domain.typed import compact, line, plain_marks

_HALF = 4
_WORD = r"(?<![A-Z0-9])", r"(?![A-Z0-9])"
_CODE = re.compile(r"[\s.-]*".join([f"([{SIGNS.upper()}]{{{_HALF}}})"] * 2).join(_WORD))
_ADDRESS = re.compile(r"/verificar/([^/?#\s]+)")
# What stands in the address that a QR holds.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")

# What else stands on papers of ours, or on those of whoever asks.
_INSTEAD = {
    SearchKind.POLICY: "Eso es el número de su póliza",
    SearchKind.DOCUMENT: "Eso es un número de documento",
    SearchKind.QUOTE: "Eso es el número de una cotización",
    SearchKind.PAYMENT: "Eso es el número de una solicitud de pago",
    SearchKind.SLIP: "Eso es el código para pagar en una agencia",
    SearchKind.RECEIPT: "Eso es el número de un recibo",
    SearchKind.REFUND: "Eso es el número de una devolución",
    SearchKind.CLAIM: "Eso es el número de un siniestro",
    SearchKind.NOTICE: "Eso es el número de un pedido",
    SearchKind.MOBILE: "Eso es un número de celular",
    SearchKind.EMAIL: "Eso es un correo",
}


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
    upper = plain_marks(line(unicodedata.normalize("NFKC", typed))).upper()
    whole = compact(upper)
    found = [whole] if _CODE.fullmatch(whole) else ["".join(halves) for halves in _CODE.findall(upper)]
    codes = {code for code in found if not code.isdigit()}
    return codes.pop() if len(codes) == 1 else None


def read(typed: str) -> str:
    """What names a policy in what was typed: its code, or what its QR holds; empty when there is neither. Raises
    DomainError for another number of ours or theirs, whether there is such a one or not."""
    address = _ADDRESS.search(typed)
    named = (address[1] if address else typed).strip()
    if _TOKEN.fullmatch(named):
        return named
    if code := code_in(named):
        return shown(code)
    instead = _instead(named)
    if instead:
        raise DomainError(instead, "codigo")
    return ""


def _instead(typed: str) -> str:
    try:
        likeliest = readings(typed, field="codigo")[0]
    except DomainError:
        return ""
    if likeliest.kind is SearchKind.DOCUMENT and not likeliest.value.isdigit():
        return ""  # a code with a mistake in it looks like a passport
    return _INSTEAD.get(likeliest.kind, "")
