"""Every field of every form takes what is pasted without what nobody sees; a password alone is left as it was sent."""

from datetime import date

import pytest
from flask import Flask
from wtforms import BooleanField, PasswordField, TextAreaField

from portal.web.forms import CardField, DayField
from tests.guards.forms import FORMS

JUNK = "\u202e\u200b\ufeff ９51\u00a0753\u202f568\u202c\u00ad\x07"


@pytest.mark.one_database
def test_no_field_reads_what_nobody_sees(app: Flask) -> None:
    read = 0
    for form_class in FORMS:
        with app.test_request_context(method="POST"):
            names = list(form_class(meta={"csrf": False})._fields)
        with app.test_request_context(method="POST", data=dict.fromkeys(names, JUNK)):
            for field in form_class(meta={"csrf": False}):
                if isinstance(field, (BooleanField, CardField)):  # which lets go of a longer number
                    continue
                said = field.raw_data[0]
                assert said == (JUNK if isinstance(field, PasswordField) else "951 753 568"), (form_class, field.name)
                read += 1
    assert read > 60


@pytest.mark.one_database
def test_only_a_text_area_keeps_lines(app: Flask) -> None:
    for form_class in FORMS:
        with app.test_request_context(method="POST"):
            names = list(form_class(meta={"csrf": False})._fields)
        with app.test_request_context(method="POST", data=dict.fromkeys(names, "uno\r\ndos")):
            for field in form_class(meta={"csrf": False}):
                if not isinstance(field, (BooleanField, PasswordField)):
                    kept = "uno\ndos" if isinstance(field, TextAreaField) else "uno dos"
                    assert field.raw_data == [kept], (form_class, field.name)


@pytest.mark.one_database
def test_every_date_is_taken_as_people_write_it(app: Flask) -> None:
    days = [(form, name) for form in FORMS for name, field in vars(form).items() if _makes(field) is DayField]
    assert {name for _form, name in days} == {"dia", "fecha", "fecha_nacimiento", "inicio", "nacimiento"}
    for typed in ("27081994", "1994-08-27", "27/8/1994", "27.08.1994\u200b", "27 08 1994"):
        for form_class, name in days:
            with app.test_request_context(method="POST", data={name: typed}):
                field = form_class(meta={"csrf": False})._fields[name]
                field.pre_validate(None)
                assert field.day == date(1994, 8, 27), (form_class, typed)


def _makes(field: object) -> object:
    return getattr(field, "field_class", None)
