"""The desk's queue of claims: its order, its parts and their counts, and who has what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.domain.claim_stage import Stage, Urgency
from portal.domain.errors import NotAllowed, NotFound
from portal.models import Claim, Notice, Policy
from portal.models.transaction import writing
from portal.services.claims import notice_desk, queue, taking
from portal.services.claims.queue import Whose
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.platform.pending import grouped
from tests.factories import ACCIDENT, HOSPITAL, Someone, beneficiary
from tests.factories.notices import DIED
from tests.services.at_once import at_once


@pytest.fixture
def member(make) -> Someone:
    return make.collaborator()


def waiting(actor):
    """What the desk counts of claims."""
    return grouped([queue.waiting(actor)])[0]


def numbers(call, actor, whose=Whose.EVERYBODY, **part):
    return [one.number for one in call(queue.lines, actor, whose, limit=50, **part)]


def test_the_nearest_end_of_a_clock_stands_first_and_what_waits_for_papers_last(make, call, clock, member):
    waits = make.claim(make.customer())
    first = make.claim(make.customer(), complete=True)
    clock(days=3)
    second = make.claim(make.customer(), complete=True)
    assert numbers(call, member.actor) == [first, second, waits]
    lines = call(queue.lines, member.actor, Whose.EVERYBODY, limit=50)
    assert [one.urgency for one in lines] == [Urgency.LATER, Urgency.LATER, Urgency.STOPPED]
    assert [one.days for one in lines[:2]] == [17, 20]
    clock(days=11)
    assert call(queue.lines, member.actor, Whose.EVERYBODY, limit=1)[0].urgency is Urgency.SOON
    clock(days=21)
    assert numbers(call, member.actor, is_late=True) == [first]


def test_it_is_read_a_page_at_a_time_by_its_last_line(app, make, call, member):
    claims = [make.claim(make.customer(), complete=True) for _ in range(2)] + [make.claim(make.customer())]
    told = [make.notice(), make.notice()]
    with app.app_context(), writing() as session:  # all of them end at one moment: the hardest to tell apart
        due_at = session.scalars(select(Claim.due_at).where(Claim.number == claims[0])).one()
        session.execute(update(Claim).where(Claim.due_at.is_not(None)).values(due_at=due_at))
        session.execute(update(Notice).values(due_at=due_at))
    made = [*told, *claims]
    for limit in (1, 2):
        seen, after = [], ""
        while page := call(queue.lines, member.actor, Whose.EVERYBODY, after=after, limit=limit):
            seen += [one.number for one in page]
            after = page[-1].number
        assert seen == made


def test_notices_share_the_list_and_say_whom_they_are_about_to_who_has_them(make, call, clock, member):
    claim, notice = make.claim(make.customer(), complete=True), make.notice()
    assert numbers(call, member.actor) == [notice, claim]
    (line,) = call(queue.lines, member.actor, Whose.FREE, stage=Stage.MATCH, limit=50)
    assert (line.number, line.insured, line.urgency) == (notice, "", Urgency.NOW)
    assert numbers(call, member.actor, stage=Stage.CHECK) == [claim]
    call(notice_desk.take, notice, member.actor)
    (mine,) = call(queue.lines, member.actor, Whose.MINE, limit=50)
    assert (mine.number, mine.insured, mine.assignee_id) == (notice, "DNI 41873350", member.account_id)
    counts = call(queue.counts, member.actor, Whose.EVERYBODY)
    assert counts.stages[Stage.MATCH].count == 1
    assert counts.by_owner == {Whose.MINE: 1, Whose.EVERYBODY: 2, Whose.FREE: 1}
    clock(hours=25)
    assert numbers(call, member.actor, is_late=True) == [notice]
    assert call(queue.counts, member.actor, Whose.EVERYBODY).late == 1
    call(notice_desk.close, notice, member.actor)
    assert numbers(call, member.actor) == [claim]


def test_each_claim_is_in_one_part_and_counted_there(make, call, member):
    new, complete = make.claim(make.customer()), make.claim(make.customer(), complete=True)
    counts = call(queue.counts, member.actor, Whose.EVERYBODY)
    assert {stage: door.count for stage, door in counts.stages.items() if door.count} == {Stage.NEW: 1, Stage.CHECK: 1}
    assert counts.by_owner == {Whose.MINE: 0, Whose.EVERYBODY: 2, Whose.FREE: 2}
    call(taking.take, new, member.actor)
    counts = call(queue.counts, member.actor, Whose.EVERYBODY)
    assert counts.stages[Stage.WAITING].count == 1, "it was read, and its papers are still to come"
    assert counts.by_owner == {Whose.MINE: 1, Whose.EVERYBODY: 2, Whose.FREE: 1}
    assert call(queue.counts, member.actor, Whose.MINE).stages[Stage.CHECK].count == 0
    assert numbers(call, member.actor, Whose.FREE) == [complete]
    assert numbers(call, member.actor, Whose.MINE) == [new]
    assert numbers(call, member.actor, stage=Stage.CHECK) == [complete]


def test_the_desk_counts_what_waits_for_people(make, call, clock, member):
    make.claim(make.customer())
    make.claim(make.customer(), complete=True)
    found = {one.what: one.count for one in call(waiting, member.actor)}
    assert found == {queue.NEW: 1, queue.TO_CHECK: 1}
    clock(days=25)
    assert {one.what: one.count for one in call(waiting, member.actor)} == {queue.NEW: 1, queue.LATE: 1}


def test_of_two_who_take_it_at_once_one_has_it(app, make, call, rows):
    number = make.claim(make.customer())
    members = [make.collaborator() for _ in range(4)]
    given = at_once(app, 4, lambda one: taking.take(number, members[one].actor))
    assert sum(one is None for one in given) == 1
    (claim,) = rows(select(Claim))
    assert claim.assignee_id in {one.account_id for one in members}


def test_the_most_pressing_free_one_is_taken_and_never_ones_own(make, call, clock, member):
    owner = make.customer(
        document_number=member.identity.number,
        document_type=member.identity.document_type,
    )
    own = make.claim(owner, complete=True)
    clock(days=1)
    other = make.claim(make.customer(), complete=True)
    make.notice(replace(DIED, insured=member.identity))
    told = make.notice()
    assert call(taking.take_most_pressing, member.actor) == (told, True)
    assert call(taking.take_most_pressing, member.actor) == (other, False)
    with pytest.raises(NotAllowed, match="No queda ningún siniestro ni aviso libre"):
        call(taking.take_most_pressing, member.actor)
    with pytest.raises(HasPart):
        call(taking.take, own, member.actor)


def test_it_is_given_back_by_who_has_it_or_a_supervisor(make, call, member, rows):
    number = make.claim(make.customer())
    call(taking.take, number, member.actor)
    with pytest.raises(NotAllowed, match="Lo tiene otra persona"):
        call(taking.give_back, number, make.collaborator().actor)
    with pytest.raises(NotAllowed, match="Otra persona ya lo tomó"):
        call(taking.take, number, make.collaborator().actor)
    call(taking.give_back, number, make.supervisor().actor)
    call(taking.take, number, make.collaborator().actor)


def test_an_agency_works_on_its_own_policies_and_on_those_that_nobody_sold(app, make, call):
    number = make.claim(make.customer())
    with app.app_context(), writing() as session:
        session.scalars(select(Policy)).one().agency_code = "AQP-1"
    here, there = make.collaborator(agency="CUS-1"), make.collaborator(agency="AQP-1")
    assert numbers(call, here.actor) == []
    assert numbers(call, there.actor) == numbers(call, make.collaborator(agency=None).actor) == [number]
    assert numbers(call, make.supervisor().actor) == [number]
    with pytest.raises(NotFound):
        call(taking.take, number, here.actor)


@pytest.mark.parametrize("role", ["insured", "beneficiary", "seller"])
def test_whoever_has_a_part_in_it_can_t_take_it(app, make, call, member, role):
    owner = make.customer()
    named = [beneficiary(identity=member.identity)] if role == "beneficiary" else []
    number = make.claim(owner, ACCIDENT if named else HOSPITAL, named=named)
    if role == "seller":
        with app.app_context(), writing() as session:
            session.scalars(select(Policy)).one().seller_id = member.account_id
    if role == "insured":
        with app.app_context(), writing() as session:
            insured = session.scalars(select(Policy)).one().insured
            insured.document_number = member.identity.number
    with pytest.raises(HasPart):
        call(taking.take, number, member.actor)
