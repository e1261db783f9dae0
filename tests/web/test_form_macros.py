"""Every form and field is written by macros: what they promise to the keyboard, the screen reader and htmx."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template_string
from flask_wtf import CSRFProtect, FlaskForm
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FieldList,
    Form,
    FormField,
    PasswordField,
    RadioField,
    StringField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length

from portal.web.assets import SOURCE, init_assets
from portal.web.filters import init_filters
from portal.web.forms import DayField, SelectField


class Person(Form):
    nombres = StringField("Nombres", [DataRequired("Escriba los nombres del beneficiario.")])


class Sample(FlaskForm):
    dni = StringField("DNI", [Length(8, 8, "El DNI tiene 8 dígitos.")])
    nacimiento = DateField("Fecha de nacimiento", format="%d/%m/%Y")
    desde = DayField("Inicio de vigencia")
    parte = DecimalField("Porcentaje")
    banco = SelectField("Banco", choices=[SelectChoice("1", "Banco Andino"), SelectChoice("2", "Caja <Sur>")])
    clave = PasswordField("Contraseña")
    forma = RadioField(
        "Forma de pago", [DataRequired("Elija cómo pagar.")], choices=[SelectChoice("cuenta", "Cargo a Cuenta")]
    )
    acepta = BooleanField("Acepto", [DataRequired("Marque la casilla.")])
    personas = FieldList(FormField(Person), min_entries=1)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = Flask("macros", static_folder=None, template_folder=str(SOURCE.parent / "templates"))
    app.config.update(
        SECRET_KEY="only-for-this-test", WTF_CSRF_CHECK_DEFAULT=False, PORTAL=SimpleNamespace(data_folder=tmp_path)
    )
    init_assets(app)
    init_filters(app)
    CSRFProtect(app)
    return app


def rendered(app: Flask, source: str, data: dict[str, str] | None = None, general: tuple[str, ...] = ()) -> str:
    """`source` with the macros as `forms`; posted `data` makes the form's errors, `general` belong to no field."""
    with app.test_request_context(method="POST" if data is not None else "GET", data=data):
        form = Sample(meta={"csrf": False})
        if data is not None:
            form.validate()
        form.form_errors = list(general)
        html = render_template_string('{% import "macros/forms.html" as forms %}' + source, form=form)
    return re.sub(r"(?<=>)\s{2,}|\s{2,}(?=<)", "", html)  # the templates' own lines


def attributes(html: str, tag: str) -> dict[str, str]:
    """Attributes of the first `tag`."""
    found = re.search(rf"<{tag}\b([^>]*)>", html)
    assert found, html
    return dict(re.findall(r'([\w-]+)(?:="([^"]*)")?', found[1]))


def test_a_form_does_the_same_with_and_without_htmx(app: Flask) -> None:
    html = rendered(app, '{% call forms.form("/compras/1") %}x{% endcall %}')
    form = attributes(html, "form")
    assert form["method"] == "post"
    assert form["hx-post"] == form["action"] == "/compras/1"
    assert form["hx-target"] == "#pagina"
    assert form["hx-push-url"] == "true"
    assert form["hx-sync"] == "this:drop"
    assert "novalidate" in form


def test_a_form_that_leaves_the_region_is_plain(app: Flask) -> None:
    form = attributes(rendered(app, '{% call forms.form("/ingresar", region=none) %}x{% endcall %}'), "form")
    assert not [name for name in form if name.startswith("hx-")]
    assert form["action"] == "/ingresar"


def test_every_form_carries_its_csrf_token(app: Flask) -> None:
    token = attributes(rendered(app, '{% call forms.form("/x") %}{% endcall %}'), "input")
    assert token["name"] == "csrf_token"
    assert len(token["value"]) > 20


def test_label_hint_and_error_belong_to_the_input(app: Flask) -> None:
    html = rendered(app, '{{ forms.field(form.dni, hint="Ocho dígitos") }}', {"dni": "123"})
    assert attributes(html, "label")["for"] == attributes(html, "input")["id"] == "dni"
    assert attributes(html, "input")["aria-describedby"] == "dni-ayuda dni-error"
    assert attributes(html, "input")["aria-invalid"] == "true"
    assert 'id="dni-ayuda">Ocho dígitos<' in html
    assert re.search(r'id="dni-error">.*El DNI tiene 8 dígitos\.', html)


