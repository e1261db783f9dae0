"""Renewal: the year that follows a policy, bought as a purchase, linked to the one before."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.calendar import noon
from portal.domain.claim import Cause, ClaimState
from portal.domain.clock import lima
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import PaymentState
from portal.domain.policy import PolicyState
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import (
    CashReceipt,
    Claim,
    ClaimParty,
    Consent,
    Message,
    Notice,
    NoticeMatch,
    OutboxRow,
    OutboxState,
    Payment,
    Person,
    Policy,
    ProductVersion,
    Quote,
    Refund,
)
from portal.models.transaction import writing
from portal.services.claims import answers, assessment, filing, grounds, warnings
from portal.services.claims import claim as claims
from portal.services.desk import customers
from portal.services.documents import kinds
from portal.services.payments import receipt_facts, receipts
from portal.services.policies import cancellation, issuing, renewing
from portal.services.policies import policy as policies
from portal.services.printing import rendering
from portal.services.sale import beneficiaries, paying, policy_limit, purchasing
from portal.services.servicing import ending, naming, renewal
from tests.factories import ACCIDENT, AGENCY, AMOUNT, FUNERAL, HOSPITAL, beneficiary
from tests.services.at_once import at_once
from workers import charges


@pytest.fixture
def number(make, juana):
    return make.policy(juana, named=[beneficiary("Rosa", share="60"), beneficiary("Pedro", share="40")])


@pytest.fixture
def before_end(rows, clock_at):
    """Moves the time to so many days before the end of the first policy, at ten in Lima; its end."""

    def before_end(days: int):
        ends_at = rows(select(Policy.ends_at))[0]
        clock_at(lima(ends_at).replace(hour=10) - timedelta(days=days))
        return ends_at

    return before_end


def test_a_renewal_is_the_next_year_without_a_gap(call, rows, make, juana, number, before_end):
    ends_at = before_end(20)
    make.renewed(number, juana)
    old, new = rows(select(Policy).order_by(Policy.id))
    assert (new.renews_id, new.starts_at, new.ends_at) == (
        old.id,
        ends_at,
        noon(lima(ends_at).date().replace(year=lima(ends_at).year + 1)),
    )
    assert (new.covered_since, new.is_first_year) == (old.starts_at, False)
    assert new.state_at(portal_clock.now()) is PolicyState.PENDING
    assert old.state_at(portal_clock.now()) is PolicyState.ACTIVE
    named = [(one.names, one.share) for one in new.issue.beneficiaries]
    assert named == [(one.names, one.share) for one in old.issue.beneficiaries]
    quote = rows(select(Quote))[-1]
    assert (quote.purpose, quote.policy_id, quote.premium_total) == (QuotePurpose.RENEWAL, old.id, AMOUNT)
    agreed = rows(select(Consent.text_key).where(Consent.quote_id == quote.id))
    assert agreed == ["renovacion", "compra"]
    found = call(lambda: [renewing.sight(one) for one in (old, new)])
    assert [(one.before, one.after) for one in found] == [(None, new.number), (old.number, None)]
    seen = call(customers.policies, juana.account_id, limit=9)
    assert [(one.renews, one.renewed_by) for one in seen] == [(old.number, None), (None, new.number)]


def sold_again(app, total: str = "99.00"):
    """The accident product published at another price."""
    with app.app_context(), writing() as session:
        sold = session.scalars(
            select(ProductVersion).where(ProductVersion.slug == ACCIDENT, ProductVersion.withdrawn_at.is_(None))
        ).one()
        content = dict(sold.content)
        content["plans"] = [{**one, "total": total} if one["code"] == "plan-2" else one for one in content["plans"]]
        sold.withdrawn_at = portal_clock.now()
        session.add(ProductVersion(slug=sold.slug, version=sold.version + 1, sha256="0" * 64, content=content))


@pytest.fixture
def why_not(call):
    def why_not(number, someone):
        def use_case():
            policy = policies.get(number, someone.actor)
            found = renewal.why_not(policy, portal_clock.now(), renewing.sight(policy))
            return found.words if found else None

        return call(use_case)

    return why_not


def test_the_days_in_which_it_can_be_renewed(why_not, juana, number, rows, clock_at):
    end = lima(rows(select(Policy.ends_at))[0]).date()
    for days, hour, is_open in ((-46, 23.99, False), (-45, 0, True), (0, 12, True), (30, 23.99, True), (31, 0, False)):
        clock_at(noon(end + timedelta(days=days)) + timedelta(hours=hour - 12))
        assert (why_not(number, juana) is None) is is_open, (days, hour)


def test_too_early_and_too_late_are_said_with_their_days(why_not, juana, number, before_end):
    end = lima(before_end(60)).date()
    assert why_not(number, juana) == f"Todavía es pronto: puede renovarla desde el {end - timedelta(days=45):%d/%m/%Y}."
    before_end(-31)
    assert f"Se podía renovar hasta el {end + timedelta(days=30):%d/%m/%Y}." in why_not(number, juana)


def test_what_was_ended_is_not_renewed(why_not, make, juana, number, before_end):
    before_end(20)
    make.ended(number, juana)
    assert "Puede comprar este seguro otra vez." in why_not(number, juana)


def test_nor_once_a_death_was_told_of(why_not, rows, make, change, juana, number, before_end):
    before_end(20)
    make.claim(juana, ACCIDENT)
    change(Claim, policy_id=rows(select(Policy.id))[0], coverage_code="muerte-accidental")
    assert "falleció" in why_not(number, juana)
    change(Claim, state=ClaimState.REJECTED)
    assert "falleció" in why_not(number, juana), "that it isn't paid doesn't say that the person lives"
    change(Claim, state=ClaimState.WITHDRAWN)
    assert why_not(number, juana) is None


def test_nor_where_it_was_told_under_another_policy_of_the_same_person(why_not, make, juana, number):
    make.claim(juana, FUNERAL)
    assert "falleció" in why_not(number, juana)


def test_nor_where_a_notice_told_it_whatever_coverage_it_was_matched_with(
    app, why_not, make, rows, juana, number, before_end
):
    before_end(20)
    claim = make.claim(juana, HOSPITAL)
    assert why_not(number, juana) is None, "it may be anything"
    notice = make.notice()
    with app.app_context(), writing() as session:
        match = NoticeMatch(matched_by_id=juana.account_id, matched_at=portal_clock.now())
        match.claim_id = session.scalars(select(Claim.id).where(Claim.number == claim)).one()
        its = select(ClaimParty.id).where(ClaimParty.claim_id == match.claim_id).limit(1)
        match.party_id = session.scalars(its).one()
        match.notice_id = session.scalars(select(Notice.id).where(Notice.number == notice)).one()
        session.add(match)
    assert "falleció" in why_not(number, juana)


def test_a_death_told_while_the_money_comes_renews_nothing(
    app, rows, make, call, juana, number, before_end, cashier, monkeypatch
):
    """Between the look at the policy and the commit: seen once more, after the row that makes writers wait."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("its writers follow each other")
    before_end(20)
    claim = make.claim_draft(juana, ACCIDENT, policy=number)
    make.renewal(number, juana, agency=AGENCY)
    (slip,) = rows(select(Payment).where(Payment.state == PaymentState.AWAITING_CASH))
    looked = issuing.is_refused

    def told_meanwhile(quote):
        answer = looked(quote)
        if not rows(select(Claim.id).where(Claim.number.is_not(None))):
            at_once(app, 1, lambda _: filing.register(claim, juana.actor, agrees=True))
        return answer

    monkeypatch.setattr(issuing, "is_refused", told_meanwhile)
    call(receipts.receive, slip.number, slip.amount, cashier.actor)
    assert rows(select(CashReceipt.issues)) == [False]
    assert len(rows(select(Policy))) == 1
    assert len(rows(select(Refund))) == 1


