"""The one search box."""

from wtforms import StringField

from portal.web.forms import Form, required


class SeekForm(Form):
    """What was typed is recognised: a document, a number of anything, or a name."""

    dato = StringField("Documento, número o nombre", [required("Escriba un documento, un número o un nombre.")])
