"""One table of a data file, read key by key: what is missing, misspelt or of the wrong kind is said with its place."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

_BLANKS = re.compile(r"[ \t\r\n]+")  # not \s: a no-break space is meant
_SYMBOL = re.compile(r"(?<=S/) (?=[0-9])|(?<=[0-9]) (?=%)")  # S/ 40.00 and 18 % don't part at the end of a line
C = TypeVar("C", bound=StrEnum)

_AMOUNT = re.compile(r"[0-9]+(\.[0-9]{1,2})?")


class CatalogueError(ValueError):
    """A data file of the catalogue breaks a rule. The message names the place and the problem."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")


class Table:
    """A mapping with its place in the file. Every reader raises CatalogueError; `close` refuses keys nobody read."""

    def __init__(self, where: str, data: Mapping[str, Any]) -> None:
        self.where = where
        self._data = data
        self._seen: set[str] = set()

    @property
    def data(self) -> Mapping[str, Any]:
        """The mapping itself."""
        return self._data

    def at(self, key: str) -> str:
        """The place of a key, for a message."""
        return f"{self.where}.{key}" if self.where else key

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def text(self, key: str) -> str:
        """A text that is not empty: line breaks become spaces, and S/ and % stay beside their figure."""
        return self._text(key, self._get(key))

    def optional_text(self, key: str) -> str | None:
        """A text, or None where the key is absent."""
        return self.text(key) if key in self._data else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of at least one text."""
        return tuple(self._text(f"{key}[{n}]", item) for n, item in enumerate(self._list(key), start=1))

    def optional_texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a key that is absent means none."""
        return self.texts(key) if key in self._data else ()

    def choice(self, key: str, kind: type[C]) -> C:
        """One of the values of `kind`."""
        return self._choice(key, self._get(key), kind)

    def optional_choice(self, key: str, kind: type[C], default: C) -> C:
        """One of the values of `kind`, or `default` where the key is absent."""
        return self.choice(key, kind) if key in self._data else default

    def optional_choices(self, key: str, kind: type[C]) -> tuple[C, ...]:
        """A list of values of `kind`; a key that is absent means none."""
        return tuple(self._choice(key, item, kind) for item in self._list(key)) if key in self._data else ()

    def days(self, key: str) -> tuple[date, ...]:
        """A list of at least one date, as TOML writes them (2026-07-28), each once and in their order."""
        days = self._list(key)
        if any(type(day) is not date for day in days) or days != sorted(set(days)):
            raise CatalogueError(self.at(key), "must be dates like 2026-07-28, each once and in their order")
        return tuple(days)

    def whole(self, key: str) -> int:
        """A whole number, one or more."""
        return self._whole(key, self._get(key))

    def optional_whole(self, key: str) -> int | None:
        """A whole number, one or more, or None where the key is absent."""
        return self.whole(key) if key in self._data else None

    def wholes(self, key: str) -> tuple[int, ...]:
        """A list of at least one whole number, each one or more."""
        return tuple(self._whole(f"{key}[{n}]", item) for n, item in enumerate(self._list(key), start=1))

    def flag(self, key: str) -> bool:
        """true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise CatalogueError(self.at(key), f"must be true or false, it is {value!r}")
        return value

    def optional_flag(self, key: str, *, default: bool = False) -> bool:
        """true or false; a key that is absent means `default`."""
        return self.flag(key) if key in self._data else default

    def amount(self, key: str) -> Decimal:
        """An exact amount above zero with two decimals at most, written between quotes ("72.92")."""
        value = self._get(key)
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value) or not Decimal(value):
            raise CatalogueError(self.at(key), f'must be an amount between quotes such as "72.92", it is {value!r}')
        return Decimal(value)

    def table(self, key: str) -> "Table":
        """The table under a key."""
        return self._table(key, self._get(key))

    def optional_table(self, key: str) -> "Table | None":
        """The table under a key, or None where the key is absent."""
        return self.table(key) if key in self._data else None

    def texts_or_tables(self, key: str) -> "tuple[str | Table, ...]":
        """A list with at least one item, each a text or a table."""
        return tuple(
            self._text(f"{key}[{n}]", item) if isinstance(item, str) else self._table(f"{key}[{n}]", item)
            for n, item in enumerate(self._list(key), start=1)
        )

    def tables(self, key: str) -> tuple["Table", ...]:
        """The tables of a list with at least one."""
        return tuple(self._table(f"{key}[{n}]", item) for n, item in enumerate(self._list(key), start=1))

    def close(self) -> None:
        """Refuse keys that nobody read: they are misspelt."""
        unknown = sorted(set(self._data) - self._seen)
        if unknown:
            raise CatalogueError(self.at(unknown[0]), "is not a known key")

    def _get(self, key: str) -> Any:
        self._seen.add(key)
        if key not in self._data:
            raise CatalogueError(self.at(key), "is missing")
        return self._data[key]

    def _list(self, key: str) -> list[Any]:
        value = self._get(key)
        if not isinstance(value, list) or not value:
            raise CatalogueError(self.at(key), "must be a list with at least one item")
        return value

    def _whole(self, key: str, value: Any) -> int:
        if type(value) is not int or value < 1:
            raise CatalogueError(self.at(key), f"must be a whole number of one or more, it is {value!r}")
        return value

    def _choice(self, key: str, value: Any, kind: type[C]) -> C:
        try:
            return kind(value)
        except ValueError as error:
            names = ", ".join(kind)
            raise CatalogueError(self.at(key), f"must be one of {names}, it is {value!r}") from error

    def _text(self, key: str, value: Any) -> str:
        text = _SYMBOL.sub("\xa0", _BLANKS.sub(" ", value).strip(" ")) if isinstance(value, str) else ""
        if not text:
            raise CatalogueError(self.at(key), "must be a text that is not empty")
        return text

    def _table(self, key: str, value: Any) -> "Table":
        if not isinstance(value, Mapping):
            raise CatalogueError(self.at(key), "must be a table of keys and values")
        return Table(self.at(key), value)
