"""What is deleted by itself. Personal data that led to nothing is not kept."""

from datetime import timedelta

from sqlalchemy import delete

from portal.domain import clock
from portal.models import UserSession
from portal.models.transaction import writing
from portal.services.accounts import signup
from portal.services.authentication import lockout, recovery
from portal.services.operation import abandoned_lists
from portal.services.platform import drafts, heartbeats

ENDED_SESSION = timedelta(days=90)  # as long as somebody may ask who signed in from where


def forget() -> None:
    """Erase sign-ups that became no account; delete sessions long over, signs of life of the long dead, drafts that
    nobody came back to, and the people of lists that nobody confirmed."""
    signup.forget_expired()
    with writing() as session:
        session.execute(delete(UserSession).where(UserSession.last_seen_at < clock.now() - ENDED_SESSION))
        heartbeats.forget()
        recovery.forget()
        drafts.forget_old()
        lockout.forget()
        abandoned_lists.forget()
