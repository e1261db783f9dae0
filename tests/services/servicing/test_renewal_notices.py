"""Whoever has a policy is told before it ends: each time once, and never without need."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.calendar import noon
from portal.domain.claim import Outcome
from portal.domain.clock import lima
from portal.models import Endorsement, Message, Person, Policy, ProductVersion, RenewalNotice
from portal.models.transaction import writing
from portal.services.claims.resolutions import Proposal
from portal.services.policies import listing, renewing
from portal.services.policies import policy as policies
from portal.services.servicing import renewal_notices
from tests.factories import ACCIDENT, HOSPITAL
from tests.services.at_once import at_once

KINDS = ("policy_ending", "policy_expired")


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def day(rows, clock_at, call):
    """Moves the time to an hour so many days before the end of the first policy, and tells of what is due."""

    def day(left: int, hour: float = 9) -> int:
        end = lima(rows(select(Policy.ends_at))[0]).date()
        clock_at(noon(end - timedelta(days=left)) + timedelta(hours=hour - 12))
        return call(renewal_notices.tell_due)

    return day


@pytest.fixture
def told(rows):
    return lambda: rows(select(Message.kind).where(Message.kind.in_(KINDS)).order_by(Message.id))


def sold_at(app, total: str) -> None:
    with app.app_context(), writing() as session:
        sold = session.scalars(select(ProductVersion).where(ProductVersion.slug == "muerte-accidental")).one()
        plans = [{**one, "total": total} if one["code"] == "plan-2" else one for one in sold.content["plans"]]
        sold.withdrawn_at = portal_clock.now()
        content = {**sold.content, "plans": plans}
        session.add(ProductVersion(slug=sold.slug, version=sold.version + 1, sha256="0" * 64, content=content))


def test_a_year_of_days_tells_at_thirty_fourteen_and_three_and_when_it_has_ended(day, told, number, juana, mails):
    days = [left for left in range(60, -10, -1) if day(left) or day(left, 13)]
    assert days == [30, 14, 3, 0]
    assert told() == ["policy_ending"] * 3 + ["policy_expired"]
    assert {one.recipient for one in mails("policy_ending")} == {juana.email}
    assert f"/polizas/{number}/renovar" in mails("policy_ending")[0].text_body


def test_changed_terms_are_told_forty_five_days_before(app, day, told, number, mails):
    sold_at(app, "99.00")
    assert [left for left in range(50, 40, -1) if day(left)] == [45]
    (mail,) = mails("policy_ending")
    assert "y el año nuevo cambia" in mail.subject
    assert "S/ 99.00. Este año costó S/ 72.92" in mail.text_body.replace("\xa0", " ")


def test_the_day_turns_at_midnight_in_lima(day, told, number):
    assert day(31, 23.99) == 0
    assert day(30, 0) == 1
    assert day(0, 11.99) == 1, "the one of three days, late"
    assert day(0, 12) == 1
    assert told()[-1] == "policy_expired"


def test_what_was_missed_is_not_told_beside_the_next(day, told, number):
    assert day(10) == 1
    assert day(10) == 0
    assert day(1) == 1
    assert told() == ["policy_ending"] * 2


@pytest.mark.parametrize("left", [45, 30, 14, 3, 0])
def test_nobody_is_told_who_renewed(make, day, told, juana, number, left):
    day(45)
    make.renewed(number, juana)
    assert day(left, 13) == 0


def test_nor_of_what_they_ended(make, day, told, juana, number):
    day(50)
    make.ended(number, juana)
    assert day(14) == 0
    assert told() == []


def test_who_cannot_renew_is_told_so_at_each_turn_with_its_reason_and_no_button(app, day, rows, mails, number):
    with app.app_context(), writing() as session:
        session.execute(update(ProductVersion).values(withdrawn_at=portal_clock.now()))
    assert [left for left in range(50, -5, -1) if day(left, 13)] == [45, 30, 14, 3, 0]
    told = mails("policy_ends_for_good")
    assert ["termina el" in one.subject for one in told] == [True] * 4 + [False]
    assert all("ya no se vende" in one.text_body for one in told)
    assert all("/renovar" not in one.text_body for one in told)


def test_too_old_is_told_too(change, rows, day, mails, number):
    end = lima(rows(select(Policy.ends_at))[0]).date()
    change(Person, birth_date=end.replace(year=end.year - 66))
    assert day(30) == 1
    assert "puede tener ya 66" in mails("policy_ends_for_good")[0].text_body


@pytest.mark.parametrize("what", ["renewed", "ended", "died"])
def test_what_waits_in_the_queue_asks_nothing_once_it_is_renewed_or_ended_or_a_death_is_told(
    make, day, rows, juana, number, what
):
    assert day(30) == 1
    if what == "renewed":
        make.renewed(number, juana)
    elif what == "ended":
        make.ended(number, juana)
    else:
        make.claim(juana, ACCIDENT, policy=number)
    (mail,) = rows(select(Message).where(Message.kind == "policy_ending"))
    assert mail.expires_at <= portal_clock.now()


@pytest.mark.parametrize("has_left", [False, True])
def test_a_reminder_that_such_a_death_cut_off_is_told_again_and_one_that_had_left_is_not(
    make, day, drain, juana, number, has_left
):
    assert day(30) == 1
    if has_left:
        drain()
    claim, lives = make.claim(juana, ACCIDENT, policy=number), Proposal(Outcome.REJECT, ground="vive", words="Vino.")
    make.decided(claim, make.collaborator(), make.supervisor(), lives)
    assert day(29) == int(not has_left)


@pytest.mark.parametrize(("ground", "wakes"), [("vive", True), ("definicion", False)])
def test_a_death_that_was_told_by_mistake_stops_nothing_once_two_answer_that_the_person_lives(
    make, call, day, told, juana, number, ground, wakes
):
    day(40)
    claim = make.claim(juana, ACCIDENT, policy=number)
    carla, jorge = make.collaborator(), make.supervisor()

    def is_dead():
        (line,) = call(lambda: listing.named(juana.actor, [number]))
        assert call(lambda: renewing.sight(policies.get(number, juana.actor)).death_is_told) is line.is_dead
        return line.is_dead

    assert (day(30), is_dead()) == (0, True)
    make.taken(claim, carla)
    make.proposed(claim, carla, Proposal(Outcome.REJECT, ground=ground, words="Vino con su documento."))
    assert is_dead(), "as long as one alone says so"
    make.confirmed(claim, jorge)
    assert (is_dead(), day(29)) == (not wakes, int(wakes))
    assert told() == ["policy_ending"] * wakes
    if wakes:
        make.renewed(number, juana)


def test_terms_that_change_after_the_first_look_are_told_on_the_next_day(app, day, told, rows, number):
    assert (day(45), day(45, 18)) == (0, 0)
    sold_at(app, "99.00")
    assert day(45, 20) == 0, "once a day"
    assert (day(44), day(43)) == (1, 0)
    assert len(rows(select(RenewalNotice))) == 1


def test_begun_many_times_at_once_each_is_told_once(app, rows, make, day, told, juana, clock_at):
    for _ in range(3):
        make.policy(juana)
    make.policy(juana, product=HOSPITAL)
    end = lima(rows(select(Policy.ends_at))[0]).date()
    clock_at(noon(end - timedelta(days=29)))
    answers = at_once(app, 4, lambda _: renewal_notices.tell_due())
    assert [one for one in answers if isinstance(one, Exception)] == []
    assert told() == ["policy_ending"] * 4
    assert len(rows(select(RenewalNotice))) == 4


def test_one_that_cannot_be_told_stops_no_other(rows, make, change, day, told, juana):
    """A plan that no version has is a defect of ours: it is tried again, and the others are told."""
    make.policy(juana)
    make.policy(juana)
    first = rows(select(Policy.id))[0]
    change(Endorsement, Endorsement.policy_id == first, plan_code="no-hay")
    assert day(30) == 1
    change(Endorsement, Endorsement.policy_id == first, plan_code="plan-2")
    assert day(29) == 1
    assert len(rows(select(RenewalNotice))) == 2
