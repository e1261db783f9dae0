"""Fields of names: what was typed in small letters or in capitals is shown as names are written, to be confirmed.

The form comes back once with the proper case in its fields; sending it again takes that, and a button beside it takes
what was typed. `{{ forms.case_asked(form) }}` shows both above the form's own button.
"""

from typing import Any

from flask import request
from wtforms import StringField

from portal.domain import names
from portal.domain.typed import line, plain_marks
from portal.web.forms import Form, submitted

AS_TYPED = "escrito"


class NameField(StringField):
    """A name, or a part of one; `of_another`: the whole name of somebody else than the fields before it."""

    def __init__(self, *args: Any, of_another: bool = False, **named: Any) -> None:
        super().__init__(*args, **named)
        self.of_another = of_another


class NamedForm(Form):
    """A form with names. `typed_names`: what was typed, by field, while the page asks for the proper case."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.typed_names: dict[str, str] = {}

    def reads_names(self) -> bool:
        """Whether the names count at all in what was answered."""
        return True

    def validate(self, extra_validators: Any = None) -> bool:
        """The shape; then, once, the case of the names."""
        fields = [field for field in self if isinstance(field, NameField)]
        is_sure = submitted(AS_TYPED)
        if is_sure:
            for field in fields:
                typed = _typed(request.form.get(f"{AS_TYPED}_{field.name}", ""))
                if names.proper_case(typed) == field.data:  # not edited since
                    field.data = typed
        valid: bool = super().validate(extra_validators)
        if not valid or is_sure or not self.reads_names():
            return valid
        for field in fields:
            typed = _typed(field.data or "")
            proper = names.proper_case(typed)
            if proper != typed:
                self.typed_names[field.name], field.data = typed, proper
        return not self.typed_names

    @property
    def proper_name(self) -> str:
        """The whole name as the page proposes it; of two people, both."""
        return self._whole({})

    @property
    def typed_name(self) -> str:
        """The whole name as it was typed."""
        return self._whole(self.typed_names)

    def _whole(self, typed: dict[str, str]) -> str:
        fields = [field for field in self if isinstance(field, NameField)]
        written = {field.of_another: "" for field in fields}
        for field in fields:
            written[field.of_another] = f"{written[field.of_another]} {typed.get(field.name, field.data or '')}".strip()
        return "; ".join(filter(None, written.values()))


def _typed(name: str) -> str:
    """As it will be kept: the case of d´Angelo is that of d'Angelo."""
    return plain_marks(line(name))
