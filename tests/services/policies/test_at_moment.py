"""The rule of a policy's state and of what it says, in Python and in the database: the same answers, at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.domain.calendar import cover_end, noon
from portal.domain.clock import today
from portal.domain.policy import EndorsementKind, Matter, PolicyState, cancelled_from
from portal.extensions import db
from portal.models import Endorsement, Policy
from portal.services.operation import integrity
from portal.services.policies import at_moment

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NOON = noon(today())
# Few, and around noon, where cover begins and ends: so that often several things fall on the same moment.
INSTANTS = [NOON + days * DAY + seconds * SECOND for days in (-1, 0, 1) for seconds in (-1, 0, 1)]
STARTS = [noon(today() + days * DAY) for days in (-366, -365, -364, -1, 0, 1)]
MOMENTS = [NOON - 367 * DAY, *INSTANTS, NOON + 3 * DAY, NOON + 367 * DAY]
CHANGES = [kind for kind in EndorsementKind if kind is not EndorsementKind.ISSUE]


class History(NamedTuple):
    """When cover begins, and the kind and date of each endorsement after the issue, as they were written."""

    starts_at: datetime
    changes: list[tuple[EndorsementKind, datetime]]


histories = st.lists(
    st.builds(
        History,
        st.sampled_from(STARTS),
        st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(INSTANTS)), max_size=4),
    ),
    min_size=1,
    max_size=30,
)


@contextmanager
def written(histories: list[History]) -> Iterator[tuple[Session, dict[int, Policy]]]:
    """The policies in the database, by their keys, in a transaction that is given up. What they refer to is not there:
    the purchase, its payment and the people say nothing of state or terms."""
    with db.engine.connect() as connection, Session(connection) as session:
        deferred = {
            "sqlite": "PRAGMA defer_foreign_keys = ON",
            "postgresql": "SET LOCAL session_replication_role = replica",
        }
        session.execute(text(deferred[connection.dialect.name]))
        policies = {key: policy(key, history) for key, history in enumerate(histories, 1)}
        session.add_all(policies.values())
        session.flush()
        yield session, policies
        session.rollback()


def policy(key: int, history: History) -> Policy:
    dated = [(EndorsementKind.ISSUE, history.starts_at), *history.changes]
    endorsements = [
        Endorsement(
            number=number,
            kind=kind,
            effective_at=effective_at,
            plan_code="plan-2",
            premium_net=Decimal("61.80"),
            premium_igv=Decimal("11.12"),
            premium_total=Decimal("72.92"),
        )
        for number, (kind, effective_at) in enumerate(dated)
    ]
    return Policy(
        id=key,
        number=f"MA-2026-{key:06d}",
        verification_token=str(key),
        purchase_id=key,
        payment_id=key,
        account_id=1,
        holder_id=1,
        insured_id=1,
        product_version_id=1,
        starts_at=history.starts_at,
        ends_at=cover_end(history.starts_at),
        endorsements=endorsements,
        cancelled_at=cancelled_from(endorsements),
    )


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # each leaves nothing behind
)
@given(histories=histories, moments=st.lists(st.sampled_from(MOMENTS), min_size=1, max_size=4, unique=True))
def test_python_and_the_database_agree_on_every_history_at_every_moment(
    app: Flask, histories: list[History], moments: list[datetime]
) -> None:
    with app.app_context(), written(histories) as (session, policies):
        for moment in moments:
            states = {state: at_moment.in_state(state, moment) for state in PolicyState}
            for found in session.execute(select(Policy.id, at_moment.protects(moment), *states.values())):
                state = policies[found.id].state_at(moment)
                assert [one for one, is_so in zip(states, found[2:], strict=True) if is_so] == [state]
                assert found[1] == state.protects
            for matter in (Matter.TERMS, Matter.BENEFICIARIES):
                query = select(Policy.id, Endorsement.number).join(Endorsement, at_moment.is_in_force(matter, moment))
                assert sorted(session.execute(query)) == [
                    (key, one.cover.in_force_at(matter, one.endorsements, moment).number)
                    for key, one in policies.items()
                ]
        kept = session.execute(select(Policy.id, Policy.cancelled_at, at_moment.cancelled_from()))
        assert [row for row in kept if row[1] != row[2]] == []


def test_a_policy_that_tells_another_end_than_its_endorsements_is_found(app, make, juana, change):
    number = make.policy(juana)
    with app.app_context():
        assert "Las pólizas anuladas tienen el endoso que las anula: 0." in integrity.prove()
    change(Policy, Policy.number == number, cancelled_at=NOON)
    with app.app_context(), pytest.raises(integrity.Unsound, match=number):
        integrity.prove()
