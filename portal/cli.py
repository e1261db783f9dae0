"""Commands: `flask --app wsgi seed`, `flask --app wsgi demo`."""

import click
from flask import Flask

from portal.services import banking, catalogue


def register_commands(app: Flask) -> None:
    """Add the portal's commands to `flask`."""

    @app.cli.command("seed")
    def seed() -> None:
        """Publish the catalogue's files and remember the bank's list."""
        for slug in catalogue.publish_files():
            click.echo(f"Publicado: {slug}")
        banking.remember_banks()
