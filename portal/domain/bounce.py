"""What a mail server reports later: the mail that it took could not be delivered (RFC 3464).

Whatever comes to a return address is read here: reports, out-of-office answers, spam, and what somebody made to do
harm. Only a report that says of a recipient that delivery has failed for good counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from portal.domain.mail_refusal import is_of_mailbox

#: Bytes of a report that are looked at; what it returns of the mail itself comes after what matters.
LARGEST = 256 * 1024

_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")  # by whoever delivered it here
_LONGEST_HEADER = 2000
_MOST_RECIPIENTS = 20
_STATUS = re.compile(r"\b[45]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_ANSWER = re.compile(r"smtp;\s*(5[0-9]{2})[ -]+(.*)", re.IGNORECASE | re.DOTALL)
_FAILED = re.compile(r"\s*failed\b", re.IGNORECASE)  # some write a comment behind it
_UNSAID = "5.0.0"  # RFC 3463: other, undefined


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery that failed for good: `addressed` are the headers that say whom the report was sent to, `status` the
    enhanced code, `5.1.1`."""

    addressed: str
    status: str


def read_bounce(raw: bytes) -> Bounce | None:
    """The failure that a mail reports; None when it is anything else: a delay, an answer, a mail that can't be read."""
    try:
        message = message_from_bytes(raw[:LARGEST])
        status = next(_failures(message), None)
        return None if status is None else Bounce(_addressed(message), status)
    except Exception:
        return None  # the parser of the standard library stumbles over what was made for it to stumble over


def _failures(message: Message) -> Iterator[str]:
    """The status of each recipient to whom delivery failed."""
    kind = str(message.get_param("report-type") or "").lower()
    if message.get_content_type() != "multipart/report" or kind != "delivery-status":
        return
    for part in message.get_payload():
        if isinstance(part, Message) and part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            for block in blocks[:_MOST_RECIPIENTS] if isinstance(blocks, list) else ():
                if isinstance(block, Message) and _FAILED.match(_header(block, "Action")):
                    yield _status(block)


def _status(block: Message) -> str:
    diagnosis = _header(block, "Diagnostic-Code")
    found = _STATUS.search(_header(block, "Status"))
    status = found[0] if found else _UNSAID
    answer = _ANSWER.match(diagnosis.strip())
    if status != _UNSAID or answer is None:
        return status
    said = _STATUS.match(answer[2])
    if said:
        return said[0]
    return "5.1.1" if is_of_mailbox("recipient", int(answer[1]), answer[2]) else status


def _addressed(message: Message) -> str:
    return "\n".join(str(value)[:_LONGEST_HEADER] for name in _ADDRESSED for value in message.get_all(name, [])[:9])


def _header(block: Message, name: str) -> str:
    return str(block.get(name, ""))[:_LONGEST_HEADER]
