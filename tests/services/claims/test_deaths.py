"""What a death that is paid does to the policies of who died, and where what insured nobody goes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.calendar import noon
from portal.domain.claim import EventKind
from portal.domain.clock import lima
from portal.domain.errors import NotAllowed
from portal.domain.formats import day
from portal.domain.notice import Event
from portal.domain.payment import PaymentState
from portal.domain.policy import EndorsementKind, PolicyState
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.integrations.bank import Approved
from portal.models import Claim, Endorsement, Message, Notice, Payment, Payout, Policy, PolicyChange, Refund
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.claims import candidates, notice_desk, others
from portal.services.payments import money_out, receipts, settling, slips
from portal.services.payments.payouts import BANK_PAYOUT
from portal.services.platform.numbering import next_number
from portal.services.policies import policy as policies
from portal.services.servicing import ending
from tests.factories import ACCIDENT, AGENCY, AMOUNT, FUNERAL, HOSPITAL, beneficiary
from tests.services.at_once import in_the_midst


@pytest.fixture
def mourned(app, make, drain, rows, clock_at):
    """A policy near its end is renewed; then the death of whom it insures is told, and paid at once or later. The
    policy's number."""

    def mourned(someone, *, agency=None, insured=None, paid_after=timedelta(0)) -> str:
        quote = make.quote(someone, insured=insured) if insured else None
        old = make.policy(someone, named=[beneficiary("Rosa", share="100")], quote=quote)
        clock_at(lima(rows(select(Policy.ends_at).order_by(Policy.id))[-1]).replace(hour=10) - timedelta(days=30))
        if agency is None:
            make.renewed(old, someone)
        else:
            make.renewal(old, someone, agency=agency)
            (slip,) = rows(select(Payment).where(Payment.state == PaymentState.AWAITING_CASH))
            with app.app_context():
                receipts.receive(slip.number, slip.amount, make.collaborator().actor)
        claim = make.claim(someone, ACCIDENT, policy=old, complete=True)
        clock_at(portal_clock.now() + paid_after)
        pay(make, claim)
        drain()
        return old

    return mourned


def pay(make, claim) -> None:
    """A death is answered, and Rosa, who is named, has told where she is paid."""
    make.death_paid(claim)


@pytest.mark.parametrize("paid_after", [timedelta(0), timedelta(days=40)])
def test_one_that_begins_after_the_death_ends_and_all_of_its_money_goes_back(rows, juana, mourned, paid_after):
    mourned(juana, paid_after=paid_after)
    old, new = rows(select(Policy).order_by(Policy.id))
    kinds = rows(select(Endorsement.kind).where(Endorsement.policy_id == new.id).order_by(Endorsement.number))
    assert kinds == [EndorsementKind.ISSUE, EndorsementKind.INSURED_DIED]
    assert old.state_at(portal_clock.now()) is new.state_at(portal_clock.now()) is PolicyState.CANCELLED
    assert (old.ended_by_payment, new.ended_by_payment, new.ended_by_death) == (True, False, True)
    (refund,) = rows(select(Refund))
    assert (refund.payment_id, refund.amount, refund.state) == (new.payment_id, AMOUNT, RefundState.DONE)
    (change,) = rows(select(PolicyChange))
    assert (change.policy_id, change.refund, change.effective_at) == (new.id, AMOUNT, new.starts_at)
    told = select(Message.kind).where(Message.kind.in_(("policy_not_begun", "refund_arrived", "refund_refused")))
    assert rows(told) == [], "its holder is who died"


def test_its_holder_is_told_where_another_was_insured(rows, make, juana, mourned):
    mourned(juana, insured=make.insured())
    (mail,) = rows(select(Message).where(Message.kind == "policy_not_begun"))
    assert mail.recipient == juana.email
    assert "S/ 72.92" in mail.subject.replace("\xa0", " ")
    assert "Sentimos mucho su pérdida" in mail.text_body
    assert "Lo que va a su cuenta" in mail.text_body


def test_what_was_paid_in_cash_waits_where_it_was_paid(rows, make, juana, mourned):
    mourned(juana, agency=AGENCY, insured=make.insured())
    (refund,) = rows(select(Refund))
    assert (refund.state, refund.agency_code) == (RefundState.AWAITING_COLLECTION, AGENCY)
    (mail,) = rows(select(Message).where(Message.kind == "policy_not_begun"))
    assert "En efectivo, en la agencia" in mail.text_body
    assert "Dónde recoge el efectivo" in mail.text_body
    assert "su cuenta" not in mail.text_body


