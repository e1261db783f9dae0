"""Commands: `flask --app wsgi seed`, `flask --app wsgi demo`."""

import click
from flask import Flask

from portal.demo import create_demo_users
from portal.services import banking, catalogue


def register_commands(app: Flask) -> None:
    """Add the portal's commands to `flask`."""

    @app.cli.command("seed")
    def seed() -> None:
        """Publish the catalogue's files and remember the bank's list."""
        for slug in catalogue.publish_files():
            click.echo(f"Publicado: {slug}")
        banking.remember_banks()

    @app.cli.command("demo")
    def demo() -> None:
        """Make the people to try the portal with, and say how they sign in. Refused where others reach it."""
        for user in create_demo_users():
            click.echo(f"{user.username:<12} {user.password:<24} {user.words}")
