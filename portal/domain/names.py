"""Names as they are searched: without accents or case, word by word."""

import re
import unicodedata

from portal.domain.typed import line, plain_marks

LONGEST = 90  # letters kept of a word: some letters are several without their accents, as ß and those of Korean are

_BETWEEN = re.compile(r"[^\w]+|_")
_INSIDE = re.compile(r"['.]")  # d'Angelo is one word, however its mark is typed, and none of them is one


def words(text: str) -> tuple[str, ...]:
    """`("nahui", "rosa")` from `Rosa  ÑAHUI`: each word once, in alphabetical order."""
    plain = unicodedata.normalize("NFKD", _INSIDE.sub("", plain_marks(line(text)).casefold()))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(sorted({word[:LONGEST] for word in _BETWEEN.split(bare) if word}))
