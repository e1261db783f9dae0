"""Filling in a claim and registering it: who is in it, which papers it asks for, and one number whatever is pressed."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.domain.claim import ClaimEventKind, ClaimState, PaperState, PartyKind
from portal.domain.errors import DomainError, NotFound
from portal.domain.received_file import FileState
from portal.models import Claim, ClaimEvent, ClaimPaper, ClaimParty, StoredFile
from portal.models.transaction import writing
from portal.services.claims import attachments, course, drafts, filing, listing, papers
from portal.services.claims import claim as claims
from portal.services.home import overview
from tests.decoder.strangers import pdf
from tests.factories import ACCIDENT, FUNERAL, HOSPITAL, beneficiary
from tests.factories.claims import STORY
from tests.services.at_once import at_once


@pytest.fixture
def register(call, juana):
    return lambda public_id, **named: call(filing.register, public_id, juana.actor, **{"agrees": True} | named)


def test_a_claim_gets_its_number_when_it_is_registered(make, juana, register, rows):
    public_id = make.claim_draft(juana)
    assert rows(select(Claim.number)) == [None]
    number = register(public_id)
    (claim,) = rows(select(Claim))
    assert number == claim.number == f"SIN-{clock.today().year}-000001"
    assert (claim.state, claim.due_at) == (ClaimState.REGISTERED, None)
    assert claim.consented_at is not None
    assert rows(select(ClaimEvent.kind)) == [ClaimEventKind.REGISTERED]


def test_registering_it_again_gives_the_same_number(make, juana, register, rows):
    public_id = make.claim_draft(juana)
    assert register(public_id) == register(public_id)
    assert len(rows(select(ClaimEvent))) == 1


def test_registering_it_in_two_windows_at_once_gives_one_number(app, make, juana, rows):
    public_id = make.claim_draft(juana)
    given = at_once(app, 2, lambda _: filing.register(public_id, juana.actor, agrees=True))
    assert len(set(given)) == 1
    assert len(rows(select(ClaimEvent))) == 1


def test_nothing_is_registered_without_the_consent_to_read_health_data(make, juana, register, rows):
    with pytest.raises(DomainError) as refused:
        register(make.claim_draft(juana), agrees=False)
    assert refused.value.field == "acepta"
    assert rows(select(Claim.state)) == [ClaimState.DRAFT]


def test_a_hospital_claim_is_paid_to_the_insured_and_knows_the_holders_account(make, juana, rows):
    make.claim(juana)
    (party,) = rows(select(ClaimParty))
    assert (party.kind, party.account_id, party.identity) == (PartyKind.INSURED, juana.account_id, juana.identity)


def test_somebody_elses_hospital_claim_is_paid_to_them_and_no_account_is_taken_for_theirs(make, juana, rows):
    policy = make.policy(juana, quote=make.quote(juana, HOSPITAL, insured=make.insured()), product=HOSPITAL)
    make.claim(juana, policy=policy)
    (party,) = rows(select(ClaimParty))
    assert (party.names, party.account_id) == ("Luis", None)


def test_what_was_spent_is_paid_to_who_registers_it(make, juana, rows):
    make.claim(juana, FUNERAL)
    (party,) = rows(select(ClaimParty))
    assert (party.kind, party.account_id) == (PartyKind.SPENDER, juana.account_id)


def test_a_death_is_paid_to_who_was_named_and_a_minor_has_who_acts_for_them(make, juana, rows):
    child = beneficiary(share="40.00", names="Luz", birth_date=date(2018, 3, 1), representative="Ana Ríos Paz")
    make.claim(juana, ACCIDENT, named=[beneficiary(share="60.00"), child])
    found = {one.kind: one for one in rows(select(ClaimParty))}
    assert sorted(one.share for one in rows(select(ClaimParty)) if one.share) == [40, 60]
    (minor,) = (one for one in rows(select(ClaimParty)) if one.names == "Luz")
    assert minor.represented_by_id == found[PartyKind.REPRESENTATIVE].id
    assert found[PartyKind.REPRESENTATIVE].full_name == "Ana Ríos Paz"


def test_a_death_of_which_nobody_is_named_pays_nobody_yet_and_is_not_complete(make, juana, rows):
    make.claim(juana, ACCIDENT, complete=True)
    assert rows(select(ClaimParty)) == []
    (claim,) = rows(select(Claim))
    assert claim.complete_at is None


def test_only_what_the_coverage_lists_is_asked_for(make, juana, call, rows):
    number = make.claim(juana)
    claim = call(claims.get, number, juana.actor)
    assert [one.required for one in rows(select(ClaimPaper))].count(True) >= 2
    documents = call(lambda: [papers.document_of(one) for one in claims.get(number, juana.actor).papers])
    assert {one.name for one in documents} >= {"DNI de la persona asegurada"}
    assert claim.state is ClaimState.REGISTERED


def test_it_is_complete_and_its_days_run_when_the_last_paper_came(make, juana, rows):
    make.claim(juana, complete=True)
    (claim,) = rows(select(Claim))
    assert claim.state is ClaimState.ASSESSED
    last_day = clock.lima(claim.complete_at).date() + timedelta(days=20)
    assert clock.lima(claim.due_at - timedelta(seconds=1)).date() == last_day
    assert rows(select(ClaimEvent.kind))[-1] is ClaimEventKind.COMPLETE


def test_answering_otherwise_changes_people_and_papers(make, juana, call, rows):
    hospital = make.policy(juana, product=HOSPITAL)
    accident = make.policy(juana, product=ACCIDENT, named=[beneficiary()])
    public_id = call(drafts.choose, None, accident, "muerte-accidental", juana.actor).public_id
    assert [one.kind for one in rows(select(ClaimParty))] == [PartyKind.BENEFICIARY]
    call(drafts.choose, public_id, hospital, "renta-diaria", juana.actor)
    assert [one.kind for one in rows(select(ClaimParty))] == [PartyKind.INSURED]
    before = {one.code for one in rows(select(ClaimPaper))}
    call(drafts.choose, public_id, hospital, "cirugia", juana.actor)
    after = {one.code for one in rows(select(ClaimPaper))}
    assert before & after
    assert before != after


def test_a_case_that_is_in_no_coverage_is_taken_all_the_same(make, juana, rows):
    make.claim(juana, coverage=None)
    (claim,) = rows(select(Claim))
    assert (claim.coverage_code, claim.number is not None, rows(select(ClaimPaper))) == (None, True, [])
    assert claim.complete_at is None


def test_an_event_outside_the_cover_is_taken_all_the_same(make, juana, rows):
    make.claim(juana, on=clock.today() - timedelta(days=400))
    assert rows(select(Claim.state)) == [ClaimState.REGISTERED]


def test_beginning_the_same_again_goes_on_with_what_is_there(make, juana, call, rows):
    policy = make.policy(juana, product=HOSPITAL)
    first, second = (call(drafts.choose, None, policy, "cirugia", juana.actor).public_id for _ in range(2))
    assert first == second
    assert len(rows(select(Claim))) == 1


def test_nobody_claims_with_a_policy_of_somebody_else(make, juana, call):
    policy = make.policy(make.customer(), product=HOSPITAL)
    with pytest.raises(NotFound):
        call(drafts.choose, None, policy, "cirugia", juana.actor)


def test_nobody_sees_or_registers_what_somebody_else_fills_in(make, juana, call):
    public_id = make.claim_draft(juana)
    other = make.customer()
    for use_case in (drafts.get, drafts.discard):
        with pytest.raises(NotFound):
            call(use_case, public_id, other.actor)
    with pytest.raises(NotFound):
        call(filing.register, public_id, other.actor, agrees=True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"event_date": "tomorrow"}, "fecha"),
        ({"event_date": date(1823, 1, 1)}, "fecha"),
        ({"days": 0}, "dias"),
        ({"days": 1000}, "dias"),
        ({"story": "  "}, "relato"),
        ({"story": "a" * 2001}, "relato"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(make, juana, call, changes, field):
    public_id = make.claim_draft(juana)
    values = {"event_date": clock.today(), "cause": None, "story": STORY} | changes
    if values["event_date"] == "tomorrow":
        values["event_date"] = clock.today() + timedelta(days=1)
    with pytest.raises(DomainError) as refused:
        call(drafts.tell, public_id, **values, actor=juana.actor)
    assert refused.value.field == field


def test_what_is_registered_is_answered_no_more(make, juana, call, register):
    public_id = make.claim_draft(juana)
    number = register(public_id)
    for use_case in (
        lambda: drafts.tell(public_id, clock.today(), None, "Otra cosa", juana.actor),
        lambda: drafts.discard(public_id, juana.actor),
    ):
        with pytest.raises(DomainError, match=number):
            call(use_case)


def test_what_is_thrown_away_is_gone(make, juana, call, rows):
    public_id = make.claim_draft(juana)
    call(drafts.discard, public_id, juana.actor)
    assert call(drafts.lines, juana.actor) == []
    with pytest.raises(NotFound):
        call(drafts.get, public_id, juana.actor)
    assert rows(select(Claim.story)) == [""]


def test_a_paper_observed_is_asked_again_while_the_days_of_a_microinsurance_run_on(make, juana, someone, call, rows):
    number = make.claim(juana, complete=True)
    (due_at,) = rows(select(Claim.due_at))

    def observe():
        with writing():
            paper = papers.needed(claims.get(number, juana.actor))[0]
            papers.observe(paper, someone.actor, "No se lee la fecha.")
            return paper.id

    paper_id = call(observe)
    (claim,) = rows(select(Claim))
    assert (claim.state, claim.complete_at, claim.due_at) == (ClaimState.OBSERVED, None, due_at)
    make.paper_came(paper_id, juana.actor)
    (claim,) = rows(select(Claim))
    assert claim.state is ClaimState.ASSESSED
    assert claim.complete_at is not None
    assert [one.state for one in rows(select(ClaimPaper)) if one.id == paper_id] == [PaperState.RECEIVED]


@pytest.fixture
def send(call, juana):
    """Sends a file for the first paper of what is filled in."""

    def send(public_id):
        def use_case():
            draft = drafts.get(public_id, juana.actor)
            return attachments.send(draft.papers[0].id, draft, io.BytesIO(pdf()), juana.actor).id

        return call(use_case)

    return send


def test_files_go_with_what_is_thrown_away(make, juana, call, rows, send):
    public_id = make.claim_draft(juana)
    send(public_id)
    call(drafts.discard, public_id, juana.actor)
    assert rows(select(StoredFile.state)) == [FileState.REMOVED]


def test_files_of_what_is_no_longer_asked_for_go_and_the_others_stay(make, juana, call, rows, send):
    policy = make.policy(juana, product=HOSPITAL)
    public_id = call(drafts.choose, None, policy, "renta-diaria", juana.actor).public_id
    send(public_id)
    call(drafts.choose, public_id, policy, "cirugia", juana.actor)
    (file,) = rows(select(StoredFile))
    still = {one.id for one in rows(select(ClaimPaper))}
    assert (file.state is FileState.STORED) == (file.owner_id in still)
    call(drafts.choose, public_id, make.policy(juana, product=FUNERAL), "gastos-sepelio", juana.actor)
    assert rows(select(StoredFile.state)) == [FileState.REMOVED]


def test_what_was_never_sent_is_deleted_after_its_days_with_people_papers_and_files(
    make, juana, call, rows, send, clock
):
    policy = make.policy(juana, product=HOSPITAL)
    registered = make.claim(juana, policy=policy)
    old, thrown = (make.claim_draft(juana, policy=policy, coverage=code) for code in ("renta-diaria", "cirugia"))
    send(old)
    call(drafts.discard, thrown, juana.actor)
    clock(days=29)
    young = make.claim_draft(juana, policy=policy, coverage="convalecencia")
    assert call(drafts.forget_old) == 1  # what was thrown away
    clock(days=31)
    assert call(drafts.forget_old) == 1
    assert [one.number or one.public_id for one in rows(select(Claim))] == [registered, young]
    assert rows(select(StoredFile.state)) == [FileState.REMOVED]


def test_it_is_the_readers_turn_at_home_until_all_papers_came(make, juana, call):
    number = make.claim(juana)

    def waiting():
        return [(one.about.number, one.about.missing > 0) for one in overview.of(juana.actor).to_do]

    assert call(waiting) == [(number, True)]
    for paper in call(lambda: [one.id for one in papers.missing(claims.get(number, juana.actor))]):
        make.paper_came(paper, juana.actor)
    assert call(waiting) == []


def test_somebody_who_is_not_the_holder_sees_their_own_part_alone(make, juana, call, rows, change):
    insured = make.customer()
    policy = make.policy(juana, quote=make.quote(juana, HOSPITAL, insured=make.insured()), product=HOSPITAL)
    number = make.claim(juana, policy=policy)
    with pytest.raises(NotFound):
        call(claims.get, number, insured.actor)
    change(ClaimParty, account_id=insured.account_id)
    assert call(lambda: course.of(claims.get(number, insured.actor), insured.actor).missing) != []
    assert call(lambda: [one.number for one in listing.lines(insured.actor, limit=5)]) == [number]
