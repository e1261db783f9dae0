"""A notice and the policies that it turns out to be about."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from portal.domain import clock
from portal.domain.calendar import first_noon_after
from portal.domain.cci import parse
from portal.domain.claim import ClaimState, EventKind, NoticeState, Outcome, PartyKind, PayoutWay
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.identity import DocumentType, Identity
from portal.domain.notice import Event
from portal.domain.payment import PaymentState
from portal.domain.payout_way import Chosen
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimTask, Document, Message, Notice, NoticeMatch, Payment, Policy
from portal.models.transaction import writing
from portal.services.claims import (
    addressees,
    candidates,
    exclusion,
    grounds,
    matching,
    notice_desk,
    notice_parties,
    paper_review,
    papers,
    parties,
    payees_at_desk,
    taking,
    telling,
)
from portal.services.claims.matching import Pick
from portal.services.claims.resolutions import Proposal
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.platform.pending import counted
from tests.factories import ACCIDENT, AGENCY, CCI, FUNERAL, HOSPITAL, beneficiary
from tests.services.at_once import at_once

DEATH = "muerte-accidental"


def today() -> date:
    return clock.today()


@pytest.fixture
def family(make):
    """Somebody insured for an accident's death, with a daughter and a minor son named, and each one's identity."""
    insured = make.customer()
    daughter = beneficiary("Nilda", share="60", surnames="Apaza Huamán")
    son = beneficiary(
        "Luis", share="40", birth_date=date(2015, 3, 9), identity=None, representative="Elena Huamán Soto"
    )
    policy = make.policy(insured, product=ACCIDENT, named=[daughter, son])
    return insured, daughter, policy


def died(insured) -> Event:
    return Event(EventKind.DEATH, insured.identity, "", today(), "Se cayó de un andamio.")


def told(number: str) -> Notice:
    return db.session.scalars(select(Notice).where(Notice.number == number)).one()


def test_a_daughters_notice_opens_a_claim_where_she_is_the_beneficiary(make, context, family):
    insured, daughter, policy = family
    number = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    (found,) = candidates.resembling(told(number), clerk)
    verdicts = {line.label: line.verdict.value for line in found.lines}
    # Cover begins at the next noon, which after midnight is today's: it is said, and matched all the same.
    assert verdicts.pop("Ocurrió") == ("same" if first_noon_after(clock.now()).date() == today() else "other")
    assert verdicts == {"Documento": "same", "Qué pasó": "same", "Quién avisa": "same"}
    assert found.cases[0].coverage_code == DEATH
    (claim_number,) = matching.match(number, [Pick(policy, DEATH)], today(), clerk)
    claim = db.session.scalars(select(Claim).where(Claim.number == claim_number)).one()
    assert claim.state is ClaimState.REGISTERED
    (match,) = told(number).matches
    assert match.party.kind is PartyKind.BENEFICIARY
    assert match.party.share == Decimal("60.00")
    assert match.party.email == told(number).email
    assert told(number).state is NoticeState.MATCHED
    kinds = db.session.scalars(select(Message.kind).where(Message.kind.in_(("notice_matched", "insurer_told")))).all()
    assert sorted(kinds) == ["insurer_told", "notice_matched"]
    to_insurer = db.session.scalars(select(Message.recipient).where(Message.kind == "insurer_told")).one()
    assert to_insurer.endswith(("@salkantay.example", "@qantu.example"))
    (task,) = db.session.scalars(select(ClaimTask)).all()
    assert task.due_at - clock.now() > timedelta(hours=47)


@pytest.mark.parametrize("was_told", [False, True])
def test_of_a_death_that_was_none_no_family_is_told_and_the_insurer_reads_it(make, context, family, was_told):
    insured, daughter, policy = family
    carla = make.collaborator()

    def match() -> str:
        number = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
        notice_desk.take(number, carla.actor)
        return matching.match(number, [Pick(policy, DEATH)], today(), carla.actor)[0]

    def held() -> Claim:
        return db.session.scalars(select(Claim).where(Claim.number == number)).one()

    number = match()
    assert addressees.is_of_dead(held())
    for one in telling.get(number, carla.actor).people if was_told else ():
        telling.note(number, one.id, "Por teléfono", carla.actor, was_told=True)
    lives = Proposal(Outcome.REJECT, ground=grounds.LIVES, words="Vino con su documento.")
    make.decided(number, carla, make.supervisor(), lives)
    db.session.rollback()  # what others did meanwhile is seen
    assert not addressees.is_of_dead(held())
    assert counted([telling.pending(carla.actor)]) == [(0, None)]
    told = db.session.scalars(select(Message).where(Message.kind.startswith("insurer_")).order_by(Message.id)).all()
    assert [one.kind for one in told] == ["insurer_told", "insurer_corrected"]
    assert len({one.recipient for one in told}) == 1
    assert match() != number, "who dies after all"
    assert [waiting for waiting, _ in counted([telling.pending(carla.actor)])] == [1]


def test_matched_twice_it_is_one_claim_and_one_mail(make, context, family):
    insured, daughter, policy = family
    number = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    first = matching.match(number, [Pick(policy, DEATH)], today(), clerk)
    assert matching.match(number, [Pick(policy, DEATH)], today(), clerk) == first
    assert len(db.session.scalars(select(Claim)).all()) == 1
    assert len(db.session.scalars(select(Message).where(Message.kind == "notice_matched")).all()) == 1


def test_two_notices_of_one_event_are_one_claim_with_a_person_each(make, context, family):
    insured, daughter, policy = family
    first = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    second = make.notice(died(insured), make.sender(names="Elena", surnames="Huamán Soto", relation="esposa"))
    clerk = make.collaborator().actor
    notice_desk.take(first, clerk)
    assert [one.number for one in notice_desk.of_same_event(told(first))] == [second]
    matching.match(first, [Pick(policy, DEATH)], today(), clerk, joined=[second])
    (one,), (other,) = told(first).matches, told(second).matches
    assert one.claim_id == other.claim_id
    assert one.party_id != other.party_id
    assert other.party.kind is PartyKind.NOTIFIER
    assert told(first).state is NoticeState.MATCHED
    assert told(second).state is NoticeState.NEW, "she has no part in it yet, and waits for an answer"


def test_a_later_notice_joins_the_claim_that_is_there(make, context, family):
    insured, daughter, policy = family
    first = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    clerk = make.collaborator().actor
    notice_desk.take(first, clerk)
    claims = matching.match(first, [Pick(policy, DEATH)], today(), clerk)
    second = make.notice(died(insured))
    notice_desk.take(second, clerk)
    (found,) = candidates.resembling(told(second), clerk)
    assert found.cases[0].joins == claims[0]
    assert matching.match(second, [Pick(policy, DEATH)], today() - timedelta(days=1), clerk) == claims
    assert len(db.session.scalars(select(ClaimTask)).all()) == 1


def test_a_death_told_of_whatever_is_asked_for_stops_the_slip_of_a_renewal(make, context, family, clock_at):
    insured, _, policy = family
    clock_at(db.session.scalars(select(Policy.ends_at)).one() - timedelta(days=30, hours=2))
    make.renewal(policy, insured, agency=AGENCY)
    number = make.notice(died(insured))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    matching.match(number, [Pick(policy, None)], today(), clerk)
    slip = db.session.scalars(select(Payment).where(Payment.slip_code.is_not(None))).one()
    assert slip.state is PaymentState.CANCELLED
    assert slip.purchase.state is PurchaseState.OPEN


def test_a_case_of_another_day_is_not_joined_to_a_death(make, context, family):
    insured, daughter, policy = family
    accident = make.claim(insured, policy=policy, coverage=None, on=today() - timedelta(days=40))
    number = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    assert accident not in [one.joins for one in candidates.resembling(told(number), clerk)[0].cases]
    (claim,) = matching.match(number, [Pick(policy, None)], today(), clerk)
    assert claim != accident


def test_a_later_notice_turns_nobodys_mails_to_another_mailbox(make, context, family):
    insured, daughter, policy = family
    clerk = make.collaborator().actor
    first = make.notice(
        died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity, email="nilda@example.com")
    )
    notice_desk.take(first, clerk)
    matching.match(first, [Pick(policy, DEATH)], today(), clerk)
    second = make.notice(
        died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity, email="otro@example.com")
    )
    notice_desk.take(second, clerk)
    matching.match(second, [Pick(policy, DEATH)], today(), clerk)
    assert told(second).matches[0].party.email == "nilda@example.com"


def test_policies_and_claims_are_held_before_any_number_is_taken(make, context, family):
    insured, daughter, policy = family
    other = make.policy(insured, product=FUNERAL)
    clerk = make.collaborator().actor
    first = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    notice_desk.take(first, clerk)
    matching.match(first, [Pick(policy, DEATH)], today(), clerk)
    second = make.notice(died(insured))
    notice_desk.take(second, clerk)
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(" ".join(statement.split()))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        matching.match(second, [Pick(other, "gastos-sepelio"), Pick(policy, DEATH)], today(), clerk)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    if db.engine.dialect.name == "sqlite":
        return  # holds the whole database
    counter = next(place for place, one in enumerate(asked) if one.startswith("UPDATE counters"))
    for table in ("claims", "policies"):
        held = [place for place, one in enumerate(asked) if f"FROM {table} " in one and "FOR NO KEY UPDATE" in one]
        assert held
        assert max(held) < counter, f"{table} are held after the counters"


def test_the_mother_acts_for_a_minor(make, context, family):
    insured, _daughter, policy = family
    number = make.notice(died(insured), make.sender(names="Elena", surnames="Huamán Soto", relation="esposa"))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    matching.match(number, [Pick(policy, DEATH)], today(), clerk)
    (match,) = told(number).matches
    offered = {one.label: one.value for one in notice_parties.choices(match, told(number))}
    acts = offered["Representa a Luis Quispe Mamani, menor de edad"]
    notice_parties.choose(match.id, acts, clerk)
    (match,) = told(number).matches
    assert match.party.kind is PartyKind.REPRESENTATIVE
    assert match.party.identity == told(number).identity
    (minor,) = [one for one in match.claim.parties if one.represented_by_id == match.party_id]
    assert minor.names == "Luis"
    assert notice_parties.chosen(match) == acts


def test_an_heir_comes_with_the_paper_that_says_so_where_nobody_was_named(make, context):
    insured = make.customer()
    policy = make.policy(insured, product=ACCIDENT)
    number = make.notice(died(insured))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    matching.match(number, [Pick(policy, DEATH)], today(), clerk)
    (match,) = told(number).matches
    assert match.party.kind is PartyKind.NOTIFIER
    before = {one.code for one in match.claim.papers}
    notice_parties.choose(match.id, notice_parties.HEIR, clerk)
    (match,) = told(number).matches
    assert match.party.kind is PartyKind.HEIR
    assert "sucesion" in {one.code for one in match.claim.papers} - before
    notice_parties.choose(match.id, notice_parties.NOTIFIER, clerk)
    (match,) = told(number).matches
    assert match.party.kind is PartyKind.NOTIFIER


def test_an_heir_comes_where_all_who_were_named_lost_their_share_and_stands_aside_for_them(make, context):
    insured = make.customer()
    policy = make.policy(insured, product=ACCIDENT, named=[beneficiary("Nilda", share="100")])
    number = make.notice(died(insured))
    clerk = make.collaborator()
    notice_desk.take(number, clerk.actor)
    (claim,) = matching.match(number, [Pick(policy, DEATH)], today(), clerk.actor)
    taking.take(claim, clerk.actor)
    nilda = make.party(claim)
    exclusion.exclude(claim, nilda, "Una sentencia dice que causó la muerte.", clerk.actor)
    (match,) = told(number).matches
    notice_parties.choose(match.id, notice_parties.HEIR, clerk.actor)
    (match,) = told(number).matches
    assert make.party(claim) == match.party_id
    exclusion.readmit(claim, nilda, clerk.actor)
    assert make.party(claim) == nilda
    assert [one.id for one in parties.paid(told(number).matches[0].claim)] == [nilda]


def test_who_paid_the_burial_is_paid_for_it(make, context):
    insured = make.customer()
    policy = make.policy(insured, product=ACCIDENT)
    number = make.notice(died(insured))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    matching.match(number, [Pick(policy, "gastos-sepelio")], today(), clerk)
    (match,) = told(number).matches
    notice_parties.choose(match.id, notice_parties.SPENDER, clerk)
    (match,) = told(number).matches
    paid = [one for one in match.claim.parties if one.kind is PartyKind.SPENDER]
    assert [one.identity for one in paid] == [told(number).identity]


def test_the_letter_is_the_same_whatever_the_reason(make, context, family):
    insured, _daughter, _policy = family
    known, unknown = make.notice(died(insured)), make.notice(died(make.customer()))
    clerk = make.collaborator().actor
    for number in (known, unknown):
        notice_desk.take(number, clerk)
        notice_desk.close(number, clerk)
        notice_desk.close(number, clerk)
    mails = db.session.scalars(select(Message).where(Message.kind == "notice_closed")).all()
    assert len(mails) == 2
    assert len({mail.text_body.replace(known, "").replace(unknown, "") for mail in mails}) == 1
    letters = db.session.scalars(select(Document).where(Document.kind == "notice_letter")).all()
    assert [letter.account_id for letter in letters] == [None, None]


def test_a_closed_notice_is_matched_when_its_policy_is_found(make, context, family):
    insured, _daughter, policy = family
    number = make.notice(Event(EventKind.DEATH, Identity(DocumentType.DNI, "99999999"), "", None, ""))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    notice_desk.close(number, clerk)
    assert candidates.search(insured.identity.number, clerk) == [policy]
    matching.match(number, [Pick(policy, DEATH)], today(), clerk)
    assert told(number).state is NoticeState.CLOSED, "who has no part in it reads what they read before"
    (match,) = told(number).matches
    acts = next(one.value for one in notice_parties.choices(match, told(number)) if one.label.startswith("Representa"))
    notice_parties.choose(match.id, acts, clerk)
    assert told(number).state is NoticeState.MATCHED
    assert told(number).answer == ""
    with pytest.raises(NotAllowed):
        notice_desk.close(number, clerk)


def mails(kind: str) -> int:
    return len(db.session.scalars(select(Message.id).where(Message.kind == kind)).all())


def matched(number: str, policy: str, clerk):
    """The match of a notice that the clerk took."""
    notice_desk.take(number, clerk)
    matching.match(number, [Pick(policy, DEATH)], today(), clerk)
    (match,) = told(number).matches
    return match


@pytest.fixture
def thief(make, family):
    """Somebody who knows the daughter's document: their notice, matched; and who they would be."""
    insured, daughter, policy = family
    sender = make.sender(names="Carlos", surnames="Mendoza Ríos", identity=daughter.identity)
    number = make.notice(died(insured), sender)
    clerk = make.collaborator().actor
    match = matched(number, policy, clerk)
    return number, match, clerk


