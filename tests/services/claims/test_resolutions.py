"""The answer to a claim: proposed by one and confirmed by another, on what both were shown; amounts by the rule."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain.beneficiaries import BeneficiaryKind
from portal.domain.claim import ClaimEventKind, ClaimState, Outcome, PaperState, PartyKind, PayoutWay
from portal.domain.errors import DomainError, NotAllowed
from portal.models import (
    AuditEntry,
    Claim,
    ClaimAward,
    ClaimEvent,
    ClaimPaper,
    ClaimParty,
    ClaimResolution,
    Document,
    Payout,
    Policy,
)
from portal.models.transaction import writing
from portal.services.claims import assessment, exclusion, paper_review, resolutions, taking
from portal.services.claims import claim as rows_of
from portal.services.claims.resolutions import Proposal
from portal.services.claims.sums import Facts
from portal.services.controls.conflicts_of_interest import HasPart
from tests.factories import ACCIDENT, CCI, beneficiary
from tests.services.at_once import at_once, together


@pytest.fixture
def carla(make):
    return make.collaborator(names="Carla", paternal_surname="Ríos")


@pytest.fixture
def jorge(make):
    return make.supervisor(names="Jorge", paternal_surname="Ccori")


@pytest.fixture
def desk(app, make, carla, jorge):
    """What the two do with a claim on its page."""
    return Desk(app, make, carla, jorge)


class Desk:
    def __init__(self, app, make, carla, jorge):
        self.app, self.make, self.carla, self.jorge = app, make, carla, jorge

    def accept_all(self, number):
        """Carla takes it and accepts what has come."""
        self.make.taken(number, self.carla)

    def shown(self, number, member=None):
        """The stamp of its page, and the proposal on it."""
        with self.app.app_context():
            file = assessment.get(number, (member or self.jorge).actor)
            assert isinstance(file, assessment.File)
            return file.stamp, file.decision.id if file.decision else None

    def propose(self, number, proposal, member=None):
        self.make.proposed(number, member or self.carla, proposal)

    def confirm(self, number, member=None):
        self.make.confirmed(number, member or self.jorge)


def approving(days=6, note=""):
    return Proposal(Outcome.APPROVE, Facts(days=days), note=note)


REJECTING = Proposal(Outcome.REJECT, ground="exclusion-3", words="Volvió a casa el mismo día.")


def test_an_approved_claim_has_its_awards_its_clock_its_letter_and_its_mail(make, desk, rows, mails):
    owner = make.customer()
    number = make.claim(owner, complete=True)
    desk.accept_all(number)
    desk.propose(number, approving(note="Epicrisis completa."))
    assert rows(select(Claim.state)) == [ClaimState.ASSESSED], "nothing changes until another person confirms"
    desk.confirm(number)
    (claim,) = rows(select(Claim))
    assert (claim.state, claim.decided_at is not None) == (ClaimState.APPROVED, True)
    (award,) = rows(select(ClaimAward))
    assert award.amount == Decimal("420.00")
    (resolution,) = rows(select(ClaimResolution))
    assert (resolution.days, resolution.total) == (6, Decimal("420.00"))
    assert resolution.confirmed_by_id == desk.jorge.account_id
    assert [one.kind for one in rows(select(Document)) if one.kind == "claim_letter"] == ["claim_letter"]
    (mail,) = mails("claim_decided")
    assert mail.recipient == owner.email
    assert "S/ 420.00" in mail.subject.replace("\xa0", " ")
    actions = rows(select(AuditEntry.action).order_by(AuditEntry.id))
    assert {"claim.take", "claim.open", "claim.paper_accept", "claim.propose", "claim.confirm"} <= set(actions)


def test_days_over_the_plans_limit_are_not_paid_and_what_was_used_counts(make, desk, rows):
    owner = make.customer()
    policy = make.policy(owner, product="renta-hospitalaria")
    for days in (20, 15):
        number = make.claim(owner, policy=policy, complete=True)
        desk.accept_all(number)
        desk.propose(number, approving(days))
        desk.confirm(number)
    assert [one.days for one in rows(select(ClaimResolution).order_by(ClaimResolution.id))] == [20, 10]


def test_what_was_used_before_is_counted_over_more_claims_than_the_page_lists(make, app, desk, juana):
    policy = make.policy(juana, product="renta-hospitalaria")
    many = [make.claim(juana, policy=policy, complete=True) for _ in range(23)]
    for number in many[:-2]:
        make.approve(number, Decimal("40.00"))
    make.reject(many[-2])
    make.taken(many[-1], desk.carla)
    with app.app_context():
        file = assessment.get(many[-1], desk.carla.actor)
        assert isinstance(file, assessment.File)
        assert len(file.others) == 20
        assert (file.used.times, file.used.amount) == (21, Decimal("840.00"))


def test_of_two_that_were_proposed_side_by_side_the_second_finds_the_limit_used(app, make, desk, rows):
    owner = make.customer()
    policy = make.policy(owner, product="renta-hospitalaria")
    numbers = [make.claim(owner, policy=policy, complete=True) for _ in range(2)]
    for number in numbers:
        desk.accept_all(number)
        desk.propose(number, approving(20))
    results = at_once(app, 2, lambda one: desk.confirm(numbers[one]))
    assert sum(one is None for one in results) == 1, results
    (refused,) = [one for one in results if one is not None]
    assert "usó parte de la suma" in str(refused)
    paid = rows(select(ClaimResolution.days).where(ClaimResolution.confirmed_at.is_not(None)))
    assert paid == [20]


def test_a_rejection_quotes_the_condition_and_pays_nobody(make, desk, rows, mails):
    number = make.claim(make.customer(), complete=True)
    desk.accept_all(number)
    for wrong in (Proposal(Outcome.REJECT, words="Algo."), Proposal(Outcome.REJECT, ground="exclusion-3")):
        with pytest.raises(DomainError, match=r"condición|hechos"):
            desk.propose(number, wrong)
    desk.propose(number, REJECTING)
    desk.confirm(number)
    assert rows(select(Claim.state)) == [ClaimState.REJECTED]
    (resolution,) = rows(select(ClaimResolution))
    assert resolution.ground.startswith("Hospitalización de menos de 24 horas")
    assert rows(select(ClaimAward.amount)) == [Decimal("0.00")]
    assert "No podemos pagar" in mails("claim_decided")[0].subject
    assert rows(select(Claim.due_at)) == [None]


def test_shares_are_paid_to_the_cent_and_an_excluded_one_grows_to_the_others(app, make, desk, call, rows):
    owner = make.customer()
    named = [
        beneficiary("Rosa", share="33.34"),
        beneficiary("Yeni", share="33.33"),
        beneficiary("Mateo", share="33.33"),
    ]
    number = make.claim(owner, ACCIDENT, named=named, complete=True)
    desk.accept_all(number)
    with app.app_context():
        first = assessment.get(number, desk.carla.actor).claim.parties[0].id
    call(exclusion.exclude, number, first, "Una sentencia dice que causó la muerte.", desk.carla.actor)
    desk.propose(number, Proposal(Outcome.APPROVE))
    desk.confirm(number)
    amounts = {one.party.names: one.amount for one in rows(select(ClaimAward))}
    assert amounts == {"Rosa": Decimal("0.00"), "Yeni": Decimal("10000.00"), "Mateo": Decimal("10000.00")}
    assert len([one for one in rows(select(Document)) if one.kind == "claim_letter"]) == 3


def test_a_contingent_is_paid_where_no_primary_is_left_and_stands_aside_again(app, make, desk, call, rows):
    named = [
        beneficiary("Rosa", share="100"),
        beneficiary(
            "Luz",
            share="100",
            kind=BeneficiaryKind.CONTINGENT,
            birth_date=date(2018, 1, 2),
            identity=None,
            representative="Teresa Quispe",
        ),
    ]
    number = make.claim(make.customer(), ACCIDENT, named=named, complete=True)
    desk.accept_all(number)
    rosa = make.party(number)
    call(exclusion.exclude, number, rosa, "Una sentencia dice que causó la muerte.", desk.carla.actor)
    luz = make.party(number)
    assert luz != rosa
    acting = rows(select(ClaimParty).where(ClaimParty.kind == PartyKind.REPRESENTATIVE))
    assert [one.full_name for one in acting] == ["Teresa Quispe"]
    call(exclusion.readmit, number, rosa, desk.carla.actor)
    with pytest.raises(NotAllowed, match="no queda nadie"):
        call(exclusion.readmit, number, luz, desk.carla.actor)
    desk.propose(number, Proposal(Outcome.APPROVE))
    desk.confirm(number)
    assert [(one.party_id, one.amount) for one in rows(select(ClaimAward))] == [(rosa, Decimal("20000.00"))]


def test_nobody_is_paid_through_who_lost_their_share(make, desk, call, rows):
    identity = make.customer().identity
    father = beneficiary("Raúl", share="50", identity=identity)
    named = [
        father,
        beneficiary("Luz", share="50", birth_date=date(2018, 1, 2), identity=None, representative="Raúl Quispe"),
    ]
    number = make.claim(make.customer(), ACCIDENT, named=named, complete=True)
    desk.accept_all(number)
    with make._app.app_context(), writing() as session:
        acting = session.scalars(select(ClaimParty).where(ClaimParty.kind == PartyKind.REPRESENTATIVE)).one()
        acting.country, acting.document_type = identity.country, identity.document_type
        acting.document_number = identity.number
        luz = session.scalars(select(ClaimParty).where(ClaimParty.names == "Luz")).one()
        luz.way, luz.cci = PayoutWay.ACCOUNT, CCI
    call(
        exclusion.exclude,
        number,
        make.party(number, "Raúl"),
        "Una sentencia dice que causó la muerte.",
        desk.carla.actor,
    )
    (luz,) = rows(select(ClaimParty).where(ClaimParty.names == "Luz"))
    assert (luz.represented_by_id, luz.way, luz.cci) == (None, None, None)
    desk.propose(number, Proposal(Outcome.APPROVE))
    desk.confirm(number)
    assert rows(select(Payout)) == []


def test_nothing_is_approved_while_a_document_waits(make, desk, call):
    number = make.claim(make.customer(), complete=True)
    call(taking.take, number, desk.carla.actor)
    with pytest.raises(DomainError, match="acepte todos los documentos"):
        desk.propose(number, approving())
    with pytest.raises(DomainError, match="revise los documentos"):
        desk.propose(number, REJECTING)


def test_what_arrives_while_it_is_decided_must_be_read_first(app, make, desk, call):
    owner = make.customer()
    number = make.claim(owner, complete=True)
    desk.accept_all(number)
    before = desk.shown(number, desk.carla)[0]
    late = _optional(app, number, owner)
    make.paper_came(late, owner.actor)
    with pytest.raises(DomainError, match="Llegó algo mientras"):
        call(resolutions.propose, number, approving(), desk.carla.actor, shown=before)
    call(paper_review.accept, number, late, desk.carla.actor, shown=0)
    desk.propose(number, approving())
    stamp, decision = desk.shown(number)
    make.paper_came(_optional(app, number, owner), owner.actor)
    with pytest.raises(DomainError, match="Llegó algo mientras"):
        call(resolutions.confirm, number, desk.jorge.actor, decision=decision, shown=stamp)
    desk.confirm(number)


def _optional(app, number, owner):
    """A document that only some cases need, and that has not come."""
    with app.app_context():
        found = rows_of.get(number, owner.actor).papers
        return next(one.id for one in found if not one.required and one.state is PaperState.PENDING)


def test_who_proposed_it_does_not_confirm_it_nor_does_a_collaborator(make, desk, call):
    number = make.claim(make.customer(), complete=True)
    desk.accept_all(number)
    desk.propose(number, approving(), desk.jorge)
    stamp, decision = desk.shown(number)
    with pytest.raises(NotAllowed, match="Lo propuso usted"):
        call(resolutions.confirm, number, desk.jorge.actor, decision=decision, shown=stamp)
    with pytest.raises(NotAllowed, match="supervisor"):
        call(resolutions.confirm, number, desk.carla.actor, decision=decision, shown=stamp)


@pytest.mark.parametrize("role", ["seller", "insured", "beneficiary"])
def test_who_has_a_part_in_it_can_neither_propose_nor_confirm(app, make, desk, call, role):
    jorge = desk.jorge
    named = [beneficiary(identity=jorge.identity)] if role == "beneficiary" else [beneficiary()]
    number = make.claim(make.customer(), ACCIDENT, named=named, complete=True)
    if role == "beneficiary":
        desk.carla, desk.jorge = desk.carla, make.supervisor()
    desk.accept_all(number)
    if role != "beneficiary":
        with app.app_context(), writing() as session:
            policy = session.scalars(select(Policy)).one()
            if role == "seller":
                policy.seller_id = jorge.account_id
            else:
                policy.insured.document_number = jorge.identity.number
    desk.propose(number, Proposal(Outcome.APPROVE))
    with app.app_context():
        stamp, decision = desk.shown(number, desk.carla)
    for verb in (
        lambda: resolutions.propose(number, Proposal(Outcome.APPROVE), jorge.actor, shown=stamp),
        lambda: resolutions.confirm(number, jorge.actor, decision=decision, shown=stamp),
        lambda: resolutions.send_back(number, "No.", jorge.actor, decision=decision),
    ):
        with pytest.raises(HasPart):
            call(verb)


def test_sent_back_it_is_proposed_anew(make, desk, call, rows):
    number = make.claim(make.customer(), complete=True)
    desk.accept_all(number)
    desk.propose(number, approving(5))
    _, decision = desk.shown(number)
    with pytest.raises(DomainError, match="por qué"):
        call(resolutions.send_back, number, " ", desk.jorge.actor, decision=decision)
    call(resolutions.send_back, number, "Son 6 días.", desk.jorge.actor, decision=decision)
    desk.propose(number, approving(6))
    with pytest.raises(DomainError, match="cambió mientras"):
        call(resolutions.confirm, number, desk.jorge.actor, decision=decision, shown=desk.shown(number)[0])
    desk.confirm(number)
    assert rows(select(ClaimAward.amount).order_by(ClaimAward.id)) == [Decimal("350.00"), Decimal("420.00")]
    returned = rows(select(ClaimEvent.words).where(ClaimEvent.kind == ClaimEventKind.RETURNED))
    assert returned == ["Son 6 días."]


def test_of_two_who_confirm_at_once_one_decides(app, make, desk, rows):
    number = make.claim(make.customer(), complete=True)
    desk.accept_all(number)
    desk.propose(number, approving())
    stamp, decision = desk.shown(number)
    supervisors = [make.supervisor() for _ in range(4)]
    given = at_once(
        app, 4, lambda one: resolutions.confirm(number, supervisors[one].actor, decision=decision, shown=stamp)
    )
    assert sum(one is None for one in given) == 1
    assert len(rows(select(ClaimResolution).where(ClaimResolution.confirmed_at.is_not(None)))) == 1
    assert len([one for one in rows(select(Document)) if one.kind == "claim_letter"]) == 1


def test_a_document_and_a_decision_at_once_leave_no_unread_document(app, make, desk, rows):
    owner = make.customer()
    number = make.claim(owner, complete=True)
    desk.accept_all(number)
    desk.propose(number, approving())
    stamp, decision = desk.shown(number)
    late = _optional(app, number, owner)
    together(
        app,
        lambda: resolutions.confirm(number, desk.jorge.actor, decision=decision, shown=stamp),
        lambda: make.paper_came(late, owner.actor),
    )
    decided = rows(select(Claim.state)) == [ClaimState.APPROVED]
    received = PaperState.RECEIVED in rows(select(ClaimPaper.state))
    assert decided != received


def test_a_death_long_ago_is_rejected_on_the_dates(make, desk, rows):
    number = make.claim(make.customer(), ACCIDENT, named=[beneficiary()], on=date(2020, 1, 5), complete=True)
    desk.accept_all(number)
    desk.propose(number, Proposal(Outcome.REJECT, ground="fechas", words="Falleció el 05/01/2020."))
    desk.confirm(number)
    assert "mediodía" in rows(select(ClaimResolution.ground))[0]
