"""What somebody of the staff typed into the one search box: which kinds of thing it may be, the likeliest first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stdnum import luhn

from portal.domain import names
from portal.domain.errors import DomainError
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
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that was perhaps meant; of a name, its words."""

    kind: SearchKind
    value: str = ""
    words: tuple[str, ...] = ()


# The series of numbers that are not a product's.
_SERIES = {"COT": SearchKind.QUOTE, "SP": SearchKind.PAYMENT, "RC": SearchKind.RECEIPT, "DV": SearchKind.REFUND}
_NUMBER = re.compile(r"([A-Z]{2,6})[\s-]*(20[0-9]{2})(?:[\s-]+0*([0-9]{1,9})|([0-9]{6,9}))")
_DOCUMENT = re.compile(r"[A-Z0-9]{6,12}")
_SHORTEST = 2  # letters of a name's longest word: one alone would list everybody
_LONGEST = 80  # letters of all: each word of a name is a question more to the database


def readings(typed: str, *, field: str) -> Sequence[Reading]:
    """What it may be. Raises DomainError on `field`, in words that say what can be searched."""
    if len(typed) > _LONGEST:
        raise DomainError(f"Use {_LONGEST} letras como máximo.", field)
    typed = plain_marks(line(typed))
    upper = typed.upper()
    numbered = _NUMBER.fullmatch(upper)
    if numbered:
        series, year, spaced, joined = numbered.groups()
        value = f"{series}-{year}-{int(spaced or joined):06d}"
        found = [Reading(_SERIES.get(series, SearchKind.POLICY), value)]
    elif not any(letter.isdigit() for letter in upper):
        return [_name(typed, field)]
    else:
        found = []
    number = compact(upper)
    if len(number) == 9 and number.isascii() and number.isdigit() and luhn.is_valid(number):
        found.append(Reading(SearchKind.SLIP, number))
    if _DOCUMENT.fullmatch(number) and any(map(str.isdigit, number)):
        found.append(Reading(SearchKind.DOCUMENT, number))
    if not found:
        raise DomainError(
            "No parece un documento, un número de póliza, cotización o pago, ni un nombre. Revise lo que escribió.",
            field,
        )
    return found


def _name(typed: str, field: str) -> Reading:
    words = names.words(typed)
    if not any(len(word) >= _SHORTEST for word in words):
        raise DomainError("Escriba al menos dos letras del nombre o del apellido.", field)
    return Reading(SearchKind.NAME, words=words)