def test_a_document_under_another_name_makes_nobody_a_beneficiary(make, context, thief):
    number, match, clerk = thief
    assert match.party.kind is PartyKind.NOTIFIER
    assert told(number).state is NoticeState.NEW
    assert mails("notice_matched") == 0
    doubt = notice_parties.doubt(match, told(number))
    assert doubt
    assert (doubt.party.names, doubt.party.email, doubt.is_shown) == ("Nilda", "", False)
    with pytest.raises(DomainError) as refused:
        notice_parties.choose(match.id, f"es:{doubt.party.id}", clerk)
    assert refused.value.field == "persona"
    db.session.expire_all()
    assert told(number).matches[0].party.kind is PartyKind.NOTIFIER


def test_once_the_document_of_that_person_is_accepted_the_desk_may_say_so(make, context, thief):
    number, match, clerk = thief
    doubt = notice_parties.doubt(match, told(number))
    assert doubt
    named = doubt.party
    at_desk = (match.claim.number, named.id)
    assert "con otro nombre" in (payees_at_desk.payment(*at_desk, clerk).why_not or "")
    for use_case in (
        lambda: payees_at_desk.send_code(*at_desk, clerk),
        lambda: payees_at_desk.choose(*at_desk, Chosen(parse(CCI, CCI)), "", clerk),
    ):
        with pytest.raises(NotAllowed, match="con otro nombre"):
            use_case()
    paper = next(one for one in match.claim.papers if one.party_id == named.id and one.code == "dni-beneficiario")
    with writing():
        papers.receive(paper.id, clerk)
    taking.take(match.claim.number, clerk)
    paper_review.accept(match.claim.number, paper.id, clerk, shown=None)
    doubt = notice_parties.doubt(match, told(number))
    assert doubt
    assert doubt.is_shown
    payees_at_desk.choose(*at_desk, Chosen(parse(CCI, CCI)), "", clerk)
    assert payees_at_desk.payment(*at_desk, clerk).party.cci == CCI
    notice_parties.choose(match.id, f"es:{named.id}", clerk)
    (match,) = told(number).matches
    assert match.party_id == named.id
    assert (match.party.names, match.party.email) == ("Nilda", told(number).email)
    assert told(number).state is NoticeState.MATCHED
    assert mails("notice_matched") == 1