def test_a_field_without_hint_or_error_describes_nothing(app: Flask) -> None:
    field = attributes(rendered(app, "{{ forms.field(form.dni) }}"), "input")
    assert not {"aria-describedby", "aria-invalid"} & set(field)


def test_what_was_typed_comes_back_except_a_password(app: Flask) -> None:
    data = {"dni": "12<3", "clave": "secreta", "nacimiento": "99/99/9999"}
    assert attributes(rendered(app, "{{ forms.field(form.dni) }}", data), "input")["value"] == "12&lt;3"
    assert attributes(rendered(app, "{{ forms.field(form.nacimiento) }}", data), "input")["value"] == "99/99/9999"
    assert attributes(rendered(app, "{{ forms.field(form.clave) }}", data), "input")["value"] == ""


@pytest.mark.parametrize(("name", "keyboard"), [("nacimiento", "numeric"), ("desde", "numeric"), ("parte", "decimal")])
def test_dates_and_numbers_are_typed_as_text_with_digits_at_hand(app: Flask, name: str, keyboard: str) -> None:
    field = attributes(rendered(app, "{{ forms.field(form." + name + ") }}"), "input")
    assert (field["type"], field["inputmode"]) == ("text", keyboard)
    assert "step" not in field


def test_other_attributes_reach_the_control(app: Flask) -> None:
    source = '{{ forms.field(form.banco, width="m", autocomplete="off", **{"hx-get": "/ubigeo"}) }}'
    select = attributes(rendered(app, source), "select")
    assert (select["autocomplete"], select["hx-get"], select["class"]) == ("off", "/ubigeo", "form-select w-m")


def test_a_list_marks_what_is_chosen_this_time(app: Flask) -> None:
    for _ in range(2):
        for chosen in ("1", "2"):
            html = rendered(app, "{{ forms.field(form.banco) }}", {"banco": chosen})
            assert re.findall(r"<option selected value=\"(.)\"", html) == [chosen]
            assert "Caja &lt;Sur&gt;</option>" in html


def test_the_error_of_a_choice_is_read_with_its_group(app: Flask) -> None:
    html = rendered(app, "{{ forms.choice(form.forma) }}", {})
    assert attributes(html, "fieldset")["aria-describedby"] == "forma-error"


def test_the_words_of_a_checkbox_may_hold_links(app: Flask) -> None:
    html = rendered(app, '{% call forms.check(form.acepta) %}Leí los <a href="/t">términos</a>{% endcall %}')
    assert '<label class="form-check-label" for="acepta">Leí los <a href="/t">términos</a></label>' in html


def test_the_summary_leads_to_each_wrong_field_and_counts_them(app: Flask) -> None:
    data = {"dni": "12345678", "nacimiento": "01/01/2000", "parte": "40", "banco": "1"}
    html = rendered(app, "{{ forms.error_summary(form) }}", data)
    assert re.findall(r'href="#([^"]+)">([^<]+)<', html) == [
        ("forma-0", "Elija cómo pagar."),
        ("acepta", "Marque la casilla."),
        ("personas-0-nombres", "Escriba los nombres del beneficiario."),
    ]
    assert "Falta corregir 3 datos" in html
    summary = attributes(html, "div")
    assert (summary["role"], summary["tabindex"]) == ("alert", "-1")
    assert "autofocus" in summary


def test_the_summary_says_what_belongs_to_no_field(app: Flask) -> None:
    html = rendered(app, "{{ forms.error_summary(form) }}", general=("Espere 58 segundos.",))
    assert "No pudimos continuar<" in html
    assert "Espere 58 segundos." in html
    data = {"dni": "12345678", "nacimiento": "01/01/2000", "parte": "40", "banco": "1"}  # three more are wrong
    html = rendered(app, "{{ forms.error_summary(form) }}", data, general=("Los porcentajes suman 90 %.",))
    assert "Falta corregir 4 datos<" in html
    assert "Los porcentajes suman 90 %." in html


def test_a_form_without_errors_has_no_summary(app: Flask) -> None:
    assert rendered(app, "{{ forms.error_summary(form) }}").strip() == ""


def test_a_message_with_html_in_it_stays_text(app: Flask) -> None:
    html = rendered(app, "{{ forms.error_summary(form) }}", general=("<b>x</b>",))
    assert Markup.escape("<b>x</b>") in html