def test_nor_for_whoever_would_be_too_old_on_the_latest_start(why_not, change, juana, number, before_end):
    end = lima(before_end(20)).date()
    change(Person, birth_date=end.replace(year=end.year - 66) + timedelta(days=1))
    assert why_not(number, juana) is None, "65 on the day"
    change(Person, birth_date=end.replace(year=end.year - 66))
    assert "puede tener ya 66" in why_not(number, juana)


@pytest.mark.parametrize(("days", "counts"), [(5, False), (100, True)], ids=["withdrawn", "ended without cause"])
def test_what_was_all_given_back_is_no_insured_time(rows, make, juana, number, change, clock_at, days, counts):
    change(Policy, delivered_at=portal_clock.now())
    clock_at(rows(select(Policy.starts_at))[0] + timedelta(days=days, hours=-2))
    make.ended(number, juana)
    make.policy(juana)
    old, new = rows(select(Policy).order_by(Policy.id))
    assert new.starts_at == old.cover.until
    assert new.covered_since == (old.starts_at if counts else None)


def test_paid_after_its_end_it_begins_at_the_next_noon_and_waits_anew(rows, make, juana, number, before_end):
    ends_at = before_end(-10)
    make.renewed(number, juana)
    old, new = rows(select(Policy).order_by(Policy.id))
    assert new.starts_at == ends_at + timedelta(days=10)
    assert (new.renews_id, new.is_first_year) == (old.id, True)