def test_who_was_taken_for_somebody_named_leaves_no_mailbox_and_no_account_there(make, context, family):
    insured, daughter, policy = family
    clerk = make.collaborator().actor
    number = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    match = matched(number, policy, clerk)
    party = match.party
    party.way, party.cci = PayoutWay.ACCOUNT, "00219300123456789012"
    db.session.commit()
    notice_parties.choose(match.id, notice_parties.NOTIFIER, clerk)
    (match,) = told(number).matches
    assert match.party.kind is PartyKind.NOTIFIER
    assert (party.email, party.way, party.cci) == ("", None, None)
    assert told(number).state is NoticeState.NEW, "the desk has them to answer again"


def test_who_only_told_is_answered_like_whoever_told_of_nobody_insured(make, context, family):
    insured, _daughter, policy = family
    clerk = make.collaborator().actor
    neighbour, unknown = make.notice(died(insured)), make.notice(died(make.customer()))
    matched(neighbour, policy, clerk)
    assert [found for found, _ in counted([notice_desk.pending(clerk)])] == [2]
    notice_desk.take(unknown, clerk)
    for number in (neighbour, unknown):
        notice_desk.close(number, clerk)
    assert told(neighbour).state is told(unknown).state is NoticeState.CLOSED
    written = db.session.scalars(select(Message).where(Message.kind == "notice_closed")).all()
    assert len({one.text_body.replace(neighbour, "").replace(unknown, "") for one in written}) == 1
    assert mails("notice_matched") == 0


