"""What is deleted by itself. Personal data that led to nothing is not kept."""

from datetime import timedelta

from sqlalchemy import delete

from portal.domain import clock
from portal.models import Signup, UserSession
from portal.models.transaction import writing

ABANDONED_SIGNUP = timedelta(days=7)
ENDED_SESSION = timedelta(days=90)  # as long as somebody may ask who signed in from where


def forget() -> None:
    """Delete sign-ups that nobody completed and sessions long over."""
    moment = clock.now()
    with writing() as session:
        session.execute(
            delete(Signup).where(Signup.completed_at.is_(None), Signup.created_at < moment - ABANDONED_SIGNUP)
        )
        session.execute(delete(UserSession).where(UserSession.last_seen_at < moment - ENDED_SESSION))
