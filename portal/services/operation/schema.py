"""Which revision of the schema this release knows, and which one the database has."""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import text

from portal.extensions import db

_FOLDER = Path(__file__).parents[2] / "migrations" / "versions"
_LINE = re.compile(r"^(revision|down_revision) = (?:\"(\w+)\"|None)$", re.MULTILINE)


@cache
def revisions() -> tuple[str, ...]:
    """Those this release knows, oldest first. Read from the files: Alembic is 8 MB that only commands need."""
    after = {}
    for file in _FOLDER.glob("*.py"):
        found = dict(_LINE.findall(file.read_text()))
        after[found.get("down_revision") or None] = found["revision"]
    chain: list[str] = []
    while following := after.get(chain[-1] if chain else None):
        chain.append(following)
    return tuple(chain)


def head() -> str:
    """The revision that this release was written for."""
    return revisions()[-1]


def of_database() -> str | None:
    """The database's own; None where no migration ran. Raises SQLAlchemyError when it can't be asked."""
    found: str | None = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def is_current() -> bool:
    """Whether this release can work on the database. One that a newer release has moved on is fine: migrations are
    written so that the release before them survives, and a deploy must not send its visitors away."""
    found = of_database()
    return found == head() or (found is not None and found not in revisions())
