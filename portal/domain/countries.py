"""Countries by their ISO 3166 code, named as Spanish in Peru names them (CLDR, through babel)."""

import unicodedata
from functools import cache

import phonenumbers
from babel import Locale

PERU = "PE"


@cache
def names() -> dict[str, str]:
    """Each country's name by its code, in the order of the alphabet.

    CLDR also names the euro zone, made-up places for tests and islands where nobody lives: a country has telephones.
    """
    known = Locale("es", PERU).territories
    found = {code: name for code, name in known.items() if code in phonenumbers.SUPPORTED_REGIONS}
    return dict(sorted(found.items(), key=lambda country: _plain(country[1])))


def _plain(name: str) -> str:
    """As the alphabet orders it: an accent changes no place."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if letter.isascii())
