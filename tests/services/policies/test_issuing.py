"""The policy as it is written in the commit of its payment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.domain import clock as portal_clock
from portal.domain.calendar import cover_end, cover_start, noon
from portal.domain.errors import NotFound
from portal.domain.policy import PolicyState
from portal.models import Document, Endorsement, Message, OutboxRow, Payment, Policy, ProductVersion, Quote
from portal.models.transaction import writing
from portal.services.catalogue import offers
from portal.services.documents import kinds
from portal.services.platform import numbering
from portal.services.policies import issuing
from portal.services.policies import policy as policies
from portal.services.sale import progress, purchasing
from tests.factories import HOSPITAL, Stage, beneficiary


def test_a_policy_names_what_was_sold_to_whom_by_nobody_and_from_when(call, rows, make, juana):
    before = portal_clock.now()
    number = make.policy(juana)
    (policy,), (quote,), (payment,) = rows(select(Policy)), rows(select(Quote)), rows(select(Payment))
    assert policy.number == number == f"MA-{portal_clock.today().year}-000001"
    assert (policy.account_id, policy.holder_id, policy.insured_id) == (
        juana.account_id,
        quote.holder_id,
        quote.insured_id,
    )
    assert policy.payment_id == payment.id
    assert (policy.seller_id, policy.agency_code) == (None, None)
    assert policy.product_version_id == call(offers.offer_on_sale, "muerte-accidental").version_id
    assert policy.starts_at in (cover_start(before, None), cover_start(portal_clock.now(), None))
    assert policy.ends_at == cover_end(policy.starts_at)
    assert policy.cancelled_at is None


def test_endorsement_zero_says_plan_premium_and_beneficiaries_as_they_were_bought(rows, make, juana):
    named = [beneficiary("Rosa", share="60"), beneficiary("Pedro", share="40", identity=None)]
    make.policy(juana, named=named)
    (zero,) = rows(select(Endorsement))
    (policy,) = rows(select(Policy))
    assert (zero.number, zero.policy_id, zero.plan_code) == (0, policy.id, "plan-2")
    assert (zero.premium_net, zero.premium_igv, zero.premium_total) == (
        Decimal("61.80"),
        Decimal("11.12"),
        Decimal("72.92"),
    )
    assert zero.effective_at == policy.starts_at
    assert [one.as_value() for one in zero.beneficiaries] == named


def test_cover_starts_on_the_chosen_day(rows, make, juana):
    chosen = portal_clock.today() + timedelta(days=10)
    make.policy(juana, quote=make.quote(juana, start=chosen))
    (policy,) = rows(select(Policy))
    assert policy.starts_at == noon(chosen)
    assert policy.state_at(portal_clock.now()) is PolicyState.PENDING


def test_a_chosen_day_that_has_passed_when_the_payment_is_approved_is_not_the_start(rows, make, juana, clock):
    number = make.quote(juana, start=portal_clock.today() + timedelta(days=1))
    clock(days=4)
    make.policy(juana, quote=number)
    (policy,) = rows(select(Policy))
    assert policy.starts_at > policy.issued_at
    assert policy.starts_at == cover_start(policy.issued_at, None)


def test_document_and_mail_are_owed_in_the_same_commit(rows, make, juana):
    make.policy(juana)
    (document,) = rows(select(Document).where(Document.kind == kinds.POLICY.code))
    (mail,) = rows(select(Message).where(Message.kind == "policy"))
    assert [one.id for one in mail.attachments] == [document.id]
    assert mail.recipient == juana.email
    owed = set(rows(select(OutboxRow.dedupe_key)))
    assert {f"document:{document.id}", f"mail:{mail.id}"} <= owed


def test_a_purchase_becomes_one_policy_whatever_the_code_does(call, rows, make, juana):
    make.policy(juana)
    (payment,) = rows(select(Payment))

    def issue_again() -> None:
        with writing() as session:
            issuing.issue(session.get_one(Payment, payment.id))

    with pytest.raises(IntegrityError):
        call(issue_again)
    assert len(rows(select(Policy))) == 1
    year = portal_clock.today().year
    assert call(numbering.last_value, f"MA-{year}") == 1, "the number that it had taken was given back"


def test_products_have_series_of_their_own(make, juana):
    year = portal_clock.today().year
    assert make.policy(juana) == f"MA-{year}-000001"
    hospital = make.policy(juana, product=HOSPITAL)
    assert hospital.endswith(f"-{year}-000001")
    assert not hospital.startswith("MA-")
    assert make.policy(juana) == f"MA-{year}-000002"


def test_a_product_not_payable_on_death_names_no_beneficiaries(rows, make, juana):
    make.policy(juana, product=HOSPITAL)
    (zero,) = rows(select(Endorsement))
    assert zero.beneficiaries == []


def test_a_sold_policy_keeps_its_version_when_a_newer_one_is_published(call, rows, make, juana):
    number = make.policy(juana)
    (sold_by,) = rows(select(Policy.product_version_id))

    def publish_another() -> int:
        with writing() as session:
            old = session.get_one(ProductVersion, sold_by)
            old.withdrawn_at = portal_clock.now()
            content = old.content | {"name": "Otro nombre"}
            newer = ProductVersion(slug=old.slug, version=old.version + 1, sha256="f" * 64, content=content)
            session.add(newer)
            session.flush()
            return newer.id

    newer = call(publish_another)
    assert call(offers.offer_on_sale, "muerte-accidental").version_id == newer

    def name() -> str:
        return policies.plan_of(policies.get(number, juana.actor), portal_clock.now())[0].name

    assert call(name) != "Otro nombre"


def test_anybody_may_verify_a_policy_and_reads_nothing_personal(call, rows, make, juana):
    number = make.policy(juana, named=[beneficiary("Rosa")])
    (token,) = rows(select(Policy.verification_token))
    public = call(policies.verify, token)
    assert (public.number, public.state) == (number, PolicyState.PENDING)
    said = repr(public)
    for personal in (juana.identity.number, juana.surname, juana.email, "Rosa", "72.92"):
        assert personal not in said
    with pytest.raises(NotFound):
        call(policies.verify, token[:-1])


def test_the_holder_alone_reads_the_policy(call, make, juana):
    number, other = make.policy(juana), make.customer().actor
    for use_case in (policies.get, policies.send_by_mail):
        with pytest.raises(NotFound):
            call(use_case, number, other)


def test_the_progress_of_a_payment_is_told_from_the_rows_until_the_mail_has_left(call, make, juana, drain):
    public_id = make.purchase(juana, Stage.TERMS)

    def told() -> progress.PaymentProgress:
        return progress.of(purchasing.get(public_id, juana.actor))

    assert call(told).policy is None
    assert not call(told).is_moving
    make.pay(juana, public_id)
    paid = call(told)
    assert paid.policy is not None
    assert (paid.rendered_at, paid.mailed_at, paid.is_moving) == (None, None, True)
    drain()
    ended = call(told)
    assert ended.rendered_at is not None
    assert ended.mailed_at is not None
    assert not ended.is_moving
    assert not ended.mail_failed


@pytest.fixture(autouse=True)
def _forget_versions():
    """A version published here is gone with its row: its id may be another's next time."""
    yield
    offers._parsed.clear()


def test_the_database_itself_refuses_a_cover_that_ends_before_it_begins(call, rows, make, juana):
    make.policy(juana)

    def turn_round() -> None:
        with writing() as session:
            policy = session.scalars(select(Policy)).one()
            policy.ends_at = policy.starts_at

    with pytest.raises(IntegrityError):
        call(turn_round)
