"""The second person's word."""

from wtforms import BooleanField, IntegerField
from wtforms.widgets import HiddenInput

from portal.web.forms import Form, chosen


class ConfirmForm(Form):
    """They hold the document too. `propuesta` is the proposal that the page showed: compared, never used."""

    propuesta = IntegerField(widget=HiddenInput())
    documento = BooleanField(validators=[chosen("Marque que tiene el documento en la mano y que dice esto.")])
