"""Versioned texts that a person accepts: what was accepted is known by key, version and SHA-256."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.domain.catalogue.files import read_toml
from portal.domain.catalogue.reading import read_version
from portal.domain.catalogue.table import CatalogueError, Table


@dataclass(frozen=True, slots=True)
class TextSection:
    """A titled part of a text."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A text to accept. `acceptance` is the sentence beside what accepts it; `summary`, if there is one, are the lines
    shown above it; `version` is a date, aaaa-mm-dd."""

    key: str
    version: str
    title: str
    acceptance: str
    draft_notice: str
    summary: tuple[str, ...]
    sections: tuple[TextSection, ...]

    @property
    def plain(self) -> str:
        """The whole text without markup, always the same for the same words: what the hash is taken of."""
        parts = [self.title, f"{self.key} {self.version}", self.draft_notice, *self.summary]
        for section in self.sections:
            parts += [section.title, *section.paragraphs]
        parts.append(self.acceptance)
        return "\n\n".join(parts) + "\n"

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of `plain` in UTF-8."""
        return hashlib.sha256(self.plain.encode()).hexdigest()


def parse_text(data: Mapping[str, Any]) -> Text:
    """The text in a mapping. Raises CatalogueError with place and problem."""
    table = Table(str(data.get("key", "")), data)
    text = Text(
        key=table.text("key"),
        version=read_version(table),
        title=table.text("title"),
        acceptance=table.text("acceptance"),
        draft_notice=table.text("draft_notice"),
        summary=table.optional_texts("summary"),
        sections=tuple(_section(item) for item in table.tables("sections")),
    )
    table.close()
    return text


def load_texts(folder: Path) -> dict[str, Text]:
    """The texts of a folder by key. Raises CatalogueError where one is invalid or not named after its key."""
    texts = {}
    for path in sorted(folder.glob("*.toml")):
        text = parse_text(read_toml(path))
        if text.key != path.stem:
            raise CatalogueError(f"{path.name}.key", f"must be {path.stem!r}, the name of the file")
        texts[text.key] = text
    return texts


def _section(table: Table) -> TextSection:
    section = TextSection(table.text("title"), table.texts("paragraphs"))
    table.close()
    return section
