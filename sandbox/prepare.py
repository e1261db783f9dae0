"""`python -m sandbox.prepare`: the newest schema, the catalogue on sale and, in development, people to try it with.

What the demo says of its people goes to standard output, progress to standard error.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing, redirect_stdout
from pathlib import Path

import flask_migrate
from click import ClickException
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from portal import create_app
from portal.cli import prepare_migrations
from portal.extensions import db
from portal.models import Person, Purchase
from portal.models.transaction import end_reading
from portal.settings import Settings, UnsafeSettings
from sandbox import certificate
from sandbox.embedded import CERTIFICATE, DATABASE

GUIDE = """\
Rosa Quispe (rosa1994): un seguro por renovar, uno con otro plan, un siniestro observado, una compra sin terminar
Julio Ttito: un seguro vencido. Wilber Apaza: uno anulado y un pago en revisión
Nélida Poma: una orden que espera en Caja. María Luz Ccahuana: una devolución por entregar (agencia de Carmen)
Óscar Núñez: un correo que no llega (Cola). Delia Condori: un siniestro y una evidencia por revisar"""
_ONE_OF_THEM = "nelida.poma@correo.example"

REFUSALS = (UnsafeSettings, ClickException)


def prepare(env: Mapping[str, str], ledger: Path | None = None) -> str:
    """What the demo says of its people, once all is ready for the portal of this environment. No connection stays open.
    With the `ledger` of an embedded bank, beside which lies an embedded database, they have bought something.

    Raises one of REFUSALS, whose words say what to do.
    """
    settings = Settings.from_env(env)
    if ledger is not None:
        undo_unfinished(ledger)
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
            people.write(_scenes(app, ledger))
        db.engine.dispose()
    if not settings.is_local and not settings.is_production:
        sys.stderr.write("No demo users: BASE_URL leads others here, and everybody knows their passwords.\n")
    return people.getvalue()


def _scenes(app: Flask, ledger: Path | None) -> str:
    """What there is to look at, made in a folder where nothing was sold; the bank and the database are its own."""
    if ledger is None:
        return ""
    if is_empty():
        _say("Database: two years of sales, and people in every state")
        keep_before(ledger)
        db.engine.dispose()
        # What they are made with stays out of the memory that every process begins with.
        playing = multiprocessing.get_context("fork").Process(target=_play, args=(app, ledger))
        playing.start()
        playing.join()
        if playing.exitcode:
            raise ClickException("What the demo shows could not be made; the next start begins it anew.")
        _before(ledger).unlink()
    else:
        from sandbox import history

        history.put_off()
    return f"\n{GUIDE}\n" if is_played() else ""


def keep_before(ledger: Path) -> None:
    """Keep the database as it is before the demo is played, for as long as that isn't whole."""
    unfinished = _before(ledger).with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(db.engine.url.database or "")) as connection:
        connection.execute("VACUUM INTO ?", [str(unfinished)])
    unfinished.rename(_before(ledger))


def undo_unfinished(ledger: Path) -> None:
    """Begin again before a demo that was interrupted; nothing else happened since, as no portal was started."""
    before = _before(ledger)
    if before.exists():
        _say("Database: as it was before the demo, which was interrupted")
        for file in (ledger, ledger.with_name(DATABASE)):
            for ending in ("", "-wal", "-shm"):
                file.with_name(file.name + ending).unlink(missing_ok=True)
        before.rename(ledger.with_name(DATABASE))


def _before(ledger: Path) -> Path:
    return ledger.with_name("before-demo.sqlite")


def is_empty() -> bool:
    """Whether nothing was sold here yet."""
    found = db.session.scalar(select(Purchase.id).limit(1))
    end_reading()
    return found is None


def is_played() -> bool:
    """Whether those of whom GUIDE tells are here."""
    found = db.session.scalar(select(Person.id).filter_by(email=_ONE_OF_THEM).limit(1))
    end_reading()
    return found is not None


def _play(app: Flask, ledger: Path) -> None:
    from sandbox import scenes

    scenes.play(app, ledger)


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