def test_nothing_of_a_claim_is_mailed_to_who_only_told_of_it(make, context, family):
    insured, _daughter, policy = family
    clerk = make.collaborator().actor
    match = matched(make.notice(died(insured)), policy, clerk)
    assert addressees.who_brings(match.claim) is None


def test_a_rejection_is_never_answered_to_who_only_told_of_it(make, context):
    insured = make.customer()
    policy = make.policy(insured, product=ACCIDENT)
    clerk = make.collaborator()
    match = matched(make.notice(died(insured)), policy, clerk.actor)
    claim = match.claim.number
    make.decided(
        claim, clerk, make.supervisor(), Proposal(Outcome.REJECT, ground="exclusion-1", words="Fue un infarto.")
    )
    db.session.rollback()
    letters = db.session.scalars(select(ClaimAward)).all()
    assert [one.party.identity for one in letters] == [insured.identity]
    assert mails("claim_decided") == 0, "nor to the mailbox of who died"


def test_nobody_reads_or_matches_a_notice_that_they_did_not_take(make, context, family):
    insured, _daughter, policy = family
    number = make.notice(died(insured))
    clerk, other, boss = make.collaborator().actor, make.collaborator().actor, make.supervisor().actor
    notice_desk.take(number, clerk)
    assert not notice_desk.may_read(told(number), other)
    for forbidden in (
        lambda: notice_desk.take(number, other),
        lambda: matching.match(number, [Pick(policy, DEATH)], today(), other),
        lambda: notice_desk.close(number, other),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    notice_desk.take(number, boss)
    assert notice_desk.may_read(told(number), boss)
    assert not notice_desk.may_read(told(number), clerk)


def test_nobody_of_the_staff_matches_their_own(make, context, family):
    insured, daughter, policy = family
    clerk = make.collaborator(document_number=daughter.identity.number)
    number = make.notice(died(insured))
    notice_desk.take(number, clerk.actor)
    (found,) = candidates.resembling(told(number), clerk.actor)
    assert found.is_own
    with pytest.raises(HasPart):
        matching.match(number, [Pick(policy, DEATH)], today(), clerk.actor)
    own = make.notice(died(insured), make.sender(identity=clerk.identity))
    with pytest.raises(HasPart):
        notice_desk.take(own, clerk.actor)


def test_who_is_somebody_in_a_claim_of_the_policy_neither_matches_nor_tells(make, context, family):
    """Also who acts for a minor, and who only told of it: neither stands in the purchase."""
    insured, _, policy = family
    elena = make.collaborator()
    clerk = make.collaborator().actor
    first = make.notice(died(insured), make.sender(names="Elena", identity=elena.identity))
    notice_desk.take(first, clerk)
    (claim,) = matching.match(first, [Pick(policy, DEATH)], today(), clerk)
    second = make.notice(died(insured))
    notice_desk.take(second, elena.actor)
    (found,) = candidates.resembling(told(second), elena.actor)
    assert found.is_own
    with pytest.raises(HasPart):
        matching.match(second, [Pick(policy, DEATH)], today(), elena.actor)
    with pytest.raises(HasPart):
        telling.get(claim, elena.actor)
    someone = telling.get(claim, clerk).people[0].id
    with pytest.raises(HasPart):
        telling.note(claim, someone, "Por teléfono", elena.actor, was_told=True)


def test_who_becomes_somebody_of_it_while_they_match_another_notice_came_first(app, make, family):
    insured, _, policy = family
    elena, clerk = make.collaborator(), make.collaborator()
    with app.app_context():
        own = make.notice(died(insured), make.sender(names="Elena", identity=elena.identity))
        other = make.notice(died(insured))
        notice_desk.take(own, clerk.actor)
        notice_desk.take(other, elena.actor)

    def work(one):
        number, actor = (other, elena.actor) if one else (own, clerk.actor)
        matching.match(number, [Pick(policy, DEATH)], today(), actor)

    results = at_once(app, 2, work)
    assert results[0] is None
    with app.app_context():
        matched = db.session.scalars(select(NoticeMatch).order_by(NoticeMatch.id)).all()
        if results[1] is None:
            assert [one.matched_by_id for one in matched] == [elena.account_id, clerk.account_id]
        else:
            assert isinstance(results[1], HasPart)
            assert [one.matched_by_id for one in matched] == [clerk.account_id]


def test_an_accident_opens_no_death(make, context):
    insured = make.customer()
    policy = make.policy(insured, product=HOSPITAL)
    number = make.notice(
        Event(EventKind.ACCIDENT, insured.identity, "", None, ""),
        make.sender(names=insured.names, surnames=insured.surname, identity=insured.identity),
    )
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    with pytest.raises(DomainError) as missing:
        matching.match(number, [Pick(policy, "renta-diaria")], None, clerk)
    assert missing.value.field == "dia"
    matching.match(number, [Pick(policy, "renta-diaria")], today(), clerk)
    assert told(number).matches[0].party.kind is PartyKind.INSURED
    assert db.session.scalars(select(Message.kind).where(Message.kind == "insurer_told")).all() == []
    assert db.session.scalars(select(ClaimTask)).all() == []


def test_the_family_is_told_one_by_one(make, context, family):
    insured, daughter, policy = family
    number = make.notice(died(insured), make.sender(surnames="Apaza Huamán", identity=daughter.identity))
    clerk = make.collaborator().actor
    notice_desk.take(number, clerk)
    (claim,) = matching.match(number, [Pick(policy, DEATH)], today(), clerk)
    assert [number for number, _ in counted([telling.pending(clerk)])] == [1]
    people = [one.id for one in telling.get(claim, clerk).people]
    assert len(people) == 2
    telling.note(claim, people[0], "Por teléfono", clerk, was_told=True)
    telling.note(claim, people[1], "No contesta", clerk, was_told=False)
    assert [number for number, _ in counted([telling.pending(clerk)])] == [1]
    telling.note(claim, people[1], "En la agencia", clerk, was_told=True)
    assert counted([telling.pending(clerk)]) == [(0, None)]
