"""Forms of "Mis Comunicaciones"."""

from wtforms import EmailField, HiddenField

from portal.web.forms import Form, required


class AddressForm(Form):
    """Where a message goes again. `antes`: where it had gone when this form was shown."""

    typed = ("correo",)

    correo = EmailField("Correo electrónico", [required("Escriba la dirección.")])
    antes = HiddenField()
