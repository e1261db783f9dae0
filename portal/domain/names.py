"""Names as they are written, and as they are searched and compared: without accents or case, word by word."""

import re

from portal.domain.typed import bare, line, plain_marks

_LEFT_OUT = 2  # words that one of two spellings of a name may lack
LONGEST = 90  # letters kept of a word: some letters are several without their accents, as ß and those of Korean are

_BETWEEN = re.compile(r"[^\w]+|_")
_INSIDE = re.compile(r"['.]")  # d'Angelo is one word, however its mark is typed, and none of them is one

_PARTICLES = frozenset(
    ("de", "del", "la", "las", "lo", "los", "y", "e", "da", "das", "do", "dos", "di", "van", "von", "der", "den")
)
_MARK = re.compile(r"([-'])")
_NUMERAL = re.compile(r"(?i:i{2,3}|iv)")
_SCOTTISH = re.compile(r"(?i:mc)(\w{3,})")


def proper_case(name: str) -> str:
    """`Rosa Condori Flores` from `rosa CONDORI FLORES`: words in small letters or in capitals as names are written,
    particles small. A word that mixes both is as its owner wants it."""
    typed = name.split()
    if all(word.lower() in _PARTICLES for word in typed):  # a surname of its own, as De and La are too
        return " ".join(map(_capitalised, typed))
    return " ".join(word.lower() if _is_particle(word) else _capitalised(word) for word in typed)


def _is_particle(word: str) -> bool:
    return word.lower() in _PARTICLES and _says_nothing(word)


def _capitalised(word: str) -> str:
    return "".join(_part(part) for part in _MARK.split(word))


def _part(part: str) -> str:
    if not _says_nothing(part):
        return part
    if _NUMERAL.fullmatch(part):
        return part.upper()
    scottish = _SCOTTISH.fullmatch(part)
    return f"Mc{scottish[1].capitalize()}" if scottish else part.capitalize()


def _says_nothing(part: str) -> bool:
    """Whether its case does: all small, or all capitals."""
    return part.islower() or part.isupper()


def words(text: str) -> tuple[str, ...]:
    """`("nahui", "rosa")` from `Rosa  ÑAHUI`: each word once, in alphabetical order."""
    plain = bare(_INSIDE.sub("", plain_marks(line(text))))
    return tuple(sorted({word[:LONGEST] for word in _BETWEEN.split(plain) if word}))


def alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two people, each by names and surnames, may be one: accents, case and order apart, and with a second name
    or a surname left out. A name and a surname are in both, and what one says the other does not contradict."""
    said, known = set(words(" ".join(one))), set(words(" ".join(other)))
    shared = said & known
    has_both = all(shared.intersection(words(part)) for part in other)
    return has_both and (said <= known or known <= said) and len(said ^ known) <= _LEFT_OUT
