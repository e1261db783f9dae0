"""Passwords: Argon2id hashes, what a new one must be, and the random one of a new account.

Hashing takes tens of milliseconds on purpose: never do it inside an open write transaction.
"""

import re
import secrets
import threading
import unicodedata
from base64 import b64encode
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from portal.domain.errors import DomainError
from portal.domain.signs import SIGNS, random_signs
from portal.domain.typed import line, plain_marks
from portal.models import Person

SHORTEST = 10
LONGEST = 128

# OWASP's password storage guide gives 19 MiB and 2 passes as the least; 4 passes take about 55 ms on a small server,
# and fifty people signing in at once need 1 GB, not 3.
_hasher = PasswordHasher(time_cost=4, memory_cost=19 * 1024, parallelism=1)

# One at a time in each process: it takes a processor whole, and more at once would only take longer each.
_at_work = threading.Lock()

_GROUPS, _GROUP = 3, 5  # 31 symbols, 15 times: 74 bits

_MADE = re.compile(r"(?<![a-z0-9])" + r"[\s.-]*".join([f"([{SIGNS}]{{{_GROUP}}})"] * _GROUPS) + r"(?![a-z0-9])")

_STRONG_ENOUGH = 10**8  # guesses; below it a slow hash does not help
_LEAST_OF_ONES_OWN = 6  # letters and figures besides known words
_SHORTEST_WORD = 3
_LONGEST_ESTIMATED = 72  # the estimator's time grows with the square of the length
# What the estimator's English lists miss and people here choose.
_COMMON_HERE = (
    "massiv", "seguro", "seguros", "microseguro", "microseguros", "poliza", "contraseña", "contrasena", "clave",
    "secreto", "secreta", "peru", "lima", "hola", "bienvenido", "familia", "alianza", "universitario",
)  # fmt: skip


def hash_password(password: str) -> str:
    """The hash to keep."""
    with _at_work:
        return _hasher.hash(_normal(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether the password is the hash's."""
    try:
        with _at_work:
            return _hasher.verify(password_hash, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def must_rehash(password_hash: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def nobodys_hash() -> str:
    """A hash to verify against when there is no account: the answer takes as long.

    It is put together and not computed, so that a process's first unknown user is answered no later than the others.
    """
    salt, digest = (_base64(secrets.token_bytes(length)) for length in (_hasher.salt_len, _hasher.hash_len))
    work = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${work}${salt}${digest}"


def initial_password() -> str:
    """A random first password that a person can copy by hand, like `k7mt4-x9qpw-h3fzr`."""
    return readable(_GROUPS)


def as_made(typed: str) -> str:
    """An initial password as it was made, whatever capitals, hyphens, spaces or words of its mail came with it; what
    holds none is left as it was typed. Never for a password that a person chose: that one is compared letter by letter,
    since a space or a capital may be what makes it theirs."""
    found = _MADE.search(plain_marks(line(typed)).lower())
    return "-".join(found.groups()) if found else typed


def readable(groups: int) -> str:
    """Random groups of five letters and figures that a person can copy by hand: 24 bits each."""
    return "-".join(random_signs(_GROUP) for _ in range(groups))


def check_new(password: str, person: Person, *, username: str, email: str, field: str = "nueva") -> None:
    """A new password: 10 to 128 characters, hard to guess, also for who knows the person. Raises DomainError.

    No rules of composition, after NIST SP 800-63B: length and a list of what people guess first do better.
    """
    check_strength(password, field=field)
    normal, known = _normal(password), _personal(person, username, email)
    if _guesses(normal, known) < _STRONG_ENOUGH or _is_made_of(normal, (*known, *_COMMON_HERE)):
        raise DomainError("No use su nombre, documento, fecha de nacimiento, usuario ni correo.", field)


def check_strength(password: str, *, field: str = "nueva") -> None:
    """The part of `check_new` that knows nothing of the person. Raises DomainError."""
    normal = _normal(password)
    if len(normal) < SHORTEST:
        raise DomainError(f"Use {SHORTEST} caracteres o más. Usted escribió {len(normal)}.", field)
    if len(normal) > LONGEST:
        raise DomainError(f"Use {LONGEST} caracteres como máximo.", field)
    if _guesses(normal, ()) < _STRONG_ENOUGH or _is_made_of(normal, _COMMON_HERE):
        raise DomainError("Es fácil de adivinar. Pruebe con cuatro palabras que no tengan relación entre sí.", field)


def _guesses(password: str, known: tuple[str, ...]) -> float:
    from zxcvbn import zxcvbn  # 12 MB of word lists, for the few processes that are ever asked

    estimate = zxcvbn(password[:_LONGEST_ESTIMATED], user_inputs=[*_COMMON_HERE, *known])
    return float(estimate["guesses"])


def _is_made_of(password: str, words: tuple[str, ...]) -> bool:
    """Whether little is left without the words: the estimator is generous with two of them in a row."""
    rest = _plain(password)
    for word in sorted(map(_plain, words), key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) < _LEAST_OF_ONES_OWN


def _personal(person: Person, username: str, email: str) -> tuple[str, ...]:
    born = person.birth_date
    names = f"{person.names} {person.paternal_surname} {person.maternal_surname}".lower().split()
    dates = [born.strftime(form) for form in ("%d%m%Y", "%d%m%y", "%Y%m%d", "%d/%m/%Y", "%d-%m-%Y", "%Y")]
    local, _, domain = email.lower().partition("@")
    known = [*names, *map(_plain, names), *dates, person.document_number.lower(), person.phone, username]
    known += [email.lower(), local, *local.split("."), domain.partition(".")[0]]
    return tuple(word for word in dict.fromkeys(known) if len(word) >= _SHORTEST_WORD)


def _plain(word: str) -> str:
    """Its letters and figures, in lower case and without accents: `obrien` of O'Brien."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFD", word.lower())))


def _base64(value: bytes) -> str:
    return b64encode(value).decode().rstrip("=")


def _normal(password: str) -> str:
    # The same accented letter reaches us in two encodings, depending on the keyboard.
    return unicodedata.normalize("NFC", password)
