"""Mails about a customer's account: opening it, its password, its address, and who uses it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portal.domain.correction import Change
from portal.domain.message import Topic
from portal.services.messaging.mails.mail import CodeMail, Mail, SecretMail


@dataclass(frozen=True, kw_only=True)
class AccountCode(CodeMail):
    """The code that opens an account (S04). `link`: the page where it is typed, on any device."""

    kind = "account_code"
    topic = Topic.ACCOUNT
    words = "Código para abrir su cuenta"
    subject = "es su código para abrir su cuenta en MASSIV"

    link: str


@dataclass(frozen=True, kw_only=True)
class AccountExists(Mail):
    """To whoever has an account already, when somebody signs up with the same document."""

    kind = "account_exists"
    topic = Topic.ACCOUNT
    words = "Aviso: usted ya tiene una cuenta"
    subject = "Usted ya tiene una cuenta en MASSIV"

    username: str


@dataclass(frozen=True, kw_only=True)
class Credentials(SecretMail):
    """The user name and the initial password, which lives `until` a moment. No link: nobody can pretend to be this mail
    and lead elsewhere."""

    kind = "credentials"
    topic = Topic.ACCOUNT
    words = "Usuario y contraseña inicial"
    subject = "Su usuario y su contraseña inicial de MASSIV"

    username: str
    until: datetime

    @property
    def secret_for(self) -> str:
        """The first page of the account."""
        return f"initial password:{self.username}"

    @property
    def expires_at(self) -> datetime:
        """The password's own end."""
        return self.until


@dataclass(frozen=True, kw_only=True)
class StaffCredentials(Credentials):
    """The same to who begins to work here, or begins anew. No link either."""

    kind = "staff_credentials"
    topic = Topic.ACCOUNT
    words = "Su usuario y contraseña del personal"
    subject = "Su usuario para trabajar en el portal de MASSIV"


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Mail):
    """The account has another password."""

    kind = "password_changed"
    topic = Topic.ACCOUNT
    words = "Contraseña cambiada"
    subject = "Se cambió la contraseña de su cuenta de MASSIV"

    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class PasswordTries(Mail):
    """Somebody typed five wrong passwords; once a day at most."""

    kind = "password_tries"
    topic = Topic.ACCOUNT
    words = "Aviso: contraseñas incorrectas"
    subject = "Hubo 5 contraseñas incorrectas en su cuenta de MASSIV"

    told_at: datetime


@dataclass(frozen=True, kw_only=True)
class RecoveryCode(CodeMail):
    """The code to choose another password. `link`: the page where both are typed."""

    kind = "recovery"
    topic = Topic.ACCOUNT
    words = "Código para elegir otra contraseña"
    subject = "es su código para elegir otra contraseña en MASSIV"

    username: str
    link: str


@dataclass(frozen=True, kw_only=True)
class NewDevice(Mail):
    """Somebody signed in from a browser that the account was never used from (B17)."""

    kind = "new_device"
    topic = Topic.ACCOUNT
    words = "Ingreso desde un equipo nuevo"
    subject = "Ingreso a su cuenta de MASSIV desde un equipo nuevo"

    device: str
    signed_in_at: datetime


@dataclass(frozen=True, kw_only=True)
class EmailCode(CodeMail):
    """The code that confirms another address. Whose mailbox it is nobody knows yet, so it is told no name."""

    kind = "email_code"
    topic = Topic.ACCOUNT
    words = "Código para cambiar su correo"
    subject = "es su código para cambiar el correo de su cuenta en MASSIV"

    greeting_name: str = field(default="", init=False)


@dataclass(frozen=True, kw_only=True)
class EmailChanged(Mail):
    """To the address that the account had. `address`: the new one, veiled."""

    kind = "email_changed"
    topic = Topic.ACCOUNT
    words = "Aviso: cambió el correo de su cuenta"
    subject = "Cambió el correo de su cuenta de MASSIV"

    greeting_name: str
    address: str
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class EmailConfirmed(Mail):
    """To the address that the account has now. Without `keeps_password` another one must be chosen."""

    kind = "email_confirmed"
    topic = Topic.ACCOUNT
    words = "Correo de su cuenta cambiado"
    subject = "Este es el nuevo correo de su cuenta de MASSIV"

    changed_at: datetime
    keeps_password: bool


@dataclass(frozen=True, kw_only=True)
class MessageRedirected(Mail):
    """To the account's own address, when one of its messages is sent to another. `what` and `title`: that message's
    words and its subject."""

    kind = "message_redirected"
    topic = Topic.ACCOUNT
    words = "Correo enviado a otra dirección"
    subject = "Un correo suyo de MASSIV se envió a otra dirección"

    what: str
    title: str
    address: str
    redirected_at: datetime


@dataclass(frozen=True, kw_only=True)
class DataCorrected(Mail):
    """A name, birth date or document was corrected at the desk. With `has_policies` their endorsements are attached."""

    kind = "data_corrected"
    topic = Topic.ACCOUNT
    words = "Datos corregidos"
    subject = "Corregimos sus datos en MASSIV"

    changes: Sequence[Change]
    corrected_at: datetime
    has_policies: bool