def test_of_two_renewals_that_are_paid_the_seconds_money_goes_back(app, rows, make, juana, number, before_end, drain):
    before_end(20)
    first, second = (make.renewal(number, juana, plan=plan) for plan in ("plan-1", "plan-2"))
    for bought in (first, second):
        with app.app_context():
            amount = purchasing.get(bought, juana.actor).amount
        if bought == first:
            make.pay(juana, bought)
        else:
            with app.app_context(), pytest.raises(NotAllowed, match="ya no se puede renovar"):
                paying.process(bought, amount, juana.actor)
    assert len(rows(select(Policy))) == 2


def test_two_renewals_paid_at_one_moment_are_one(app, rows, make, juana, number, before_end, drain, call):
    before_end(20)
    both = [make.renewal(number, juana, plan=plan) for plan in ("plan-1", "plan-2")]
    amounts = [call(lambda one=one: purchasing.get(one, juana.actor).amount) for one in both]
    at_once(app, 2, lambda at: paying.process(both[at], amounts[at], juana.actor))
    drain()
    assert [one.renews_id is not None for one in rows(select(Policy))] == [False, True]
    assert rows(select(Payment.state)).count(PaymentState.APPROVED) == 2, "the year before, and one more"


def test_two_charges_that_come_through_make_one_renewal_and_one_refund(
    app, rows, make, juana, number, before_end, drain, monkeypatch
):
    """The limit asked before the press lets both through; the row's own constraint and the second look do not."""
    before_end(20)
    both = [make.renewal(number, juana, plan=plan) for plan in ("plan-1", "plan-2")]
    monkeypatch.setattr(policy_limit, "check", lambda quote: None)
    for bought in both:
        with app.app_context():
            paying.process(bought, purchasing.get(bought, juana.actor).amount, juana.actor)
    owed = rows(select(OutboxRow.id).where(OutboxRow.queue == "charges", OutboxRow.state == OutboxState.PENDING))
    at_once(app, 2, lambda at: charges.charge(owed[at]))
    drain()
    assert len(rows(select(Policy).where(Policy.renews_id.is_not(None)))) == 1
    assert len(rows(select(Refund))) == 1
    (mail,) = rows(select(Message).where(Message.kind == "payment_given_back"))
    assert "su póliza ya estaba renovada, o ya no se podía renovar" in mail.text_body


def test_ended_between_quote_and_payment_there_is_nothing_to_renew(app, rows, make, juana, number, before_end):
    before_end(20)
    bought = make.renewal(number, juana)
    make.ended(number, juana)
    with app.app_context(), pytest.raises(NotAllowed, match="ya no se puede renovar"):
        paying.process(bought, purchasing.get(bought, juana.actor).amount, juana.actor)
    assert len(rows(select(Policy))) == 1


def test_cash_for_what_was_ended_meanwhile_goes_back(app, rows, make, call, juana, number, before_end, cashier):
    before_end(20)
    make.renewal(number, juana, agency=AGENCY)
    with app.app_context(), writing() as session:
        cancellation.end_paid(session.scalars(select(Policy)).one())
    (slip,) = rows(select(Payment).where(Payment.state == PaymentState.AWAITING_CASH))
    call(receipts.receive, slip.number, slip.amount, cashier.actor)
    assert rows(select(CashReceipt.issues)) == [False]
    facts = call(lambda: receipt_facts.of(db.session.scalars(select(CashReceipt)).one()))
    assert facts.why_not == "su póliza ya estaba renovada, o ya no se podía renovar"
    assert len(rows(select(Policy))) == 1


def test_ending_the_policy_cancels_the_slip_of_its_renewal(rows, make, call, juana, number, before_end, cashier):
    """Nobody takes the cash of a year that can't follow any more."""
    before_end(20)
    make.renewal(number, juana, agency=AGENCY)
    slip = rows(select(Payment).order_by(Payment.id))[-1]
    assert slip.state is PaymentState.AWAITING_CASH
    make.ended(number, juana)
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.CANCELLED
    (mail,) = rows(select(Message).where(Message.kind == "slip_cancelled"))
    assert "Esa póliza ya no se puede renovar" in mail.text_body
    assert "Si todavía quiere renovar" not in mail.text_body
    with pytest.raises(NotAllowed):
        call(receipts.receive, slip.number, slip.amount, cashier.actor)


