"""Commands: `flask --app wsgi backup FOLDER`, `flask --app wsgi restore FOLDER`."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from flask import Flask

from portal.services.operation import backup

Done = TypeVar("Done")


def register_backup(app: Flask) -> None:
    """Add the commands to `flask`."""

    @app.cli.command("backup")
    @click.argument("folder", type=click.Path(path_type=Path))
    def make(folder: Path) -> None:
        """Copy the database and the files into FOLDER, which must be new. The portal may go on working."""
        made = _done(lambda: backup.make(folder))
        click.echo(f"Copia completa en {folder}: esquema {made.revision}, {len(made.parts)} partes.")
        if made.damaged:
            raise click.ClickException(
                f"Pero {len(made.damaged)} documentos no tenían su archivo como se guardó: vea manifest.json, damaged."
            )

    @app.cli.command("restore")
    @click.argument("folder", type=click.Path(path_type=Path, exists=True))
    @click.option("--replace", is_flag=True, help="Replace what the target holds.")
    def restore(folder: Path, replace: bool) -> None:
        """Bring the database and the files to what FOLDER holds, and prove it. Stop the portal before."""
        for words in _done(lambda: backup.restore(folder, replace=replace)):
            click.echo(f"✓ {words}")


def _done(command: Callable[[], Done]) -> Done:
    try:
        return command()
    except backup.BackupRefused as refused:
        raise click.ClickException(str(refused)) from refused