def test_one_that_had_begun_goes_on_and_the_desk_sees_it(call, rows, make, juana, mourned):
    hospital = make.policy(juana, product=HOSPITAL)
    mourned(juana)
    (claim,) = rows(select(Claim))
    assert [one.number for one in call(lambda: others.of(claim)[1])] == [hospital]
    going = rows(select(Policy).where(Policy.number == hospital))[0]
    assert going.cancelled_at is None


def test_another_persons_policies_are_left_alone(rows, make, juana, mourned):
    other = make.policy(make.customer())
    mourned(juana)
    assert rows(select(Policy.cancelled_at).where(Policy.number == other)) == [None]


@pytest.mark.parametrize("paid_after", [timedelta(0), timedelta(days=40)])
def test_what_ended_so_is_shown_with_no_day_that_it_did_not_protect(call, rows, juana, mourned, paid_after):
    old = mourned(juana, paid_after=paid_after)
    (new,) = rows(select(Policy.number).where(Policy.renews_id.is_not(None)))

    def said(number: str) -> str | None:
        return ending.preview(policies.get(number, juana.actor), portal_clock.now()).why_not

    (until,) = rows(select(Policy.ends_at if paid_after else Policy.cancelled_at).where(Policy.number == old))
    assert call(said, old) == f"Esta póliza ya terminó: protegió hasta el {day(until)}."
    assert call(said, new) == "Esta póliza no llegó a proteger."


def test_a_death_that_is_paid_after_the_term_covers_nothing_more(call, rows, make, juana, mourned):
    old = mourned(juana, insured=make.insured(), paid_after=timedelta(days=40))
    (policy,) = rows(select(Policy).where(Policy.number == old))
    (mail,) = rows(select(Message).where(Message.kind == "policy_ended"))
    assert f"Terminó el {day(policy.ends_at)}" in mail.text_body
    event = Event(EventKind.ACCIDENT, policy.insured.identity, "", portal_clock.today(), "Se cayó.")
    told, clerk = make.notice(event), make.collaborator().actor

    def verdict() -> str:
        notice_desk.take(told, clerk)
        (notice,) = db.session.scalars(select(Notice))
        found = candidates.resembling(notice, clerk)
        lines = next(one.lines for one in found if one.policy.number == old)
        return next(line.words for line in lines if line.label == "Ocurrió")

    assert call(verdict) == "Fuera de fecha"


@pytest.fixture
def dearer(make, clock_at, rows):
    """A policy in force whose dearer plan is paid, and begins in days: its number, and that day."""

    def dearer(someone, *, insured=None, agency=None):
        quote = make.quote(someone, insured=insured) if insured else None
        number = make.policy(someone, named=[beneficiary("Rosa", share="100")], quote=quote)
        clock_at(rows(select(Policy.starts_at))[0] + timedelta(days=119, hours=-2))
        make.plan_bought(number, someone)
        return number, lima(rows(select(Policy))[0].endorsements[-1].effective_at).date()

    return dearer


@pytest.mark.parametrize(("died", "given_back"), [(-1, ["24.28"]), (0, [])], ids=["before", "that day"])
@pytest.mark.parametrize("paid", [-1, 20], ids=["before it begins", "long after"])
def test_what_was_paid_for_a_plan_that_the_death_came_before_goes_back(
    rows, make, client, juana, dearer, drain, clock_at, died, given_back, paid
):
    number, begins = dearer(juana, insured=make.insured())
    died_on = begins + timedelta(days=died)
    clock_at(noon(max(died_on, begins + timedelta(days=paid))) - timedelta(hours=1))
    pay(make, make.claim(juana, ACCIDENT, policy=number, on=died_on, complete=True))
    drain()
    (policy,) = rows(select(Policy))
    assert policy.ended_by_payment
    back = [Decimal(one) for one in given_back]
    assert rows(select(Refund.amount)) == rows(select(PolicyChange.refund)) == back
    assert set(rows(select(Refund.state))) <= {RefundState.DONE}
    (mail,) = rows(select(Message).where(Message.kind == "policy_ended"))
    assert ("Ver dónde está su dinero" in mail.text_body) is bool(back)
    assert ("Lo que va a su cuenta" in mail.text_body) is bool(back)
    page = client.sign_in(juana).get(f"/polizas/{number}")
    assert (f"/polizas/{number}/desvincular" in page.links.values()) is bool(back)
    if back:
        page = client.get(f"/polizas/{number}/desvincular")
        assert f"Lo que pasó hasta el {day(policy.cover.until)}" in page.text
        assert "Si cambia de idea" not in page.text