def test_while_a_renewal_is_charged_the_policy_is_not_ended(app, rows, make, juana, number, before_end, drain):
    before_end(20)
    renewed = make.renewal(number, juana)
    with app.app_context():
        paying.process(renewed, purchasing.get(renewed, juana.actor).amount, juana.actor)
    charge = rows(select(Payment.number).order_by(Payment.id))[-1]
    with pytest.raises(NotAllowed, match=charge):
        make.ended(number, juana)
    drain()
    assert rows(select(Payment.state).order_by(Payment.id))[-1] is PaymentState.APPROVED
    assert len(rows(select(Policy))) == 2


def test_a_cancelled_renewal_leaves_the_one_before_which_may_be_renewed_again(
    rows, make, why_not, juana, number, before_end
):
    before_end(20)
    newer = make.renewed(number, juana)
    assert why_not(number, juana) == "Ya está renovada."
    make.ended(newer, juana)
    old = rows(select(Policy))[0]
    assert old.state_at(portal_clock.now()) is PolicyState.ACTIVE
    assert why_not(number, juana) is None
    again = make.renewed(number, juana)
    assert [one.number for one in rows(select(Policy)) if one.renews_id] == [newer, again]


def test_pressed_twice_it_is_one_purchase(call, rows, juana, number, before_end):
    before_end(20)

    def begin():
        policy = policies.get(number, juana.actor)
        offer = renewing.sight(policy).offer
        assert offer is not None
        found = renewal.preview(policy, portal_clock.now(), offer)
        return renewal.begin(number, juana.actor, plan_code="plan-2", accepts=True, shown=found.stamp).public_id

    assert call(begin) == call(begin)
    assert len(rows(select(Quote))) == 2
    assert len(rows(select(Consent).where(Consent.text_key == "renovacion"))) == 1


def test_what_the_page_did_not_show_is_not_begun(app, call, rows, juana, number, before_end):
    before_end(20)
    with pytest.raises(DomainError, match="Mientras tanto cambió"):
        call(renewal.begin, number, juana.actor, plan_code="plan-2", accepts=True, shown="otra cosa")
    with pytest.raises(DomainError) as refused:
        call(renewal.begin, number, juana.actor, plan_code="plan-2", accepts=False, shown="")
    assert refused.value.field == "acepta"
    assert len(rows(select(Quote))) == 1


def test_another_has_nothing_to_renew(call, make, number, before_end):
    before_end(20)
    with pytest.raises(NotFound):
        call(renewal.begin, number, make.customer().actor, plan_code="plan-2", accepts=True, shown="")


def test_the_price_on_sale_now_is_what_is_renewed_for(app, rows, make, juana, number, before_end):
    before_end(20)
    sold_again(app)
    make.renewed(number, juana)
    assert rows(select(Policy).order_by(Policy.id))[-1].issue.premium_total == Decimal("99.00")


def test_others_named_after_a_renewal_was_begun_are_those_of_the_new_year(rows, make, juana, number, before_end):
    before_end(20)
    make.renewal(number, juana, agency=AGENCY)
    make.renamed(number, juana, [beneficiary("Luz")])
    assert rows(select(Payment.state))[-1] is PaymentState.CANCELLED, "its slip is for the list of before"
    make.renewed(number, juana)
    new = rows(select(Policy).order_by(Policy.id))[-1]
    assert [one.names for one in new.issue.beneficiaries] == ["Luz"]


def test_who_named_others_in_the_renewal_keeps_them(call, rows, make, juana, number, before_end):
    before_end(20)
    public_id = make.renewal(number, juana)
    (rosa, pedro) = call(lambda: [one.id for one in purchasing.get(public_id, juana.actor).beneficiaries])
    call(beneficiaries.NAMING.remove, public_id, rosa, juana.actor)
    call(beneficiaries.NAMING.put, public_id, pedro, beneficiary("Pedro"), juana.actor)
    make.renamed(number, juana, [beneficiary("Luz")])
    assert call(lambda: [one.names for one in purchasing.get(public_id, juana.actor).beneficiaries]) == ["Pedro"]


