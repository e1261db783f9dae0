"""Which mailbox an address leads to: what limits count, so that one mailbox has no new limit for each of its spellings.

Never where mail is sent to: an address is kept as its owner writes it.
"""

import re
from contextlib import suppress

from portal.domain.errors import DomainError
from portal.domain.identity import parse_email
from portal.domain.typed import line

# One provider's names for the same mailbox.
_SAME = {
    "googlemail.com": "gmail.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
    "pm.me": "proton.me",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "ya.ru": "yandex.ru",
    "yandex.com": "yandex.ru",
}
# Signs that these leave out when they look for the mailbox.
_UNSEEN = {"gmail.com": ".", "proton.me": "._-"}
# Providers whose tag follows a hyphen: elsewhere it belongs to the name.
_HYPHEN = re.compile(r"(?:yahoo(?:\.[a-z]{2,3}){1,2}|ymail\.com|rocketmail\.com)")
# Whose users may write what they like before their own name's domain (tag@user.fastmail.com).
_SUBDOMAIN = re.compile(r"(?P<user>[^.]+)\.(?P<domain>fastmail\.(?:com|fm))")


def mailbox_of(address: str) -> str:
    """The mailbox of an address as it was typed, right or wrong: read as mail to it is addressed, without its tag, its
    provider's dots and capitals."""
    with suppress(DomainError):
        address = parse_email(address)
    local, _, domain = line(address).lower().rpartition("@")
    domain = domain.rstrip(".")
    if found := _SUBDOMAIN.fullmatch(domain):
        local, domain = found["user"], found["domain"]
    domain = _SAME.get(domain, domain)
    name = local.partition("+")[0] or local
    if _HYPHEN.fullmatch(domain):
        name = name.partition("-")[0] or name
    name = name.translate({ord(sign): None for sign in _UNSEEN.get(domain, "")}) or name
    return f"{name}@{domain}"
