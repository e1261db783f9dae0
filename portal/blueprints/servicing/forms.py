"""Forms of changes to a policy."""

from wtforms import HiddenField, StringField
from wtforms.fields import SelectChoice

from portal.services.catalogue import agencies
from portal.web.forms import Form, SelectField, required


class EndForm(Form):
    """`cuenta`: what the page showed, so that nobody asks for a code for figures that they did not see."""

    agencia = SelectField("Dónde lo recoge", validators=[required("Elija la agencia donde recogerá su dinero.")])
    cuenta = HiddenField()

    def offer(self, *, in_cash: bool, default: str | None) -> None:
        """Offer the agencies, where it is paid in cash; else there is nothing to choose."""
        if not in_cash:
            del self.agencia
            return
        found = agencies.all_agencies()
        self.agencia.choices = [SelectChoice("", "Elija"), *(SelectChoice(one.code, one.name) for one in found)]
        if not self.is_submitted():
            self.agencia.data = default or ""


class CodeForm(Form):
    codigo = StringField("Código de 6 dígitos")
