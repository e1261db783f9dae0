"""Beneficiaries: named anew, confirmed by a mailed code, and paid from then on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.beneficiaries import Beneficiary
from portal.domain.clock import lima
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.policy import EndorsementKind
from portal.domain.policy_change import ChangeState
from portal.models import AuditEntry, ChangeBeneficiary, Endorsement, Message, Policy, PolicyChange
from portal.models.transaction import writing
from portal.services.claims import coverage, filing
from portal.services.platform import audit
from portal.services.policies import policy as policies
from portal.services.servicing import ending, naming, options
from tests.factories import ACCIDENT, FUNERAL, beneficiary
from tests.services.at_once import at_once


@pytest.fixture
def number(make, juana):
    return make.policy(juana, named=[beneficiary("Carmen")])


@pytest.fixture
def paid(call):
    """Who is paid at a moment, by name and share."""

    def paid(number, someone, moment=None):
        found = call(lambda: policies.get(number, someone.actor).beneficiaries_at(moment or portal_clock.now()))
        return [(one.names, one.share) for one in found]

    return paid


def two() -> list[Beneficiary]:
    return [beneficiary("Rosa", share="60"), beneficiary("Pedro", share="40", identity=None)]


def test_others_are_paid_from_the_moment_of_the_code_by_an_endorsement_and_a_mail(
    rows, make, juana, number, paid, clock_at, drain, call
):
    (starts_at,) = rows(select(Policy.starts_at))
    moment = lima(starts_at).replace(hour=15, minute=20) + timedelta(days=30)
    clock_at(moment)
    make.renamed(number, juana, two())
    (change,), (endorsement,) = rows(select(PolicyChange)), rows(select(Endorsement).where(Endorsement.number == 1))
    assert (change.state, change.effective_at) == (ChangeState.DONE, endorsement.effective_at)
    assert endorsement.kind is EndorsementKind.BENEFICIARY_CHANGE
    assert moment <= endorsement.effective_at < moment + timedelta(minutes=5)
    assert paid(number, juana, moment - timedelta(seconds=1)) == [("Carmen", Decimal(100))]
    assert paid(number, juana) == [("Rosa", Decimal(60)), ("Pedro", Decimal(40))]
    (mail,) = rows(select(Message).where(Message.kind == "beneficiaries_changed"))
    assert mail.recipient == juana.email
    assert "Pedro" in mail.text_body
    drain()
    assert rows(select(Message.state).where(Message.kind == "beneficiaries_changed"))[0].is_sent
    assert len(rows(select(AuditEntry).where(AuditEntry.action == "policy.beneficiaries"))) == 1
    assert call(audit.first_broken) is None


def test_a_death_later_that_day_pays_those_who_were_named_last(rows, make, juana, number, clock_at, call):
    (starts_at,) = rows(select(Policy.starts_at))
    moment = lima(starts_at).replace(hour=15) + timedelta(days=30)
    clock_at(moment)
    make.renamed(number, juana, two())

    def named_on(day):
        return call(lambda: [one.names for one in coverage.named_on(policies.get(number, juana.actor), day)])

    assert named_on(moment.date() - timedelta(days=1)) == ["Carmen"]
    assert named_on(moment.date()) == ["Rosa", "Pedro"]


def test_the_list_begins_with_who_is_paid_now(call, rows, juana, number):
    call(naming.begin, number, juana.actor)
    call(naming.begin, number, juana.actor)  # the second press
    (named,) = rows(select(ChangeBeneficiary))
    assert (named.names, named.share) == ("Carmen", Decimal(100))
    public_id = call(lambda: naming.newest(policies.get(number, juana.actor))).public_id
    with pytest.raises(DomainError, match="mismas personas"):
        call(naming.NAMING.finish, public_id, juana.actor)


def test_nobody_named_leaves_it_to_the_heirs(rows, make, juana, number, paid):
    make.renamed(number, juana, [])
    assert paid(number, juana) == []


def test_a_list_that_lacks_shares_is_not_confirmed(call, make, juana, number):
    public_id, code = make.renaming_asked(number, juana, [beneficiary(share="60")])
    with pytest.raises(DomainError):
        call(naming.confirm, public_id, code, juana.actor)


def test_a_code_is_for_the_list_that_it_was_mailed_for(call, rows, make, juana, number, paid):
    public_id, code = make.renaming_asked(number, juana, two())
    call(naming.CODE.verify, public_id, code, juana.actor)
    rosa = rows(select(ChangeBeneficiary))[0]
    call(naming.NAMING.put, public_id, rosa.id, beneficiary("Otra", share="60"), juana.actor)
    with pytest.raises(DomainError):
        call(naming.confirm, public_id, code, juana.actor)
    assert paid(number, juana) == [("Carmen", Decimal(100))]
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE]


def test_only_the_insured_names_who_is_paid(call, rows, make, juana):
    other = make.insured()
    make.policy(juana, quote=make.quote(juana, insured=other))
    (number,) = rows(select(Policy.number))
    with pytest.raises(NotAllowed, match=other.names):
        call(naming.begin, number, juana.actor)
    assert rows(select(PolicyChange)) == []


def test_what_can_be_changed_says_why_not(call, make, juana, clock_at, rows):
    def offered(number):
        def use_case():
            policy, now = policies.get(number, juana.actor), portal_clock.now()
            return options.of(policy, policies.plan_of(policy, now)[0], now)

        return call(use_case)

    named, funeral = make.policy(juana), make.policy(juana, product=FUNERAL)
    assert (offered(named).end, offered(named).beneficiaries) == (None, None)
    assert "no hace falta" in offered(funeral).beneficiaries
    claim = make.claim(juana, ACCIDENT, policy=named)
    assert claim in offered(named).end
    assert claim in offered(named).beneficiaries
    (starts_at,) = rows(select(Policy.starts_at).where(Policy.number == named))
    clock_at(starts_at + timedelta(days=400))
    assert offered(named) is None
    with pytest.raises(NotAllowed, match="ya terminó"):
        call(naming.begin, named, juana.actor)


def test_a_claim_that_arrives_after_the_code_stops_it(call, rows, make, juana, number):
    public_id, code = make.renaming_asked(number, juana, two())
    claim = make.claim(juana, ACCIDENT, policy=number)
    with pytest.raises(NotAllowed, match=claim):
        call(naming.confirm, public_id, code, juana.actor)
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE]


def test_of_two_changes_the_one_begun_last_is_open_and_nobody_of_the_other_is_kept(call, rows, make, juana, number):
    public_id, code = make.renaming_asked(number, juana, two())
    make.end_asked(number, juana)
    with pytest.raises(DomainError):
        call(naming.confirm, public_id, code, juana.actor)
    assert rows(select(ChangeBeneficiary)) == []
    make.renaming_begun(number, juana, two())
    assert call(lambda: ending.open_change(policies.get(number, juana.actor))) is None
    call(naming.discard, number, juana.actor)
    call(naming.discard, number, juana.actor)
    assert rows(select(ChangeBeneficiary)) == []


def test_somebody_elses_list_is_not_found(call, make, juana, number):
    rosa = make.customer()
    public_id, code = make.renaming_asked(number, juana, two())
    for refused in (
        lambda: naming.begin(number, rosa.actor),
        lambda: naming.discard(number, rosa.actor),
        lambda: naming.confirm(public_id, code, rosa.actor),
        lambda: naming.NAMING.put(public_id, None, beneficiary(), rosa.actor),
    ):
        with pytest.raises(NotFound):
            call(refused)


def test_an_end_is_no_list(call, make, juana, number):
    public_id, code = make.end_asked(number, juana)
    with pytest.raises(NotFound):
        call(naming.confirm, public_id, code, juana.actor)


def test_a_document_corrected_to_a_beneficiarys_is_found_at_the_end(app, call, rows, make, juana, number):
    public_id, _ = make.renaming_asked(number, juana, two())
    with app.app_context(), writing() as session:
        policy = session.scalars(select(Policy).where(Policy.number == number)).one()
        insured = policy.insured.identity
        for one in session.scalars(select(ChangeBeneficiary).where(ChangeBeneficiary.names == "Rosa")):
            one.document_number = insured.number
    call(naming.CODE.send, public_id, juana.actor)
    digits = make.newest_code("beneficiaries_code")
    with pytest.raises(DomainError, match="asegurada"):
        call(naming.confirm, public_id, digits, juana.actor)


def test_eight_that_confirm_at_once_name_them_once(app, call, rows, make, juana, number):
    public_id, code = make.renaming_asked(number, juana, two())
    results = at_once(app, 8, lambda _: naming.confirm(public_id, code, juana.actor))
    assert None in results
    assert {type(one) for one in results} <= {type(None), DomainError, NotAllowed}, results
    assert rows(select(Endorsement.kind)) == [EndorsementKind.ISSUE, EndorsementKind.BENEFICIARY_CHANGE]
    assert len(rows(select(Message).where(Message.kind == "beneficiaries_changed"))) == 1
    assert call(audit.first_broken) is None


def test_eight_that_begin_at_once_open_one_list(app, rows, juana, number):
    results = at_once(app, 8, lambda _: naming.begin(number, juana.actor))
    assert results == [None] * 8
    assert rows(select(PolicyChange.state)) == [ChangeState.OPEN]
    assert len(rows(select(ChangeBeneficiary))) == 1


def test_a_list_and_a_claim_at_once_come_one_after_the_other(app, rows, make, juana, number, call):
    public_id, code = make.renaming_asked(number, juana, two())
    call(naming.CODE.verify, public_id, code, juana.actor)
    draft = make.claim_draft(juana, ACCIDENT, policy=number)
    results = at_once(
        app,
        2,
        lambda one: (
            filing.register(draft, juana.actor, agrees=True) if one else naming.confirm(public_id, code, juana.actor)
        ),
    )
    assert isinstance(results[1], str), "a notice is never refused"
    told = ("policy.beneficiaries", "claim.register")
    entries = rows(select(AuditEntry.action).where(AuditEntry.action.in_(told)))
    if results[0] is None:
        assert entries == list(told)
    else:
        assert isinstance(results[0], NotAllowed)
        assert entries == ["claim.register"]
