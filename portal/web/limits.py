"""Limits that several pages share."""

from flask import request
from flask_login import current_user

from portal.domain import addresses

MAIL_LIMIT = "10/minute"  # "Enviar Email": enough for a person, too slow to fill a mailbox

PRINT_LIMIT = "20/minute"  # PDFs that cost nothing to ask for


def account_key() -> str:
    """Counts by account, since a family behind one address doesn't share its limit; a visitor by their network."""
    if current_user.is_authenticated:
        return f"account:{current_user.account_id}"
    return f"address:{addresses.network_of(request.remote_addr)}"
