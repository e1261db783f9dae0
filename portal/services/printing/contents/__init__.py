"""What each kind of document says: a module a kind, called by its code, whose function `contents` takes the subject."""

from dataclasses import dataclass
from typing import Any

from portal.settings import current_settings


@dataclass(frozen=True, slots=True)
class Contents:
    """`words` are what the kind's template asks for; `title` is the file's own; `footer` stands on every sheet,
    if there is one."""

    words: dict[str, Any]
    title: str
    footer: str


def link(path: str) -> str:
    """The whole address of a page of the portal, for whoever holds the paper."""
    return current_settings().base_url + path
