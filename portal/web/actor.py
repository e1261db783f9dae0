"""The actor of a request."""

from flask import request
from flask_login import current_user

from portal.domain.actor import Actor
from portal.domain.typed import line
from portal.web import browser

_LONGEST_IP = 45  # an IPv6 address that carries an IPv4 one; a proxy may say anything


def actor() -> Actor:
    """Who is asking, and from where."""
    account_id = current_user.account_id if current_user.is_authenticated else None
    role = current_user.role if current_user.is_authenticated else None
    device = line(request.user_agent.string or "")[:200]
    ip = (request.remote_addr or "")[:_LONGEST_IP]
    return Actor(account_id=account_id, role=role, ip=ip, device=device, browser=browser.mark())
