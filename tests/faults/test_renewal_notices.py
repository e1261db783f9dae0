"""The schedule is killed while it tells of policies that end: whoever was told is told once, and the others after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from functools import partial

from sqlalchemy import func, select, update

from portal.domain import clock
from portal.domain.calendar import noon
from portal.extensions import db
from portal.models import Message, Policy, RenewalNotice
from portal.models.transaction import writing
from portal.services.servicing import renewal_notices
from tests.processes import ROOT, until

_TELL = """
from portal import create_app
from portal.services.servicing import renewal_notices
app = create_app()
with app.app_context():
    renewal_notices.tell_due()
"""


def test_killed_between_two_each_is_told_once(app, make, env):
    juana = make.customer()
    for _ in range(10):
        make.policy(juana)
    with app.app_context(), writing() as session:
        session.execute(update(Policy).values(starts_at=noon(clock.today() - timedelta(days=355))))
        session.execute(update(Policy).values(ends_at=noon(clock.today() + timedelta(days=10))))

    def told() -> int:
        with app.app_context():
            return db.session.scalars(select(func.count()).where(Message.kind == "policy_ending")).one()

    def are_told(at_least: int) -> bool:
        return told() >= at_least

    for at_least in (1, 4):
        process = subprocess.Popen([sys.executable, "-c", _TELL], env={**os.environ, **env}, cwd=ROOT)
        until(partial(are_told, at_least), "somebody is told")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with app.app_context():
        renewal_notices.tell_due()
        policies = db.session.scalars(select(func.count()).select_from(Policy)).one()
        mails = db.session.scalars(select(Message.policy_id).where(Message.kind == "policy_ending")).all()
        notices = db.session.scalars(select(RenewalNotice.message_id)).all()
    assert len(mails) == len(set(mails)) == policies
    assert len([one for one in notices if one is not None]) == policies
