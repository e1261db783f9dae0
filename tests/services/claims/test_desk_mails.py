"""What the desk's work sends: documents asked for again, and the warnings of a clock that comes to its end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.domain.catalogue import ClaimRegime
from portal.domain.claim import ClaimState, PaperState
from portal.domain.errors import DomainError, NotAllowed
from portal.models import Claim, ClaimPaper
from portal.services.catalogue import offers
from portal.services.claims import assessment, late_warnings, observed, paper_review, taking
from tests.services.at_once import at_once
from tests.services.claims.test_resolutions import REJECTING, approving


@pytest.fixture
def carla(make):
    return make.collaborator()


@pytest.fixture
def look(call, carla):
    """What waits for Carla in a claim that she has taken: its papers' keys."""

    def look(number):
        call(taking.take, number, carla.actor)
        return [one.row.id for one in call(assessment.get, number, carla.actor).to_review]

    return look


def test_what_was_observed_in_one_sitting_is_asked_for_in_one_mail(make, call, clock, mails, carla, look):
    owner = make.customer()
    number = make.claim(owner, complete=True)
    first, second = look(number)
    call(paper_review.observe, number, first, "No se lee bien.", carla.actor, shown=0)
    assert call(observed.tell_due) == 0, "the next one may follow"
    clock(minutes=3)
    call(paper_review.observe, number, second, "Le falta la firma.", carla.actor, shown=0)
    clock(minutes=7)
    assert call(observed.tell_due) == 0
    clock(minutes=9)
    assert call(observed.tell_due) == 1
    assert call(observed.tell_due) == 0, "begun twice, told once"
    (mail,) = mails("claim_observed")
    assert mail.recipient == owner.email
    assert "No se lee bien." in mail.text_body
    assert "Le falta la firma." in mail.text_body
    make.paper_came(first, owner.actor)
    call(paper_review.observe, number, first, "Sigue sin leerse.", carla.actor, shown=0)
    clock(minutes=20)
    assert call(observed.tell_due) == 1
    again = mails("claim_observed")[-1]
    assert "Sigue sin leerse." in again.text_body
    assert "Le falta la firma." not in again.text_body, "of that one they know"


def test_begun_by_several_at_once_it_is_told_once(app, make, call, clock, mails, carla, look):
    number = make.claim(make.customer(), complete=True)
    call(paper_review.observe, number, look(number)[0], "No se lee bien.", carla.actor, shown=0)
    clock(minutes=6)
    at_once(app, 4, lambda _: observed.tell_due())
    assert len(mails("claim_observed")) == 1


def test_a_document_of_some_cases_is_asked_for_and_let_go(make, call, rows, carla, look):
    number = make.claim(make.customer(), complete=True)
    look(number)
    (some, *_) = rows(select(ClaimPaper).where(~ClaimPaper.required))
    call(paper_review.need, number, some.id, carla.actor)
    assert rows(select(Claim.state)) == [ClaimState.OBSERVED]
    call(paper_review.spare, number, some.id, carla.actor)
    assert rows(select(Claim.state)) == [ClaimState.ASSESSED]
    always = rows(select(ClaimPaper.id).where(ClaimPaper.required))[0]
    with pytest.raises(NotAllowed, match="lo pide siempre"):
        call(paper_review.spare, number, always, carla.actor)


def test_an_accepted_document_is_not_judged_again(make, call, rows, carla, look):
    number = make.claim(make.customer(), complete=True)
    first, _ = look(number)
    call(paper_review.accept, number, first, carla.actor, shown=0)
    with pytest.raises(NotAllowed, match="no espera revisión"):
        call(paper_review.observe, number, first, "Mal.", carla.actor, shown=0)
    with pytest.raises(DomainError, match="Llegó otro archivo"):
        call(paper_review.accept, number, first, carla.actor, shown=9)
    assert rows(select(ClaimPaper.state).where(ClaimPaper.id == first)) == [PaperState.ACCEPTED]


def test_the_desk_is_warned_once_at_each_level_and_when_it_is_late(make, call, clock, mails, carla, look):
    jorge = make.supervisor()
    number = make.claim(make.customer(), complete=True)
    seen = []
    for day in (5, 10, 12, 15, 18, 20, 21, 22):
        clock(days=day)
        call(late_warnings.warn_due)
        call(late_warnings.warn_due)
        seen.append(len(mails("claim_deadline")))
    assert seen == [0, 1, 1, 2, 3, 3, 4, 4]
    assert {one.recipient for one in mails("claim_deadline")} == {jorge.email}
    assert "Venció el plazo" in mails("claim_deadline")[-1].subject
    assert number in mails("claim_deadline")[0].subject


def test_who_has_the_claim_is_warned(make, call, clock, mails, carla, look):
    make.supervisor()
    look(make.claim(make.customer(), complete=True))
    clock(days=11)
    call(late_warnings.warn_due)
    assert [one.recipient for one in mails("claim_deadline")] == [carla.email]


def test_warnings_begun_at_once_are_sent_once(app, make, call, clock, mails):
    make.supervisor()
    make.claim(make.customer(), complete=True)
    clock(days=11)
    at_once(app, 4, lambda _: late_warnings.warn_due())
    assert len(mails("claim_deadline")) == 1


@pytest.fixture
def general(app, monkeypatch):
    """The hospital's product as one of the general regime."""
    with app.app_context():
        sold = offers.offer_on_sale("renta-hospitalaria")
    general = replace(sold, product=replace(sold.product, claim_regime=ClaimRegime.GENERAL))
    monkeypatch.setitem(offers._parsed, sold.version_id, general)


@pytest.mark.usefixtures("general")
def test_after_the_silence_of_the_general_regime_nothing_is_rejected(make, clock, carla):
    number = make.claim(make.customer(), complete=True)
    make.taken(number, carla)
    clock(days=31)
    with pytest.raises(DomainError, match="por ley quedó aprobado"):
        make.proposed(number, carla, REJECTING)
    make.proposed(number, carla, approving())


@pytest.mark.usefixtures("general")
def test_what_silence_has_approved_meanwhile_is_not_rejected_by_whoever_confirms(make, clock, carla, rows):
    number = make.claim(make.customer(), complete=True)
    make.taken(number, carla)
    clock(days=30)
    make.proposed(number, carla, REJECTING)
    clock(days=31)
    with pytest.raises(DomainError, match="por ley quedó aprobado"):
        make.confirmed(number, make.supervisor())
    assert rows(select(Claim.state)) == [ClaimState.ASSESSED]
