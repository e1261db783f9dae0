"""What somebody of the staff typed into the one search box: which kinds of thing it may be, the likeliest first."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from stdnum import luhn

from portal.domain import names
from portal.domain.errors import DomainError
from portal.domain.identity import parse_email, parse_mobile, possible_numbers
from portal.domain.typed import compact, line, plain_marks


class SearchKind(StrEnum):
    """The value stands in the audit row, where what was typed never does."""

    DOCUMENT = "document"
    POLICY = "policy"
    QUOTE = "quote"
    PAYMENT = "payment"
    RECEIPT = "receipt"
    REFUND = "refund"
    SLIP = "slip"
    MOBILE = "mobile"
    EMAIL = "email"
    NAME = "name"
    CLAIM = "claim"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was perhaps meant; of a name, its words."""

    kind: SearchKind
    value: str = ""
    words: tuple[str, ...] = ()


# The series of numbers that are not a product's.
_SERIES = {
    "COT": SearchKind.QUOTE,
    "SP": SearchKind.PAYMENT,
    "RC": SearchKind.RECEIPT,
    "DV": SearchKind.REFUND,
    "SIN": SearchKind.CLAIM,
    "AV": SearchKind.NOTICE,
}
_NUMBER = re.compile(r"([A-Z]{2,6})[\s-]*(20[0-9]{2})(?:[\s-]+0*([0-9]{1,9})|([0-9]{6,9}))")
# What is copied with a number, from a mail, a document or a chat.
_LABELS = re.compile(
    r"^(?:(?:P[OÓ]LIZA|COTIZACI[OÓ]N|SOLICITUD|RECIBO|DEVOLUCI[OÓ]N|C[OÓ]DIGO|BOLETA|PAGO|DOCUMENTO|D\.?N\.?I\.?|C\.?E\.?"
    r"|SINIESTRO|AVISO|PEDIDO|PASAPORTE|CELULAR|CEL|TEL[EÉ]FONO|TEL|WHATSAPP|CLIENTE|N[UÚ]MERO|NRO|N\s?\.?\s?[°º]|DE)[\s.:#-]+)+(?=.*[0-9])"
)
_SHORTEST = 2  # letters of a name's longest word: one alone would list everybody
# As we write them: wherever they stand in what was copied, be it a sentence or an address.
_OURS = re.compile(r"(?<![A-Z0-9])[A-Z]{2,6}-20[0-9]{2}-[0-9]{6,9}(?![0-9])")
_DNI = re.compile(r"(?<![A-Z0-9])[0-9]{8}(?![A-Z0-9])")
_LONGEST = 80  # letters of all: each word of a name is a question more to the database


def readings(typed: str, *, field: str) -> Sequence[Reading]:
    """What it may be. Raises DomainError on `field`, in words that say what can be searched."""
    if "@" in typed:
        return [Reading(SearchKind.EMAIL, parse_email(typed, field=field))]
    if len(typed) > _LONGEST:
        raise DomainError(f"Use {_LONGEST} letras como máximo.", field)
    upper = _LABELS.sub("", plain_marks(line(typed)).upper().strip("«»\"'.,;:#() "))
    if not any(letter.isdigit() for letter in upper):
        return [_name(typed, field)]
    found = _found(upper)
    if not found and len(alone := {*(_OURS.findall(upper) or _DNI.findall(upper))}) == 1:
        found = _found(alone.pop())
    if not found:
        raise DomainError(
            "No parece un documento, un número de póliza, siniestro o pago, un celular, un correo ni un nombre. "
            "Revise lo que escribió.",
            field,
        )
    return found


def _found(upper: str) -> list[Reading]:
    return [*_numbered(upper), *_documents(upper), *_mobile(upper)]


def _numbered(upper: str) -> Iterator[Reading]:
    written = _NUMBER.fullmatch(upper)
    if written:
        series, year, spaced, joined = written.groups()
        value = f"{series}-{year}-{int(spaced or joined):06d}"
        yield Reading(_SERIES.get(series, SearchKind.POLICY), value)
    number = compact(upper)
    if len(number) == 9 and number.isascii() and number.isdigit() and luhn.is_valid(number):
        yield Reading(SearchKind.SLIP, number)


def _documents(upper: str) -> Iterator[Reading]:
    """As it stands first: a CE has nine figures, as a DNI with its check digit."""
    for number in dict.fromkeys(reversed(possible_numbers(upper).values())):
        if any(map(str.isdigit, number)):
            yield Reading(SearchKind.DOCUMENT, number)


def _mobile(upper: str) -> Iterator[Reading]:
    with suppress(DomainError):
        yield Reading(SearchKind.MOBILE, parse_mobile(upper))


def _name(typed: str, field: str) -> Reading:
    words = names.words(typed)
    if not any(len(word) >= _SHORTEST for word in words):
        raise DomainError("Escriba al menos dos letras del nombre o del apellido.", field)
    return Reading(SearchKind.NAME, words=words)
