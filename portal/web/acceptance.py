"""Accepting a text: only the words that were shown can be accepted."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField

from portal.domain.texts import Text
from portal.web.forms import Form

CHANGED = "El texto cambió mientras lo leía. Léalo otra vez y acepte."


class AcceptanceForm(Form):
    """A form that accepts texts, by its first box to tick. Its page holds `{{ form.texto(id=false) }}`.

    The page says which words it shows. When they are no longer the texts' own, nothing is accepted: the boxes are
    empty again, and the page comes back with the new words.
    """

    texto = HiddenField()

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if not self.is_submitted():
            self.texto.data = self._words_now()

    def texts(self) -> Sequence[Text]:
        """The texts that its page shows, as they are now."""
        raise NotImplementedError

    def accepts(self) -> bool:
        """Whether what was answered includes the texts at all."""
        return True

    def validate(self, extra_validators: Any = None) -> bool:
        valid: bool = super().validate(extra_validators)
        shown, self.texto.data = self.texto.data, self._words_now()
        if shown == self.texto.data or not self.accepts():
            return valid
        boxes = [field for field in self if isinstance(field, BooleanField)]
        for box in boxes:
            box.data = False
        boxes[0].errors = [CHANGED]
        return False

    def _words_now(self) -> str:
        return " ".join(text.sha256 for text in self.texts())
