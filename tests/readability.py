"""How easily a text is read: INFLESZ, the Szigriszt-Pazos measure for Spanish as Barrio-Cantalejo graded it. 55 to 65
is normal, 65 to 80 quite easy, over 80 very easy. Source: B24."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import html as markup
from syltippy import syllabize

FEWEST_WORDS = 4
_WORD = re.compile(r"[a-záéíóúüñ]+", re.IGNORECASE)
_NO_PROSE = re.compile(r"\S*(?:@|://|www\.)\S*")
# What ends in a full stop is a sentence; captions, names and figures of a list are not.
_SENTENCE = re.compile(r"(?:^|(?<=[.!?…:;]\s))[^.!?…:;]*(?:[.:][^\s.!?…:;][^.!?…:;]*)*[.!?…](?=\s|$)")
_INLINE = {"a", "abbr", "b", "em", "i", "kbd", "mark", "small", "span", "strong", "sub", "sup", "time", "u", "bdi"}
_UNREAD = {"script", "style", "template", "svg", "head", "title"}


def sentences(texts: Iterator[str] | list[str]) -> list[list[str]]:
    """The words of each sentence of the texts; numbers and addresses are none."""
    found = (
        _WORD.findall(sentence)
        for text in texts
        for sentence in _SENTENCE.findall(_NO_PROSE.sub("", " ".join(text.split())))
    )
    return [words for words in found if len(words) >= FEWEST_WORDS]


def inflesz(read: Sequence[Sequence[str]]) -> float:
    """206.835 - 62.3 × syllables a word - words a sentence."""
    words = [word for sentence in read for word in sentence]
    syllables = sum(len(syllabize(word)[0]) for word in words)
    return 206.835 - 62.3 * syllables / len(words) - len(words) / len(read)


def of_plain(text: str) -> list[list[str]]:
    """The sentences of a text mail: a blank line or a list's mark ends one."""
    return sentences(re.split(r"\n\s*\n|\n\s*[-*·•]\s|\n(?=\s*\d+\.\s)", text))


def of_html(source: str, *, inside: str = "body") -> list[list[str]]:
    """The sentences that a reader sees `inside` the page: each block's own text."""
    tree = markup.document_fromstring(source)
    roots = tree.xpath(f"//{inside}") or [tree]
    return sentences([text for root in roots for text in _blocks(root)])


def _blocks(element: markup.HtmlElement) -> Iterator[str]:
    """The text of each block, the inline elements in it joined."""
    pieces: list[str] = []

    def walk(node: markup.HtmlElement) -> Iterator[str]:
        if not isinstance(node.tag, str) or node.tag in _UNREAD or "visually-hidden" in (node.get("class") or ""):
            return
        is_block = node.tag not in _INLINE
        if is_block and pieces:
            yield " ".join(pieces)
            pieces.clear()
        pieces.append(node.text or "")
        for child in node:
            yield from walk(child)
            pieces.append(child.tail or "")
        if is_block and pieces:
            yield " ".join(pieces)
            pieces.clear()

    yield from walk(element)
    if pieces:
        yield " ".join(pieces)
