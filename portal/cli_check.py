"""Commands in words: `flask --app wsgi check`, and what any other says instead of a trace."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask.cli import with_appcontext
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from portal.domain.errors import DomainError
from portal.settings import current_settings
from portal.settings_rules import doubts

_SAYS_MORE = "flask --app wsgi check says more."


@click.command("check")
@with_appcontext
def check() -> None:
    """Try all that the portal stands on; name what fails and what to do, causes first."""
    from portal.services.operation import foundations

    settings = current_settings()
    for doubt in doubts(settings):
        click.echo(f"? settings: {doubt}")
    failed = 0
    for found in foundations.look():
        click.echo(f"✗ {found.part}: {found.trouble}" if found.trouble else f"✓ {found.part}")
        failed += found.trouble is not None
    if failed:
        raise click.ClickException("The portal can't do its work yet: begin with the first line that failed.")


def in_words(command: click.Command) -> None:
    """Let `command`, and all that are below it, end what may be expected to go wrong with words and a status."""
    if isinstance(command, click.Group):
        for one in command.commands.values():
            in_words(one)
    elif command.callback is not None and not hasattr(command.callback, "in_words"):
        command.callback = _speaking(command.callback)


def _speaking(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def speaking(*arguments: Any, **named: Any) -> Any:
        try:
            return callback(*arguments, **named)
        except (DBAPIError, RedisError, OSError, DomainError) as error:
            raise click.ClickException(_words(error)) from error

    speaking.in_words = True  # type: ignore[attr-defined]  # a mark: applications share their commands
    return speaking


def _words(error: Exception) -> str:
    from portal.services.operation.foundations import why

    if isinstance(error, DomainError):
        return error.message
    if _lacks_a_table(error):
        return "The database has no tables yet, or older ones: flask --app wsgi db upgrade."
    if isinstance(error, OperationalError):
        return f"The database can't be used: {why(error)}. {_SAYS_MORE}"
    if isinstance(error, DBAPIError):
        return f"The database refuses it ({type(error.orig).__name__}). {_SAYS_MORE}"
    if isinstance(error, RedisError):
        return f"Redis can't be used: {why(error)}. {_SAYS_MORE}"
    place = getattr(error, "filename", None)
    return f"{place}: {why(error)}." if place else f"{why(error)}."


def _lacks_a_table(error: Exception) -> bool:
    return (isinstance(error, OperationalError) and "no such table" in str(error.orig)) or (
        isinstance(error, ProgrammingError) and type(error.orig).__name__ in {"UndefinedTable", "UndefinedColumn"}
    )
