"""The actor of a request."""

from flask import request
from flask_login import current_user

from portal.domain import addresses
from portal.domain.actor import Actor
from portal.domain.typed import line
from portal.web import browser


def actor() -> Actor:
    """Who is asking, and from where."""
    is_in = current_user.is_authenticated
    account_id, role = (current_user.account_id, current_user.role) if is_in else (None, None)
    device = line(request.user_agent.string or "")[:200]
    token = current_user.get_id() if is_in else ""
    return Actor(
        account_id=account_id,
        role=role,
        ip=addresses.address_of(request.remote_addr),
        device=device,
        browser=browser.mark(),
        session=token,
    )