def test_while_the_renewal_is_charged_nobody_else_is_named(app, call, rows, make, juana, number, before_end):
    before_end(20)
    public_id = make.renewal(number, juana)
    with app.app_context():
        paying.process(public_id, purchasing.get(public_id, juana.actor).amount, juana.actor)
    change, code = make.renaming_asked(number, juana, [beneficiary("Luz")])
    with pytest.raises(NotAllowed, match="renovación está en proceso"):
        call(naming.confirm, change, code, juana.actor)


def test_once_renewed_each_policy_names_its_own_and_says_so(call, rows, make, juana, number, before_end):
    before_end(20)
    newer = make.renewed(number, juana)
    make.renamed(number, juana, [beneficiary("Luz")])
    (mail,) = rows(select(Message.text_body).where(Message.kind == "beneficiaries_changed"))
    assert f"Su póliza {newer} nombra aparte" in mail
    assert f"/polizas/{newer}/beneficiarios" in mail
    make.renamed(newer, juana, [beneficiary("Luz")])
    mail = rows(select(Message.text_body).where(Message.kind == "beneficiaries_changed").order_by(Message.id))[-1]
    assert f"Su póliza {number} nombra aparte" in mail

    def beside(of):
        return call(lambda: renewing.beside(policies.get(of, juana.actor), portal_clock.now()))

    assert (beside(number), beside(newer)) == ([newer], [number])
    before_end(-1)
    assert (beside(number), beside(newer)) == ([newer], []), "what has ended names nobody any more"


def test_the_page_shows_whom_the_renewal_that_was_begun_names(call, make, juana, number, before_end):
    before_end(20)
    public_id = make.renewal(number, juana)
    for kept in call(lambda: [one.id for one in purchasing.get(public_id, juana.actor).beneficiaries]):
        call(beneficiaries.NAMING.remove, public_id, kept, juana.actor)
    call(beneficiaries.NAMING.name_nobody, public_id, juana.actor)

    def named():
        policy = policies.get(number, juana.actor)
        offer = renewing.sight(policy).offer
        assert offer is not None
        return list(renewal.preview(policy, portal_clock.now(), offer).beneficiaries)

    assert call(named) == []


@pytest.fixture
def page_of(call, juana):
    """What the page of a renewal shows now."""

    def page_of(number):
        def preview():
            policy = policies.get(number, juana.actor)
            offer = renewing.sight(policy).offer
            assert offer is not None
            return renewal.preview(policy, portal_clock.now(), offer)

        return call(preview)

    return page_of


def test_the_plan_to_renew_is_the_one_with_which_the_policy_ends(call, rows, make, juana, number, before_end, page_of):
    before_end(20)
    begun = make.renewal(number, juana)
    make.plan_bought(number, juana, "plan-3")
    old = rows(select(Policy))[0]
    assert old.terms_at(portal_clock.now()).plan_code == "plan-2", "it begins in some days"
    found = page_of(number)
    assert (found.plan.code, found.plan_then.code, found.is_same_plan) == ("plan-3", "plan-3", True)
    assert found.paid == old.terms_at(old.ends_at).premium_total > AMOUNT
    assert found.goes_on is None
    assert call(lambda: purchasing.get(begun, juana.actor).quote.is_other_plan)


def test_what_renews_a_policy_is_bought_no_later_than_it_can_be_renewed(call, rows, make, juana, number, before_end):
    ends_at = before_end(-29)
    public_id = make.renewal(number, juana)
    (quote,) = rows(select(Quote).where(Quote.policy_id.is_not(None)))
    assert lima(quote.valid_until).date() == lima(ends_at).date() + timedelta(days=30)
    before_end(-31)
    with pytest.raises(purchasing.QuoteExpired):
        call(purchasing.open_for_confirming, public_id, juana.actor)


def test_what_was_renewed_is_not_ended_before_what_renews_it(app, call, make, juana, number, before_end):
    before_end(40)
    newer = make.renewed(number, juana)

    def why_not(of):
        return call(lambda: ending.preview(policies.get(of, juana.actor), portal_clock.now()).why_not)

    assert f"la póliza {newer}: primero desvincule esa" in why_not(number)
    assert why_not(newer) is None
    make.ended(newer, juana)
    assert why_not(number) is None


def test_the_code_for_an_end_is_of_no_use_once_it_is_renewed(call, make, juana, number, before_end):
    before_end(40)
    public_id, code = make.end_asked(number, juana)
    newer = make.renewed(number, juana)
    with pytest.raises(NotAllowed, match=newer):
        call(ending.confirm, public_id, code, juana.actor)


@pytest.fixture
def hospital(make, juana, before_end):
    """A policy that waits for illness, five days before its end."""
    number = make.policy(juana, product=HOSPITAL)
    before_end(5)
    return number


