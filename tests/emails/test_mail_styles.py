"""A mail is legible whatever a mail program makes of its styles: as sent, without its style sheet, without any."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from portal.services.messaging import mails
from tests.emails.mails import letter

each_kind = pytest.mark.parametrize("kind", mails.KINDS)

WHITE, LEAST_CONTRAST = "#ffffff", 4.5
_VOID = {"meta", "br", "img", "hr", "link", "input"}


class Painted(HTMLParser):
    """Each text of a mail with its ink and its ground: by inline styles, or by attributes alone when they are taken
    away."""

    def __init__(self, html: str, *, styled: bool) -> None:
        super().__init__()
        self._styled = styled
        self._open: list[tuple[str, str, str]] = [("", "#000000", WHITE)]
        self.texts: list[tuple[str, str, str]] = []
        self.feed(re.sub(r"<(style|title)>.*?</\1>", "", html, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        _, ink, ground = self._open[-1]
        style = dict(self._declared(given.get("style", ""))) if self._styled else {}
        ink = style.get("color", given.get("color", given.get("text", ink)))
        if tag == "a" and not style.get("color"):
            ink = "#0000ee"
        ground = style.get("background", style.get("background-color", given.get("bgcolor", ground)))
        if tag not in _VOID:
            self._open.append((tag, ink.lower(), ground.lower()))

    def handle_endtag(self, tag: str) -> None:
        while self._open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((data.strip(), *self._open[-1][1:]))

    @staticmethod
    def _declared(style: str) -> Iterator[tuple[str, str]]:
        for declaration in style.split(";"):
            name, _, value = declaration.partition(":")
            if re.fullmatch(r"#[0-9a-fA-F]{6}", value.strip()):
                yield name.strip(), value.strip()


def contrast(ink: str, ground: str) -> float:
    """As WCAG 2 computes it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(ink), luminance(ground)))
    return (lighter + 0.05) / (darker + 0.05)


@each_kind
@pytest.mark.parametrize("styled", [True, False], ids=["its styles", "no style at all"])
def test_every_word_of_a_mail_can_be_read_with(kind: str, styled: bool) -> None:
    painted = Painted(letter(kind).html, styled=styled).texts
    assert len(painted) > 5
    assert [one for one in painted if contrast(*one[1:]) < LEAST_CONTRAST] == []


@each_kind
def test_no_colour_stands_in_an_attribute_where_its_counterpart_may_be_taken_away(kind: str) -> None:
    assert not re.search(r"\s(bgcolor|color|text|background)=", letter(kind).html)


@each_kind
def test_phones_make_no_links_of_numbers_and_outlook_gets_a_width_it_knows(kind: str) -> None:
    html = letter(kind).html
    assert '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">' in html
    begins, ends = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", html)
    assert 'width="600"' in begins
    assert begins.count("<table") == ends.count("</table>") == 1
