"""`python -m sandbox.prepare`: the newest schema, the catalogue on sale and, in development, people to try it with.

What the demo says of its people goes to standard output, progress to standard error.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout

import flask_migrate
from click import ClickException
from flask import Flask
from flask.cli import ScriptInfo

from portal import create_app
from portal.cli import prepare_migrations
from portal.extensions import db
from portal.settings import Settings, UnsafeSettings
from sandbox import certificate
from sandbox.embedded import CERTIFICATE

REFUSALS = (UnsafeSettings, ClickException)


def prepare(env: Mapping[str, str]) -> str:
    """What the demo says of its people, once all is ready for the portal of this environment. No connection stays open.

    Raises one of REFUSALS, whose words say what to do.
    """
    settings = Settings.from_env(env)
    _make_certificate(settings)
    app = create_app(settings)
    people = io.StringIO()
    with redirect_stdout(sys.stderr), app.app_context():
        prepare_migrations(app)
        _say("Database: schema")
        flask_migrate.upgrade()
        _say("Database: catalogue")
        _command(app, "seed")
        if settings.is_local:
            _say("Database: people to try it with")
            with redirect_stdout(people):
                _command(app, "demo")
        db.engine.dispose()
    if not settings.is_local and not settings.is_production:
        sys.stderr.write("No demo users: BASE_URL leads others here, and everybody knows their passwords.\n")
    return people.getvalue()


def _make_certificate(settings: Settings) -> None:
    """The one that signs documents, at the first start, unless another one was given."""
    file = settings.data_folder / CERTIFICATE
    if not settings.is_production and settings.signing_certificate == str(file) and not file.exists():
        _say("Certificate that signs documents")
        certificate.make(file, settings.signing_password or "")


def _say(part: str) -> None:
    sys.stderr.write(f"▸ {part}\n")


def _command(app: Flask, name: str) -> None:
    app.cli.main([name], obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)


def main() -> None:
    try:
        sys.stdout.write(prepare(os.environ))
    except REFUSALS as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
