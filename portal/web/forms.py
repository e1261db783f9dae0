"""What forms share: Spanish words, a rule's error at its field, and the one way to submit."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

import wtforms
from flask import request
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import Field, PasswordField, StringField, TextAreaField
from wtforms.fields import Choice
from wtforms.validators import DataRequired, InputRequired, StopValidation, ValidationError
from wtforms.widgets import Select

from portal.domain import clock, typed_date
from portal.domain.errors import Busy, DomainError, NotAllowed, NotFound
from portal.domain.payment import has_run_out
from portal.domain.typed import compact, expiry
from portal.web import drafts, htmx
from portal.web.sent import as_sent

Result = TypeVar("Result")

REQUIRED = "Escriba este dato."
CHOOSE = "Elija una opción."
_LAST_DIGITS = re.compile(r"[*•·xX]*([0-9]{4})")  # as banks write it: •••• 4821


class Form(FlaskForm):
    """A form of the portal. Only its own fields are read; nothing else that was posted has an effect.

    Of one that could not be sent, what was written in the fields `typed` is kept with what the fields `kept_with`
    hold, for its account or, `of_browser`, for the browser; never a secret.
    """

    form_errors: list[str]
    typed: ClassVar[tuple[str, ...]] = ()
    kept_with: ClassVar[tuple[str, ...]] = ()
    of_browser: ClassVar[bool] = False

    class Meta(FlaskForm.Meta):
        locales = ("es",)

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What was posted as text, cleaned: a line a field, more in a text area, a password as it was sent."""
            if formdata is None or not form.is_submitted():
                return None
            return MultiDict({name: _typed_into(name, form._fields.get(name)) for name in request.form})

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if self.typed and not self.is_submitted():
            drafts.restore(self)

    @classmethod
    def told_apart(cls, _sent: Any) -> dict[str, str]:
        """What tells it from other forms of its address, out of what was asked or sent: part of the page's query."""
        return {}

    @classmethod
    def is_asked_for(cls, _kept: drafts.Kept) -> bool:
        """Whether whoever sees the page of a browser's form has said that what is kept is theirs."""
        return False

    def take(self, error: DomainError) -> None:
        """Put a broken rule's words at its field, or above the form when it has none here."""
        field = self._fields.get(error.field or "")
        if field is None:
            self.form_errors = [*self.form_errors, error.message]
        else:
            field.errors = [*field.errors, error.message]


def _typed_into(name: str, field: Field | None) -> Sequence[str]:
    if isinstance(field, PasswordField):
        return as_sent(request.form).getlist(name)
    values = request.form.getlist(name)
    return values if isinstance(field, TextAreaField) else [value.replace("\n", " ") for value in values]


def required(words: str = REQUIRED) -> DataRequired:
    """Something other than spaces must be written."""
    return DataRequired(words)


def chosen(words: str = CHOOSE) -> InputRequired:
    """One of the options must be chosen."""
    return InputRequired(words)


def at_most(longest: int, words: str) -> Callable[[Form, Field], None]:
    """No more letters than that, in words of ours: an attribute of the input would cut what is pasted without any."""

    def check(_form: Form, field: Field) -> None:
        if len(field.data or "") > longest:
            raise ValidationError(words)

    return check


def obeys(rule: Callable[[str], object]) -> Callable[[Form, Field], None]:
    """The domain's own rule as a validator, so that every wrong field of a page is said at once."""

    def check(_form: Form, field: Field) -> None:
        try:
            rule(field.data or "")
        except DomainError as error:
            raise ValidationError(error.message) from error

    return check


class _Options(Select):
    """Each option is written once: lists repeat from page to page, the same for everybody, and are half of what a form
    of lists costs."""

    @classmethod
    def render_option(cls, choice: Choice, **_attributes: Any) -> Markup:
        return _option(choice.value, choice.label, choice.selected)


@lru_cache(maxsize=4096, typed=True)  # a label that is markup is not the same words escaped
def _option(value: str, label: str, selected: bool) -> Markup:
    written: Markup = Select.render_option(Choice(value, label, selected, {}))
    return written


