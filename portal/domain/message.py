"""What a message is about, its delivery, and why it did not arrive."""

import re
from enum import StrEnum

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
    # Sent to queued: a server took it, and its owner says that the address was another.
    MessageState.SENT: frozenset({MessageState.QUEUED}),
}


class Topic(StrEnum):
    """What a mail is about; the value stands in addresses."""

    QUOTES = "cotizaciones"
    PURCHASES = "compras-y-pagos"
    POLICIES = "polizas"
    ACCOUNT = "cuenta"


TOPIC_NAMES = {
    Topic.QUOTES: "Cotizaciones",
    Topic.PURCHASES: "Compras y pagos",
    Topic.POLICIES: "Pólizas",
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


UNDELIVERED_NAMES = {
    Undelivered.NO_ADDRESS: "La dirección de correo no existe o no recibe mensajes.",
    Undelivered.FULL: "El buzón de correo está lleno.",
    Undelivered.REFUSED: "El servidor de correo de esa dirección no aceptó el mensaje.",
    Undelivered.NO_ANSWER: "El servidor de correo no respondió en ningún intento.",
    Undelivered.OURS: "No se pudo enviar por una falla nuestra.",
}

# What the reason that a row keeps looks like. Status codes: RFC 5321 section 4.2.3; enhanced ones: RFC 3463.
_REASONS = (
    (r"\w+ refused: \d+ [45]\.2\.2$", Undelivered.FULL),
    (r"recipient refused: [45]52$", Undelivered.FULL),
    (r"recipient refused: 55[013]( 5\.[12]\.\d+)?$", Undelivered.NO_ADDRESS),
    (r"address not supported", Undelivered.NO_ADDRESS),
    (r"(recipient|message) refused", Undelivered.REFUSED),
    (r"connection|conversation|TemporaryFailure", Undelivered.NO_ANSWER),
)

# What of it is for us to mend.
_OURS = (
    ("sender refused", "El servidor de correo no acepta nuestra dirección de envío."),
    ("its document", "No se pudo hacer el documento que lleva adjunto."),
)


def why_undelivered(reason: str | None) -> Undelivered:
    """Why, from the reason that the message's row keeps. What nobody knows was our failure."""
    return next((why for shape, why in _REASONS if re.match(shape, reason or "")), Undelivered.OURS)


def why_given_up(reason: str | None) -> str:
    """Why, in words for the staff: what is ours to mend by its name, the rest as its receiver reads it."""
    ours = (words for beginning, words in _OURS if (reason or "").startswith(beginning))
    return next(ours, UNDELIVERED_NAMES[why_undelivered(reason)])
