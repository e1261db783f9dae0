"""A message's delivery states."""

from enum import StrEnum


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


MESSAGE_TRANSITIONS = {
    MessageState.QUEUED: frozenset({MessageState.SENDING, MessageState.FAILED}),
    # Sending to sending: a worker that died is followed by another.
    MessageState.SENDING: frozenset(
        {MessageState.SENT, MessageState.FAILED, MessageState.QUEUED, MessageState.SENDING}
    ),
    MessageState.FAILED: frozenset({MessageState.QUEUED}),
}

MESSAGE_NAMES = {
    MessageState.QUEUED: "En camino",
    MessageState.SENDING: "En camino",
    MessageState.SENT: "Enviado",
    MessageState.FAILED: "No entregado",
}
