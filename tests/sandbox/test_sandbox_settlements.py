"""The sandbox bank tells what it moved on a day of Lima, from six in the morning of the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.movements import Kind
from tests.sandbox.asking_the_bank import (
    BREAKS_AFTER,
    BREAKS_BEFORE,
    READY,
    REFUSED,
    Clock,
    charge,
    order,
    payout,
    payout_order,
    refund,
    token,
)

DAY = "2026-05-19"
LAST = datetime(2026, 5, 20, 4, 59, 59, 999000, tzinfo=UTC)  # of that day in Lima
KNOWN = datetime(2026, 5, 20, 11, 0, tzinfo=UTC)


def settled(http: httpx.Client, clock: Clock, day: str = DAY) -> list[dict[str, str]]:
    clock.time = max(clock.time, KNOWN)
    answer = http.get(f"/v1/settlements/{day}")
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def test_a_day_lists_what_was_moved_in_the_order_of_processing(http: httpx.Client, clock: Clock) -> None:
    paid = payout(http, payout_order(), "p1").json()
    clock.forward(minutes=1)
    charged = charge(http, order(token(http)), "k1").json()
    clock.forward(minutes=1)
    given_back = refund(http, charged["charge_id"], "50.00", "r1").json()
    assert settled(http, clock) == [
        {
            "kind": "payout",
            "id": paid["payout_id"],
            "reference": "PS-2026-000001",
            "amount": "72.92",
            "processed_at": "2026-05-19T15:00:00.000Z",
        },
        {
            "kind": "charge",
            "id": charged["charge_id"],
            "reference": "SP-2026-000001",
            "amount": "72.92",
            "processed_at": "2026-05-19T15:01:00.000Z",
        },
        {
            "kind": "refund",
            "id": given_back["refund_id"],
            "reference": "SP-2026-000001",
            "amount": "50.00",
            "processed_at": "2026-05-19T15:02:00.000Z",
        },
    ]


def test_what_moved_at_the_same_moment_keeps_its_order(http: httpx.Client, clock: Clock) -> None:
    ids = [payout(http, payout_order(), f"p{number}").json()["payout_id"] for number in range(12)]
    assert [row["id"] for row in settled(http, clock)] == ids


def test_a_day_is_known_from_six_in_the_morning_of_the_next(http: httpx.Client, clock: Clock) -> None:
    payout(http, payout_order())
    for moment in (clock.time, LAST, KNOWN - timedelta(milliseconds=1)):
        clock.time = moment
        early = http.get(f"/v1/settlements/{DAY}")
        assert (early.status_code, early.json()["code"]) == (404, "not_known_yet")
    clock.time = KNOWN
    assert len(http.get(f"/v1/settlements/{DAY}").json()) == 1


def test_a_day_ends_at_midnight_in_lima(http: httpx.Client, clock: Clock) -> None:
    clock.time = LAST
    late = payout(http, payout_order(), "p1").json()["payout_id"]
    clock.forward(milliseconds=1)
    early = payout(http, payout_order(), "p2").json()["payout_id"]
    assert [row["id"] for row in settled(http, clock)] == [late]
    clock.forward(days=1)
    assert [row["id"] for row in settled(http, clock, "2026-05-20")] == [early]
    assert settled(http, clock, "2026-05-18") == []


@pytest.mark.parametrize("kind", READY)
def test_what_was_answered_badly_is_listed_once_and_what_was_refused_never(
    http: httpx.Client, clock: Clock, kind: Kind
) -> None:
    for digits in (BREAKS_AFTER, BREAKS_BEFORE, REFUSED):
        ordered = READY[kind](http, digits)
        for _time in range(3):
            ordered.send(http, key=digits)
    assert len([row for row in settled(http, clock) if row["kind"] == kind]) == 2


@pytest.mark.parametrize("day", ["2026-02-30", "20260519", "2026-W21-2", "hoy", "2026-5-19"])
def test_a_day_that_is_none_is_malformed(http: httpx.Client, day: str) -> None:
    answer = http.get(f"/v1/settlements/{day}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("day", ["2026-05-20", "2027-01-01", "9999-12-31"])
def test_a_day_to_come_is_not_known(http: httpx.Client, day: str) -> None:
    assert http.get(f"/v1/settlements/{day}").status_code == 404


def test_the_first_day_of_all_was_one_without_movements(http: httpx.Client) -> None:
    assert http.get("/v1/settlements/0001-01-01").json() == []