class SelectField(wtforms.SelectField):
    """A list to choose from; its options have no attributes of their own."""

    widget = _Options()


class DayField(StringField):
    """A date as people type it; `day` is the date once the form is valid, and what was typed is kept as it was."""

    day: date | None = None

    @property
    def given(self) -> date:
        """The date of a field that a valid form always has."""
        if self.day is None:
            raise RuntimeError(f"{self.name} was read before its form was valid")
        return self.day

    def pre_validate(self, form: Any) -> None:
        self.day = None
        if not self.data:
            return
        try:
            self.day = typed_date.parse(self.data, clock.today())
        except DomainError as error:
            raise ValidationError(error.message) from error


class CardField(StringField):
    """Of a card, no more digits than are asked for: a longer number is let go before any page or draft could hold
    it."""

    most: ClassVar[int]
    data: str | None
    has_more = False

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        super().process_formdata(valuelist)
        self.has_more = sum(map(str.isdecimal, self.data or "")) > self.most
        if self.has_more:
            self.data, self.raw_data = "", [""]

    def pre_validate(self, form: Any) -> None:
        if self.has_more:
            raise StopValidation(
                "Escriba solo los últimos 4 dígitos. No guardamos lo que escribió: el número completo no se pide nunca."
            )


class LastDigitsField(CardField):
    """Its last four."""

    most = 4

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if self.data and not _LAST_DIGITS.fullmatch(compact(self.data)):
            raise StopValidation("Escriba los últimos 4 dígitos de su tarjeta.")

    @property
    def four(self) -> str:
        """The digits, of a valid form."""
        return compact(self.data or "")[-4:]


class ExpiryField(CardField):
    """Until when it is good: month and year in one."""

    most = 6

    def pre_validate(self, form: Any) -> None:
        if self.has_more or (self.data and expiry(self.data) is None):
            raise StopValidation("Escriba el mes y el año en que vence, como 03/27.")
        if self.data and has_run_out(*self.given, clock.today()):
            raise StopValidation("La tarjeta está vencida. Revise la fecha o use otra.")

    @property
    def given(self) -> tuple[int, int]:
        """Month and year, of a readable form."""
        found = expiry(self.data or "")
        if found is None:
            raise RuntimeError(f"{self.name} was read before its form was valid")
        return found


def submit(
    form: Form,
    use_case: Callable[[], Result],
    *,
    page: Callable[[], Response],
    done: Callable[[Result], Response],
    needs_shape: bool = True,
) -> Response:
    """The one way of a POST: the form checks the shape, the service the rules, and both speak at the field (422).

    `needs_shape` is False for a button that leaves the form's fields aside. What was typed is kept until it is used.
    """
    if drafts.is_stale():
        form.take(DomainError(drafts.STALE))
        return page()
    if not needs_shape or form.validate():
        try:
            result = use_case()
        except (NotFound, NotAllowed):
            raise  # not about what was typed: the page itself is over
        except Busy as error:
            form.take(error)
            drafts.keep_sent()
            return _later(page(), error)
        except DomainError as error:
            form.take(error)
        else:
            if needs_shape:
                drafts.forget_sent()
            else:
                drafts.keep_sent()
            return done(result)
    drafts.keep_sent()
    return page()


def _later(response: Response, error: Busy) -> Response:
    """The page with what was typed, and when to send it again. A fragment keeps its 422, or it would not be shown."""
    response.headers["Retry-After"] = str(error.seconds)
    if not htmx.is_fragment_request():
        response.status_code = 503
    return response


def submitted(name: str) -> bool:
    """Whether the form was sent by the button of that name."""
    return name in request.form


def shown_at() -> datetime | None:
    """When the page was shown that sent this form, where it says so by `forms.shown()`. What a press begins once, and
    was begun since, is what it asked for."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(request.form.get("mostrado", ""))
        return moment if moment.tzinfo else None
    return None
