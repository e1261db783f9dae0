"""Commands: `flask --app wsgi seed`, `flask --app wsgi demo`."""

import os

import click
from flask import Flask
from flask.cli import with_appcontext

from portal.cli_check import check, in_words
from portal.cli_staff import staff_group
from portal.demo import create_demo_users
from portal.demo_users import NotHere, app_code
from portal.domain.errors import DomainError
from portal.extensions import db
from portal.services.catalogue import agencies, offers
from portal.services.catalogue.working_calendar import working_calendar
from portal.services.desk import staff
from portal.services.payments import bank, movements
from portal.services.platform import audit


def prepare_migrations(app: Flask) -> None:
    """Let flask_migrate work on the portal's schema. Only commands need it, and 8 MB that it brings stay out of every
    other process."""
    from flask_migrate import Migrate
    from flask_migrate.cli import db as migrations

    in_words(migrations)  # flask finds them by itself
    Migrate(app, db, directory=f"{app.root_path}/migrations", render_as_batch=True)


@click.command("seed")
@with_appcontext
def seed() -> None:
    """Publish the catalogue's files and remember the bank's list. Refused when an agency in use left its file, or one
    breaks a rule."""
    if gone := agencies.missing():
        raise click.ClickException(
            f"A agencies.toml le falta {', '.join(gone)}, que hay en solicitudes, recibos o personal. "
            "Devuélvala al archivo con closed = true."
        )
    working_calendar()
    for slug in offers.publish_files():
        click.echo(f"Publicado: {slug}")
    bank.remember_banks()
    audit.begin_keys()


@click.command("demo")
@with_appcontext
def demo() -> None:
    """Make the people to try the portal with, and say how they sign in. Refused where others reach it."""
    try:
        users = create_demo_users()
    except NotHere as reason:
        raise click.ClickException(str(reason)) from reason
    for user in users:
        click.echo(f"{user.username:<14} {user.password:<24} {user.words}")
    click.echo("El código del segundo paso de los colaboradores: ./run flask codigo carmen.ventas")


@click.command("codigo")
@click.argument("usuario")
@with_appcontext
def code(usuario: str) -> None:
    """Say the code that a demo collaborator's phone would show. Refused where others reach the portal."""
    try:
        found = app_code(usuario, db.session.connection())
    except NotHere as reason:
        raise click.ClickException(str(reason)) from reason
    click.echo(found.words)


@click.command("reset-second-step")
@click.argument("usuario")
@with_appcontext
def reset_second_step(usuario: str) -> None:
    """Let a supervisor without another one, who lost phone and recovery codes, begin a new second step."""
    try:
        staff.reset_last_second_step(usuario)
    except DomainError as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(f"Segundo paso de {usuario} reiniciado, sesiones cerradas, aviso en camino a su correo.")


@click.command("reconcile")
@with_appcontext
def reconcile() -> None:
    """Ask the bank now, and not when the schedule does, what became of each payment without an outcome."""
    movements.reconcile_overdue()
    click.echo(f"Pagos que el banco todavía no aclara: {movements.count_overdue()}")


@click.command("verify-audit")
@click.option("--head", "heads", multiple=True, help="What it ended with once, NUMBER:HASH; may be repeated.")
@with_appcontext
def verify_audit(heads: tuple[str, ...]) -> None:
    """Prove that no row of the audit was altered, taken out or put in, and that it has what it ended with once."""
    try:
        broken = audit.first_broken()
    except audit.UnknownKey as unknown:
        raise click.ClickException(f"The audit can't be proved: {unknown}.") from unknown
    if broken is not None:
        raise click.ClickException(f"The audit is broken at row {broken}: altered, taken out or put in.")
    for head in heads:
        number, _, its_hash = head.strip().rpartition(" ")[2].partition(":")
        if not number.isdigit():
            raise click.ClickException(f"{head!r} is no end of the audit: NUMBER:HASH.")
        if not audit.has(int(number), its_hash):
            raise click.ClickException(f"The audit is broken: its row {number} was another, cut off or made anew.")
    rows, last_hash = audit.last()
    click.echo(f"The audit is whole: {rows} rows. It ends with {rows}:{last_hash}")


def register_commands(app: Flask) -> None:
    """Add the portal's commands to `flask`."""
    if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        from portal.cli_backup import register_backup

        prepare_migrations(app)
        register_backup(app)
    for command in (check, staff_group, seed, demo, code, reset_second_step, reconcile, verify_audit):
        app.cli.add_command(command)
    in_words(app.cli)
