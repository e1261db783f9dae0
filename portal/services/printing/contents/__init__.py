"""What each kind of document says: a module a kind, called by its code, whose function `contents` takes the subject."""

from dataclasses import dataclass
from typing import Any

from portal.integrations.qr import qr_data_uri
from portal.models import Policy
from portal.settings import current_settings


@dataclass(frozen=True, slots=True)
class Contents:
    """`words` are what the kind's template asks for; `title` is the file's own; `footer` stands on every sheet,
    if there is one."""

    words: dict[str, Any]
    title: str
    footer: str


def verified(policy: Policy) -> dict[str, str]:
    """What a document says so that anybody can verify its policy (B08): the address, its QR, and the code under it."""
    address = link(f"/verificar/{policy.verification_token}")
    return {"verify_url": address, "qr": qr_data_uri(address), "verify_code": policy.shown_code}


def link(path: str) -> str:
    """The whole address of a page of the portal, for whoever holds the paper."""
    return current_settings().base_url + path
