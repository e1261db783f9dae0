"""Command: `flask --app wsgi staff add USER --role supervisor --email …`."""

from datetime import date, datetime

import click
from flask.cli import with_appcontext

from portal.domain.errors import DomainError
from portal.domain.identity import DocumentType
from portal.domain.staff import ROLE_NAMES
from portal.services.desk import newcomers
from portal.services.desk.newcomers import Enrolled

_SAID = {
    Enrolled.ADDED: "{user} ya es del personal, como {role}: su usuario y su contraseña inicial van a {email}.",
    Enrolled.MAILED_AGAIN: "La contraseña inicial de {user} había vencido sin usarse: otra va a {email}.",
    Enrolled.WAS_THERE: "{user} ya era del personal, como {role}. No se cambió nada.",
}


@click.group("staff")
def staff_group() -> None:
    """Who works at the desk. The rest is done there, in Gestión, Personal."""


@staff_group.command("add")
@click.argument("user")
@click.option("--role", type=click.Choice(sorted(ROLE_NAMES)), required=True)
@click.option("--email", required=True, help="Where the user name and an initial password are mailed.")
@click.option("--document", prompt="Número de documento", help="Nobody decides about their own insurance.")
@click.option("--document-type", type=click.Choice([kind.value for kind in DocumentType]), default="DNI")
@click.option("--country", default="", help="That issued a passport: CO.")
@click.option("--names", prompt="Nombres")
@click.option("--surname", prompt="Apellido paterno")
@click.option("--second-surname", default="")
@click.option("--birth-date", prompt="Fecha de nacimiento (dd/mm/aaaa)", type=click.DateTime(["%d/%m/%Y", "%Y-%m-%d"]))
@click.option("--agency", help="Where they take cash, by its code.")
@with_appcontext
def add(
    user: str,
    role: str,
    email: str,
    document: str,
    document_type: str,
    country: str,
    names: str,
    surname: str,
    second_surname: str,
    birth_date: datetime,
    agency: str | None,
) -> None:
    """Let USER work at the desk. Said again it changes nothing, but renews an initial password that expired unused."""
    try:
        who = newcomers.newcomer(
            username=user,
            role=role,
            email=email,
            document_type=document_type,
            document_number=document,
            country=country,
            names=names,
            paternal_surname=surname,
            maternal_surname=second_surname,
            birth_date=date(birth_date.year, birth_date.month, birth_date.day),
            agency_code=agency,
        )
        outcome = newcomers.enrol(who)
    except DomainError as refused:
        raise click.ClickException(refused.message) from refused
    click.echo(_SAID[outcome].format(user=who.username, role=ROLE_NAMES[who.role].lower(), email=who.email))
