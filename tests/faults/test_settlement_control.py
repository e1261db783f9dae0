"""The control of the settlement's race: two morning runs that fetched a day meet, and without it a
day is matched twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import AuditEntry, SettlementLine
from portal.services.payments import settlement_days
from tests.draining import drain
from tests.factories import Factories, Stage
from tests.faults.protections import RECEIVED, both_have_read
from tests.services.at_once import at_once

DAY = portal_clock.lima(datetime.now(UTC)).date() + timedelta(days=2)


@pytest.fixture
def matched(bank, clock_at) -> Callable[[Flask, float], tuple[int, int]]:
    """Two runs over a day of one charge: how many lines there are of it, and how often it was received."""

    def matched(own: Flask, patience: float) -> tuple[int, int]:
        make = Factories(own)
        clock_at(datetime.combine(DAY, time(10), portal_clock.LIMA))
        make.purchase(make.customer(), Stage.PAID)
        drain(own)
        clock_at(datetime.combine(DAY + timedelta(days=1), time(7), portal_clock.LIMA))
        with own.app_context():
            settlement_days._await_days()
            engine = db.engine
        with both_have_read(engine, patience, "UPDATE settlements") as enter:

            def run(_: int) -> None:
                enter()
                settlement_days.keep_up()

            answers = at_once(own, 2, run)
        assert answers == [None, None]
        with own.app_context():
            received = select(func.count()).where(AuditEntry.action == "settlement.received")
            lines = select(func.count()).select_from(SettlementLine)
            return db.session.scalar(lines) or 0, db.session.scalar(received) or 0

    return matched


def test_without_its_protection_a_day_is_matched_twice(own_app, matched):
    assert matched(own_app(RECEIVED), 0.5) == (2, 2)


def test_with_it_one_of_two_goes_on(own_app, matched):
    assert matched(own_app(), 0.5) == (1, 1)
