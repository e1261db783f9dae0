"""User names: generated, short enough to type, and nobody's yet."""

import re
import secrets
import unicodedata

from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, Person

_LONGEST_SURNAME = 16
_WITHOUT_LATIN_LETTERS = "cliente"


def free_username(person: Person) -> str:
    """First letter of the name, first surname and four digits, in plain lower case: `rquispe4821`.

    It is free when asked; the table's unique constraint has the last word.
    """
    stem = _letters(person.names)[:1] + _letters(person.paternal_surname)[:_LONGEST_SURNAME]
    while True:
        name = f"{stem or _WITHOUT_LATIN_LETTERS}{secrets.randbelow(9000) + 1000}"
        if db.session.scalar(select(Account.id).where(Account.username == name)) is None:
            return name


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]", "", plain)
