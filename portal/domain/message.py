"""What a message is about, its delivery, and why it did not arrive."""

import re
from enum import StrEnum

from portal.domain.mail_refusal import is_of_mailbox, of_full_mailbox, of_mailbox
from portal.domain.states import State, Tone


class MessageState(State):
    QUEUED = "queued", "En camino", Tone.INFO
    SENDING = "sending", "En camino", Tone.INFO
    SENT = "sent", "Enviado", Tone.OK
    FAILED = "failed", "No entregado", Tone.BAD


MESSAGE_TRANSITIONS = {
    MessageState.QUEUED: frozenset({MessageState.SENDING, MessageState.FAILED}),
    # Sending to sending: a worker that died is followed by another.
    MessageState.SENDING: frozenset(
        {MessageState.SENT, MessageState.FAILED, MessageState.QUEUED, MessageState.SENDING}
    ),
    MessageState.FAILED: frozenset({MessageState.QUEUED}),
    # Sent to queued: a server took it, and its owner says that the address was another. To failed: it came back later.
    MessageState.SENT: frozenset({MessageState.QUEUED, MessageState.FAILED}),
}


class Topic(StrEnum):
    """What a mail is about; the value stands in addresses."""

    QUOTES = "cotizaciones"
    PURCHASES = "compras-y-pagos"
    POLICIES = "polizas"
    CLAIMS = "siniestros"
    ACCOUNT = "cuenta"


TOPIC_NAMES = {
    Topic.QUOTES: "Cotizaciones",
    Topic.PURCHASES: "Compras y pagos",
    Topic.POLICIES: "Pólizas",
    Topic.CLAIMS: "Siniestros",
    Topic.ACCOUNT: "Cuenta",
}


class Delivery(StrEnum):
    """The states as a list tells them apart; the value stands in addresses."""

    FAILED = "no-entregados"
    ON_ITS_WAY = "en-camino"
    SENT = "enviados"


DELIVERY_NAMES = {
    Delivery.FAILED: "No entregados",
    Delivery.ON_ITS_WAY: "En camino",
    Delivery.SENT: "Enviados",
}
DELIVERY_STATES = {
    Delivery.FAILED: (MessageState.FAILED,),
    Delivery.ON_ITS_WAY: (MessageState.QUEUED, MessageState.SENDING),
    Delivery.SENT: (MessageState.SENT,),
}


class Undelivered(StrEnum):
    """Why a message did not arrive."""

    NO_ADDRESS = "no_address"
    FULL = "full"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    OURS = "ours"
    EXPIRED = "expired"


UNDELIVERED_NAMES = {
    Undelivered.NO_ADDRESS: "La dirección de correo no existe o no recibe mensajes.",
    Undelivered.FULL: "El buzón de correo está lleno.",
    Undelivered.REFUSED: "El servidor de correo de esa dirección no aceptó el mensaje.",
    Undelivered.NO_ANSWER: "El servidor de correo no respondió en ningún intento.",
    Undelivered.OURS: "No se pudo enviar por una falla nuestra.",
    Undelivered.EXPIRED: "Lo que pide venció antes de que se pudiera entregar, y ya no se envía.",
}

#: The reason of a message that came too late for what it asks its reader to do.
EXPIRED = "expired"

# What the reason that a row keeps looks like: the stage that was refused, the status (RFC 5321 section 4.2.3) and the
# enhanced one (RFC 3463); "us" where the server's words were about us. Or where the conversation ended, and how.
_REFUSAL = re.compile(r"(\w+) refused(?P<us> us)?: (\d{3})( ([245]\.\d{1,3}\.\d{1,3}))?$")
_AWAY = re.compile(r"(connection|conversation): (?!SSL|SMTPNotSupported|.*: 5\d\d$)|TemporaryFailure")
_BOUNCE = re.compile(r"bounced: ([45]\.\d{1,3}\.\d{1,3})$")
_FULL = (452, 552)  # of a recipient, without an enhanced code

# What of it is for us to mend.
_OURS = (
    ("sender refused", "El servidor de correo no acepta nuestra dirección de envío."),
    ("recipient refused", "Nuestro servidor de correo rechazó el envío. La dirección puede estar bien."),
    ("message refused", "Nuestro servidor de correo rechazó el envío. La dirección puede estar bien."),
    ("connection", "Nuestro servidor de correo no nos deja enviar: revise su clave y su certificado."),
    ("its document", "No se pudo hacer el documento que lleva adjunto."),
)


def why_undelivered(reason: str | None) -> Undelivered:
    """Why, from the reason that the message's row keeps. What nobody knows was our failure."""
    reason = reason or ""
    if reason == EXPIRED:
        return Undelivered.EXPIRED
    if reason.startswith("address not supported"):
        return Undelivered.NO_ADDRESS
    if _AWAY.match(reason):
        return Undelivered.NO_ANSWER
    bounce = _BOUNCE.match(reason)
    if bounce is not None:
        return _why_bounced(bounce[1])
    refusal = _REFUSAL.match(reason)
    return (
        _why_refused(refusal[1], int(refusal[3]), refusal[5] or "")
        if refusal and not refusal["us"]
        else Undelivered.OURS
    )


def _why_refused(stage: str, code: int, enhanced: str) -> Undelivered:
    if (stage != "sender" and of_full_mailbox(enhanced)) or (stage == "recipient" and code in _FULL and not enhanced):
        return Undelivered.FULL
    if is_of_mailbox(stage, code, enhanced):
        return Undelivered.NO_ADDRESS
    return Undelivered.REFUSED if code < 500 and stage != "sender" else Undelivered.OURS


def _why_bounced(enhanced: str) -> Undelivered:
    if of_full_mailbox(enhanced):
        return Undelivered.FULL
    return Undelivered.NO_ADDRESS if of_mailbox(enhanced) or enhanced == "5.1.0" else Undelivered.REFUSED


def bounced(enhanced: str) -> str:
    """The reason of a message that a server took, and reported later as not delivered by this enhanced code."""
    return f"bounced: {enhanced}"


def is_ours_to_mend(reason: str | None) -> bool:
    """Whether a mail failed by something of ours or of our mail server, so that its address may be good: sent again
    once that is mended, it arrives."""
    return why_undelivered(reason) in (Undelivered.OURS, Undelivered.NO_ANSWER, Undelivered.REFUSED)


def why_given_up(reason: str | None) -> str:
    """Why, in words for the staff: what is ours to mend by its name, the rest as its receiver reads it."""
    why = why_undelivered(reason)
    ours = (words for beginning, words in _OURS if (reason or "").startswith(beginning))
    return next(ours, UNDELIVERED_NAMES[why]) if why is Undelivered.OURS else UNDELIVERED_NAMES[why]