def test_a_plan_that_never_begins_is_given_back_once_where_its_holder_had_ended_the_policy(
    rows, make, juana, dearer, drain, change
):
    number, _ = dearer(juana)
    change(Policy, delivered_at=rows(select(Policy.issued_at))[0])
    make.ended(number, juana)
    given_back = rows(select(Refund.amount))
    pay(make, make.claim(juana, ACCIDENT, policy=number, complete=True))
    drain()
    (policy,) = rows(select(Policy))
    assert policy.ended_by_payment
    assert rows(select(Refund.amount)) == given_back


def test_another_persons_slip_waits_on_when_a_death_is_told(rows, make, juana, clock_at):
    number, other = make.policy(juana, named=[beneficiary("Rosa", share="100")]), make.customer()
    others = make.policy(other)
    clock_at(rows(select(Policy.ends_at))[0] - timedelta(days=30, hours=2))
    make.renewal(others, other, agency=AGENCY)
    make.claim(juana, ACCIDENT, policy=number)
    assert rows(select(Payment.state).where(Payment.slip_code.is_not(None))) == [PaymentState.AWAITING_CASH]


def test_what_comes_for_a_new_policy_of_who_is_known_to_have_died_goes_back(rows, make, juana, call, drain):
    number = make.policy(juana, named=[beneficiary("Rosa", share="100")])
    slip = make.slip(juana, product=HOSPITAL)
    pay(make, make.claim(juana, ACCIDENT, policy=number, complete=True))
    drain()
    call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)
    assert rows(select(Policy.number)) == [number]
    assert [one.amount for one in rows(select(Refund))] == [slip.amount]


@pytest.mark.parametrize("insured_is_another", [True, False])
def test_once_it_is_told_nobody_pays_for_what_would_follow(
    rows, make, juana, call, clock_at, drain, insured_is_another
):
    quote = make.quote(juana, insured=make.insured()) if insured_is_another else None
    number = make.policy(juana, named=[beneficiary("Rosa", share="100")], quote=quote)
    clock_at(rows(select(Policy.ends_at))[0] - timedelta(days=30, hours=2))
    make.renewal(number, juana, agency=AGENCY)
    make.claim(juana, ACCIDENT, policy=number)
    drain()
    (slip,) = rows(select(Payment).where(Payment.slip_code.is_not(None)))
    assert slip.state is PaymentState.CANCELLED
    told = rows(select(Message).where(Message.kind == "slip_cancelled"))
    assert [one.recipient for one in told] == ([juana.email] if insured_is_another else []), (
        "who died is not written to"
    )
    for mail in told:
        assert "Esa póliza ya no se puede renovar" in mail.text_body
        assert "Usted" not in mail.text_body.split("¿Tiene dudas?")[0], "nobody is blamed"
    clock_at(slip.due_at - timedelta(hours=20))
    call(slips.remind_due)
    asked = select(Message.sent_at).where(Message.kind.in_(("payment_slip", "slip_reminder")))
    assert len(rows(asked)) == 1, "nobody is reminded"
    with pytest.raises(NotAllowed, match="No cobre esta solicitud"):
        call(receipts.receive, slip.number, slip.amount, make.collaborator().actor)


def test_it_waits_for_no_payment_of_another_policy_while_it_numbers(app, rows, make, juana, clock_at, monkeypatch):
    number = make.policy(juana, named=[beneficiary("Rosa", share="100")])
    clock_at(lima(portal_clock.now()).replace(hour=16))
    for product in (HOSPITAL, FUNERAL):
        make.policy(juana, product=product)  # begins tomorrow at noon
    pay(make, make.claim(juana, ACCIDENT, policy=number, complete=True))
    (payout,) = rows(select(Payout))
    (last,) = rows(select(Policy.payment_id).order_by(Policy.id.desc()).limit(1))
    made = Approved("po_1", "", portal_clock.now())

    def also_numbers_a_refund():
        with writing() as session:
            session.get_one(Payment, last, with_for_update=NOT_THE_KEY)
            return next_number("DV")

    results = in_the_midst(
        app,
        monkeypatch,
        (money_out, "begin"),
        lambda: settling.settle(BANK_PAYOUT, payout.id, made, None),
        also_numbers_a_refund,
    )
    assert (results[0], type(results[1])) == (None, str), results
    assert len(rows(select(Refund))) == 2
