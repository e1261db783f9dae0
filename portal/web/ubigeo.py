"""Where somebody lives: department, province, district, each list under what is chosen above it.

A form with the three fields calls `offer(self)` when it is made. Their names in the page are these.
"""

from collections.abc import Callable

from wtforms import Field
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from portal.domain import ubigeo
from portal.web.forms import Form, SelectField, required


def department() -> SelectField:
    """The field `departamento`."""
    return SelectField("Departamento", [required("Elija su departamento.")], validate_choice=False)


def province() -> SelectField:
    """The field `provincia`."""
    return SelectField("Provincia", [_once("departamento", "Elija su provincia.")], validate_choice=False)


def district() -> SelectField:
    """The field `distrito`, whose value is the ubigeo (INEI)."""
    return SelectField("Distrito", [_once("provincia", "Elija su distrito.")], validate_choice=False)


def offer(form: Form) -> None:
    """Fill the three lists from what is chosen above each; what no longer belongs there is let go."""
    _offer(form["departamento"], "Elija el departamento", ubigeo.departments())
    _offer(form["provincia"], "Elija la provincia", ubigeo.provinces(form["departamento"].data))
    _offer(form["distrito"], "Elija el distrito", ubigeo.districts(form["provincia"].data))


def chosen_by(ubigeo_code: str) -> dict[str, str]:
    """The three fields' values of a district."""
    code = ubigeo.current(ubigeo_code)
    return {"departamento": code[:2], "provincia": code[:4], "distrito": code}


def _once(above: str, words: str) -> Callable[[Form, Field], None]:
    """Something must be chosen here once it is in the list above: until then that list says so, and this one can't
    offer anything."""

    def check(form: Form, field: Field) -> None:
        if form[above].data and not field.data:
            raise ValidationError(words)

    return check


def _offer(field: SelectField, prompt: str, choices: tuple[tuple[str, str], ...]) -> None:
    field.choices = [SelectChoice("", prompt), *(SelectChoice(code, name) for code, name in choices)]
    if field.data not in dict(choices):
        field.data = ""
