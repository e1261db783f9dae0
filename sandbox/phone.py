"""`./run flask codigo USUARIO` without the application, whose imports would take most of a code's time to be typed.

Elsewhere the application's own command of that name answers, in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from portal.demo_users import NotHere, app_code
from portal.domain import clock
from portal.settings import Settings, UnsafeSettings

REFUSALS = (NotHere, UnsafeSettings)


def code(env: Mapping[str, str], username: str) -> str | None:
    """What the phone of somebody of the demo's staff shows; None where the database can't say it. Raises one of
    REFUSALS."""
    settings = Settings.from_env(env)
    app = Flask("portal")
    app.config["PORTAL"] = settings
    if not settings.is_production:
        clock.shift(settings.clock_offset)
    engine = create_engine(settings.database_url)
    try:
        with app.app_context(), engine.connect() as connection:
            return app_code(username, connection).words
    except DBAPIError:
        return None
    finally:
        engine.dispose()
