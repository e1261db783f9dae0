"""Claims in the lists of whoever sees them: of their own policies, and those in which they are somebody."""

from __future__ import annotations

import pytest

from portal.services.claims import listing
from portal.services.home import overview
from portal.services.home.overview import Task
from tests.factories import ACCIDENT, Someone, beneficiary


@pytest.fixture
def juana(make) -> Someone:
    return make.customer(names="Juana")


def numbers(call, someone, **window):
    return [one.number for one in call(listing.lines, someone.actor, **{"limit": 20} | window)]


def test_own_claims_and_those_of_others_in_which_one_is_somebody_stand_once_the_newest_first(make, call, juana):
    """Juana holds and is insured by her own, so that she is somebody in them twice over."""
    rosa = make.customer(names="Rosa")
    first = make.claim(juana)
    of_rosa = make.claim(rosa, product=ACCIDENT, named=[beneficiary("Juana")])
    make.known(make.party(of_rosa, "Juana"), juana)
    make.claim(rosa)
    last = make.claim(juana)
    make.claim_draft(juana)
    assert numbers(call, juana) == [last, of_rosa, first]
    assert of_rosa not in numbers(call, make.customer())


def test_a_page_goes_on_behind_the_last_line_of_the_one_before(make, call, juana):
    rosa = make.customer(names="Rosa")
    claims = []
    for _ in range(2):
        claims.append(make.claim(juana))
        claims.append(make.claim(rosa, product=ACCIDENT, named=[beneficiary("Juana")]))
        make.known(make.party(claims[-1], "Juana"), juana)
    seen, before = [], None
    while page := call(listing.lines, juana.actor, before=before, limit=1):
        seen += [one.number for one in page]
        before = page[-1].id
    assert seen == claims[::-1]


def test_those_of_a_policy_are_for_its_holder_alone(app, make, call, juana):
    policy = make.policy(juana, product=ACCIDENT, named=[beneficiary("Rosa")])
    claim = make.claim(juana, product=ACCIDENT, policy=policy)
    make.claim(juana)
    rosa = make.customer(names="Rosa")
    make.known(make.party(claim, "Rosa"), rosa)
    assert numbers(call, juana, policy=policy) == [claim]
    assert numbers(call, rosa) == [claim]
    assert numbers(call, rosa, policy=policy) == []


def test_a_claim_waits_for_whose_policy_it_is_of(make, call, juana):
    claim = make.claim(juana)
    make.claim(juana, complete=True)
    make.claim(make.customer())
    assert [one.number for one in call(listing.waiting_for, juana.actor, limit=3)] == [claim]
    asked = [one for one in call(overview.of, juana.actor).to_do if one.task is Task.ACT_ON_CLAIM]
    assert [one.about.number for one in asked] == [claim]
