"""The return address of a message: one of ours for each time it is sent, so that a report which comes back there is
known to be about that time, and nobody can make one up."""

import hmac
import re
from itertools import islice

from portal.models import Message
from portal.services.platform.encryption import keyed_hashes
from portal.settings import current_settings

_PURPOSE = "return path"
_LONGEST_ID = 10
_LARGEST_KEY = 2**31 - 1  # what a key's column holds
_MOST = 5  # a report is sent to one


def of(message: Message) -> str:
    """Where reports about the message as it is sent now go: the settings' own address with a mark, or else the
    sender."""
    settings = current_settings()
    if settings.mail_bounce_address is None:
        return settings.mail_default_sender
    name, _, domain = settings.mail_bounce_address.rpartition("@")
    return f"{name}+{message.id}-{_seals(message)[0]}@{domain}"


def marks_in(addressed: str) -> list[tuple[int, str]]:
    """The ids of messages, and the seals, of the return addresses of ours that a text holds."""
    name, _, domain = (current_settings().mail_bounce_address or "").rpartition("@")
    if not name:
        return []
    mark = rf"{re.escape(name)}\+([0-9]{{1,{_LONGEST_ID}}})-([0-9a-f]{{20}})@{re.escape(domain)}(?![\w.-])"
    found = islice(re.finditer(mark, addressed, re.IGNORECASE), _MOST)
    return [(int(one[1]), one[2].lower()) for one in found if int(one[1]) <= _LARGEST_KEY]


def is_of(message: Message, seal: str) -> bool:
    """Whether a seal is that of the message as it was sent last, not of an earlier try or another address."""
    return any(hmac.compare_digest(one, seal) for one in _seals(message))


def _seals(message: Message) -> list[str]:
    sent = f"{message.id} {message.rfc_message_id} {message.recipient}"
    return [one[:20] for one in keyed_hashes(_PURPOSE, sent)]
