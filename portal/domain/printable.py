"""What our documents can print: what the fonts that they are set in draw (portal/templates/documents/fonts).

A letter that no font draws leaves a gap or a box, and a document never changes. So it is refused where it is typed, and
looked for again in every document before it is kept.
"""

from portal.domain.errors import DomainError

# Besides Latin 1. Names of Peru and of the countries that write with our alphabet; a test holds them to the fonts.
_LETTERS = (
    "ĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĖėĘęĚěĜĝĞğĠġĢģĤĥĦħĪīĮįİıĲĳĴĵĶķĹĺĻļĽľŁłŃńŅņŇňŊŋŌōŐőŒœŔŕŖŗŘřŚśŜŝŞşŠšŤťŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽž"
    "ǍǎȘșȚțẀẁẂẃẄẅẞỲỳ"
)
_MARKS = "–—‘’‚“”„†•…‹›€™↑↓−"
PRINTABLE = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0xAD), *range(0xAE, 0x100)))) | {*_LETTERS, *_MARKS}


def unprintable(text: str) -> str:
    """The letters of `text` that no document could print, each once; empty when there are none."""
    return "".join(dict.fromkeys(letter for letter in text if letter not in PRINTABLE))


def check_name(name: str, *, field: str) -> None:
    """A person's name can be printed. Raises DomainError on `field`."""
    if lost := unprintable(name):
        raise DomainError(
            f"La póliza no puede imprimir «{lost}». Escríbalo con letras de la A a la Z, como en el pasaporte o carné.",
            field,
        )


def check_text(text: str, *, field: str) -> None:
    """What a document says in somebody's own words can be printed. Raises DomainError on `field`."""
    if lost := unprintable(text):
        raise DomainError(
            f"No podemos imprimir «{lost}»: use letras de la A a la Z, números y signos como . , - # / °", field
        )
