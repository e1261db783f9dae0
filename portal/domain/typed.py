"""Text as people type and paste it: without what nobody sees, and with the marks that were meant.

What is pasted from a chat, a PDF or a table brings zero-width letters, direction marks, a byte order mark, soft hyphens
and spaces that do not break; phones write a dash for a hyphen and a curly mark for an apostrophe.
"""

import re
import unicodedata

_EXPIRY = re.compile(r"(0?[1-9]|1[0-2])[^0-9]{1,3}(?:20)?([0-9]{2})")
_EXPIRY_UNMARKED = re.compile(r"(0[1-9]|1[0-2])(?:20)?([0-9]{2})")  # "120" could be any month
_BREAKS = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = "\t\u2800"  # besides the spaces of every script: a tab, and the sign of Braille without a dot
# Cc controls, Cf marks of direction, joiners and the like, Cs halves of a letter, which no database keeps.
_UNSEEN = {"Cc", "Cf", "Cs"}
# The rest of Unicode's Default_Ignorable_Code_Point (fillers, variation selectors), and what dictation leaves behind.
_IGNORED = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufffc\U000e0000-\U000e0fff]"
)
_MARKS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02bd\u02c8\u2032\u2035\u0060\u00b4\uff07\ua78c", "'")
)


def clean(typed: str) -> str:
    """The text without invisible letters, its spaces plain, accents on their letters (NFC), and nothing empty around
    it. Its lines stay lines."""
    if typed.isascii() and typed.isprintable():
        return typed.strip()
    broken = _IGNORED.sub("", _BREAKS.sub("\n", typed))
    return unicodedata.normalize("NFC", "".join(map(_seen, broken))).strip()


def line(typed: str) -> str:
    """The same in one line, with its spaces in order."""
    return " ".join(clean(typed).split())


def plain_marks(text: str) -> str:
    """The text with every look-alike of a hyphen and an apostrophe as the one of the keyboard."""
    return text.translate(_MARKS)


def compact(typed: str) -> str:
    """A number or a code without what people put between its groups: spaces, hyphens and dots."""
    return re.sub(r"[\s.-]", "", plain_marks(line(typed)))


def figures(text: str) -> str:
    """The text with the figures of every script as those of the keyboard: some phones write full-width ones."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in text)


def six_digits(typed: str) -> str:
    """A code of six digits out of what was copied with it, as the whole subject of its mail; else what was typed,
    without its spaces."""
    written = figures(plain_marks(line(typed)))
    alone = re.findall(r"(?<![0-9-])[0-9]{3}[ .-]?[0-9]{3}(?![0-9])", written)
    return compact(alone[0] if len(alone) == 1 else written)


def _seen(letter: str) -> str:
    if letter == "\n":
        return letter
    if letter in _BLANKS:
        return " "
    kind = unicodedata.category(letter)
    return " " if kind == "Zs" else "" if kind in _UNSEEN else letter


def bare(text: str) -> str:
    """Small letters without accents, for what is looked for however it is written: `nahui` of `Ñahui`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def expiry(typed: str) -> tuple[int, int] | None:
    """The month and the year until which a card is good, as it is typed: "03/27", "3/27", "03/2027", "0327"."""
    text = figures(plain_marks(line(typed)))
    written = _EXPIRY.fullmatch(text) or _EXPIRY_UNMARKED.fullmatch(text)
    return (int(written[1]), 2000 + int(written[2])) if written else None