def waits(call, make, juana, policy):
    """Of a stay in hospital on the day after the policy's beginning: whether who tells it is warned, what the desk
    reads, and whether it may be refused for it."""
    claim = make.claim(juana, policy=policy, cause=Cause.ILLNESS)
    collaborator = make.collaborator()
    make.taken(claim, collaborator)

    def seen():
        row = claims.get(claim, juana.actor)
        file = assessment.get(claim, collaborator.actor)
        assert isinstance(file, assessment.File)
        return (
            "waiting" in warnings.names_of(row),
            answers.of(file)[2].answer,
            "espera" in [one.code for one in grounds.of(row)],
        )

    return call(seen)


@pytest.mark.parametrize("how", ["renewed", "anew", "with a gap"])
def test_the_same_is_said_of_waiting_by_warning_answer_and_grounds(
    call, rows, make, juana, hospital, before_end, clock_at, how
):
    end = lima(rows(select(Policy.ends_at))[0])
    if how == "renewed":
        newer = make.renewed(hospital, juana)
    else:
        start = end.date() + timedelta(days=how == "with a gap")
        newer = make.policy(juana, quote=make.quote(juana, HOSPITAL, start=start))
    clock_at(end + timedelta(days=2))
    expected = (True, "En espera", True) if how == "with a gap" else (False, "Sin espera", False)
    assert waits(call, make, juana, newer) == expected
    new = rows(select(Policy).where(Policy.number == newer))[0]
    assert new.is_first_year is (how == "with a gap"), "what its papers and pages ask"


@pytest.fixture
def pressed(app, juana):
    """ "Procesar Pago" is pressed on the page that offered `asked`, and the bank does not answer yet."""

    def pressed(public_id, asked=None):
        with app.app_context():
            amount = purchasing.get(public_id, juana.actor).amount
            paying.process(public_id, amount, juana.actor, asked=asked)

    return pressed


def test_pressed_before_the_last_noon_it_goes_on_without_a_gap_however_late_the_bank_answers(
    rows, make, juana, number, before_end, clock_at, drain, pressed
):
    ends_at = before_end(0)
    clock_at(ends_at - timedelta(minutes=2))
    pressed(make.renewal(number, juana))
    clock_at(ends_at + timedelta(minutes=3))
    drain()
    new = rows(select(Policy).order_by(Policy.id))[-1]
    assert (new.starts_at, new.is_first_year) == (ends_at, False)


def test_over_the_last_noon_the_press_shows_first_what_has_changed(
    app, rows, make, juana, number, before_end, clock_at, pressed
):
    ends_at = before_end(0)
    clock_at(ends_at - timedelta(minutes=2))
    public_id = make.renewal(number, juana)
    with app.app_context():
        asked = paying.attempt(purchasing.get(public_id, juana.actor))
    clock_at(ends_at + timedelta(minutes=3))
    with pytest.raises(NotAllowed, match="No se cobró nada"):
        pressed(public_id, asked)
    assert rows(select(Payment.state))[-1] is PaymentState.CREATED


@pytest.mark.parametrize(("days", "start", "gap"), [(20, 0, False), (-10, 10, True)])
def test_code_and_slip_say_before_it_is_paid_from_when_it_protects(
    app, call, rows, make, juana, before_end, days, start, gap
):
    number = make.policy(juana, product=HOSPITAL)
    ends_at = before_end(days)
    make.renewal(number, juana, agency=AGENCY)
    begins = f"{lima(ends_at).date() + timedelta(days=start):%d/%m/%Y}"
    mail = rows(select(Message.text_body).where(Message.kind == "purchase_code"))[-1]
    said = " ".join(mail.replace("\xa0", " ").split())
    assert f"Empieza: {begins}, al mediodía" in said
    late = "hay días sin protección y el período de espera empieza otra vez"
    assert (f"Si paga hoy: antes {late}" in said) is gap
    assert (f"Si paga después de esa hora, {late}" in said) is not gap

    def printed():
        (slip,) = db.session.scalars(select(Payment).where(Payment.state == PaymentState.AWAITING_CASH))
        words = rendering.html_of(kinds.SLIP, rendering.contents_of(kinds.SLIP, slip))
        return " ".join(words.replace("\xa0", " ").split())

    paper = call(printed)
    assert late in paper
    assert ("si paga antes de ese día" in paper) is False
    assert (f"El seguro empieza el {begins}, al mediodía." in paper) is not gap
