"""Long lists, a page at a time by the key of the last line seen: the first page and the thousandth cost the same."""

from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def newest(query: Query, key: InstrumentedAttribute[int], *, before: int | None = None, limit: int) -> Query:
    """The newest lines of `query`, at most `limit` of them: all older than the line whose key is `before`, if given."""
    lines = query.order_by(key.desc()).limit(limit)
    return lines if before is None else lines.where(key < before)
