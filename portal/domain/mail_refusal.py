"""What a mail server's refusal speaks of: the mailbox, which is its owner's to correct, or us, which is ours to mend.

Source: RFC 5321 section 4.2.3, RFC 3463, RFC 7504, and what servers say in practice. Whatever doesn't clearly speak of
the mailbox counts as ours: it is tried again, and nobody is told that their address is wrong.
"""

import re

# X.1.x and X.2.x of the recipient. Not among them: 1.0, which Postfix says of a sender too, 1.5 (valid), 1.7 and 1.8
# (of the sender), 1.9 (a relay), and 2.3 (the message is too long).
_OF_THE_MAILBOX = frozenset({"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.0", "2.1", "2.2", "2.4"})
_FULL = "2.2"
_PLAIN = frozenset({550, 551, 553, 556})  # of a recipient, without an enhanced code
# Without one the words must speak of a mailbox too: 550 is also what a provider says of its own customer's account.
_OF_SOMEBODY = re.compile(
    r"user|mail ?box|recipient|addressee|unknown|no such|not? (?:be )?found|exist|\blocal\b|inactive|disabled|deliver"
    r"|rout|invalid|takes? no mail|usuario|buz[oó]n|destinatari",
    re.IGNORECASE,
)
# Servers that judge the sender, the login or our volume only once they know a recipient say so in words.
_OF_US = re.compile(
    r"sender|mail from|from address|relay|rcpthosts|authent|log ?in|credential|quota|limit|too many|too much|\brate\b"
    r"|exceed|size|large|spam|\bspf\b|\bdkim\b|dmarc|block|black|\bip\b|reputation|polic|verif|permi|denied|contact"
    r"|\byour (?:account|plan|domain|server|message|mailbox)|\byou (?:are|have|must)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\S+@\S+")
_ENHANCED = re.compile(r"[245]\.([0-9]{1,3}\.[0-9]{1,3})\b")


def enhanced_code(text: str) -> str:
    """The code of RFC 3463 that begins an answer's text; empty without one."""
    found = _ENHANCED.match(text)
    return found[0] if found else ""


def is_of_mailbox(stage: str, code: int, text: str) -> bool:
    """Whether the refusal `code text` of a `stage` (recipient, message; anything else is about us) speaks of the
    recipient's mailbox."""
    enhanced = enhanced_code(text)
    if stage not in ("recipient", "message") or (enhanced and int(enhanced[0]) != code // 100):
        return False
    rest = _ADDRESS.sub(" ", text[len(enhanced) :])
    if enhanced == "5.1.0":
        return stage == "recipient" and not _OF_US.search(rest)
    if enhanced:
        return of_mailbox(enhanced)
    is_said = not rest.strip() or _OF_SOMEBODY.search(rest) is not None  # a stored reason keeps no words
    return stage == "recipient" and code in _PLAIN and is_said and not _OF_US.search(rest)


def of_mailbox(enhanced: str) -> bool:
    """Whether an enhanced code, `5.1.1`, speaks of the mailbox."""
    return enhanced[2:] in _OF_THE_MAILBOX


def of_full_mailbox(enhanced: str) -> bool:
    """Whether an enhanced code says that the mailbox is full."""
    return enhanced[2:] == _FULL
