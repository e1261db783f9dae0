"""`python -m sandbox.prepare`: the newest schema, the catalogue on sale and, in development, people to try it with.

What the demo says of its people goes to standard output, progress to standard error.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import flask_migrate
from flask import Flask
from flask.cli import ScriptInfo

from portal import create_app
from portal.cli import prepare_migrations
from portal.settings import Settings, UnsafeSettings


def main() -> None:
    try:
        settings = Settings.from_env()
    except UnsafeSettings as problems:
        sys.exit(str(problems))
    app = create_app(settings)
    with redirect_stdout(sys.stderr):
        prepare_migrations(app)
        with app.app_context():
            flask_migrate.upgrade()
        _command(app, "seed")
    if settings.is_local:
        _command(app, "demo")
    elif not settings.is_production:
        sys.stderr.write("No demo users: BASE_URL leads others here, and everybody knows their passwords.\n")


def _command(app: Flask, name: str) -> None:
    app.cli.main([name], obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)


if __name__ == "__main__":
    main()
