"""A bank that keeps the contract and misbehaves: nothing to exploit, and everything ends well once it is healed.

Which misbehaviour meets which sale is drawn from a seed that a failure names; `--rounds 50 --timeout 0` draws
from fifty.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.integrations.bank import Bank, Patience
from portal.models import Message, OutboxRow, OutboxState, Payment, Policy, Purchase
from portal.services.documents import kinds
from portal.services.payments import bank as banking
from portal.services.payments import movements
from portal.services.printing import rendering
from portal.services.sale import paying
from tests.factories import Stage
from tests.faults import invariants
from tests.faults.crooked_bank import REFUSED_AT_THE_DOOR, TWISTS, Plan, crooked_bank
from tests.processes import PATIENCE
from tests.services.odd_bank import approved, odd_bank
from workers import charges

SEEDS, SALES = 1, 12
PATIENT = Patience(connect=PATIENCE, read=PATIENCE, total=PATIENCE)
APPROVES, DECLINES = "4821", "0001"


@pytest.fixture
def crooked(app, bank):
    with crooked_bank(bank.url) as crooked:
        app.extensions["bank"] = Bank(crooked.url, bank.api_key, PATIENT)
        yield crooked


@pytest.fixture
def charge(app, rows) -> Callable[[], None]:
    """The worker of the queue `charges`."""

    def charge() -> None:
        owed = select(OutboxRow.id).where(OutboxRow.queue == "charges", OutboxRow.state == OutboxState.PENDING)
        for outbox_id in rows(owed):
            with app.app_context():
                charges.charge(outbox_id)

    return charge


@pytest.fixture
def sell(app, make) -> Callable[[str], str]:
    """ "Procesar Pago" of a new purchase: the payment's number."""

    def sell(last4: str) -> str:
        juana = make.customer()
        public_id = make.purchase(juana, Stage.TERMS, last4=last4)
        with app.app_context():
            paying.process(public_id, Decimal("72.92"), juana.actor)
            payment = select(Payment.number).join(Purchase).where(Purchase.public_id == public_id)
            return db.session.scalars(payment).one()

    return sell


@pytest.fixture
def reconcile(app, clock) -> Callable[[int], None]:
    """The schedule's round, so many seconds from now."""

    def reconcile(seconds: int) -> None:
        clock(seconds=seconds)
        with app.app_context():
            movements.reconcile_overdue()

    return reconcile


def states(rows) -> dict[str, PaymentState]:
    return {payment.number: payment.state for payment in rows(select(Payment))}


def test_whatever_it_answers_a_healed_bank_and_the_portal_agree(
    request, app, crooked, sell, charge, reconcile, rows, bank
):
    for seed in range(request.config.getoption("--rounds") or SEEDS):
        chance = random.Random(seed)
        crooked.healed = False
        plans = {}
        for _ in range(SALES):
            plan = draw(chance)
            number = sell(chance.choice([APPROVES, APPROVES, DECLINES]))
            plans[number] = crooked.plans[number] = plan
        told = f"seed {seed}: {plans}"
        charge()
        assert_nobody_was_told_wrong(rows, bank, told)
        for seconds in (65, 130, 250):
            reconcile(seconds)
            assert_nobody_was_told_wrong(rows, bank, told)
        crooked.let_the_late_arrive()
        crooked.healed = True
        for seconds in (320, 700, 2000):
            reconcile(seconds)
        with app.app_context():
            broken = [*invariants.money(bank.ledger.entries()), *invariants.numbers(), *invariants.audit_chain()]
        assert not broken, (told, broken)
        ended = {PaymentState.APPROVED, PaymentState.DECLINED, PaymentState.NOT_SENT}
        assert set(states(rows).values()) <= ended, told
        reconcile(0)


def draw(chance: random.Random) -> Plan:
    """What becomes of one sale."""
    questions = [chance.choice([*TWISTS]) for _ in range(chance.randrange(4))]
    arrives = chance.choices(["now", "late", "never"], [6, 2, 2])[0]
    if arrives == "never" and chance.random() < 0.4:
        return Plan(arrives, chance.choice(REFUSED_AT_THE_DOOR), questions)
    return Plan(arrives, chance.choice([*TWISTS]), questions)


def assert_nobody_was_told_wrong(rows, bank, told: str) -> None:
    """At no moment is a charged payment called refused or not sent, or an approved one without its charge."""
    booked = {entry["reference"]: entry["status"] for entry in bank.ledger.entries()["charges"]}
    for number, state in states(rows).items():
        if state is PaymentState.APPROVED:
            assert booked.get(number) == "approved", (number, told)
        if state is PaymentState.DECLINED:
            assert booked.get(number) == "declined", (number, told)
        if state is PaymentState.NOT_SENT:
            assert number not in booked, (number, told)
    assert len(rows(select(Policy))) == sum(state is PaymentState.APPROVED for state in states(rows).values())


@pytest.mark.one_database
def test_each_answer_to_a_charge_says_no_more_than_it_proves(crooked, sell, charge, rows, bank, reconcile):
    sold = {sell(APPROVES): (twist, APPROVES) for twist in TWISTS}
    sold |= {
        sell(DECLINES): (twist, DECLINES) for twist in TWISTS if twist.startswith(("true", "lost", "half", "appr"))
    }
    for number, (twist, _) in sold.items():
        crooked.plans[number] = Plan(charge=twist)
    charge()
    assert_nobody_was_told_wrong(rows, bank, str(sold))
    crooked.healed = True
    reconcile(65)
    outcome = {APPROVES: PaymentState.APPROVED, DECLINES: PaymentState.DECLINED}
    assert states(rows) == {number: outcome[last4] for number, (_, last4) in sold.items()}
    assert len(bank.ledger.entries()["charges"]) == len(sold)


SCRIPT = "<script>alert(1)</script>"


@pytest.mark.one_database
def test_nothing_that_a_bank_writes_is_run_by_a_page_a_mail_or_a_document(app, make, client, bank, rows, charge):
    juana = make.customer()
    listed = [{"code": "BAP", "name": f"Banco {SCRIPT}"}]

    def answer(asked: dict[str, str]) -> tuple[int, object]:
        if "reference" in asked:
            return 201, approved(asked, charge_id=SCRIPT, authorization_code=SCRIPT, message=SCRIPT)
        return 200, {"account_token": "tok", "masked_account": SCRIPT, "bank_name": SCRIPT}

    with odd_bank(charge=answer, question=(200, listed)) as odd:
        app.extensions["bank"] = Bank(odd.url, bank.api_key, PATIENT)
        with app.app_context():
            banking.remember_banks()
        public_id = make.purchase(juana, Stage.TERMS)
        browser = client.sign_in(juana)
        seen = [browser.get(f"/compras/{public_id}/{step}") for step in ("forma-de-pago", "pago")]
        with app.app_context():
            paying.process(public_id, Decimal("72.92"), juana.actor)
        charge()
    seen += [browser.get(path) for path in (f"/compras/{public_id}/resumen", "/seguros", "/comunicaciones")]
    for page in seen:
        assert not page.document.xpath("//script[contains(., 'alert(1)')]"), page.path
    assert any(SCRIPT in page.text for page in seen), "it is shown as what it is: words"
    assert [one.state for one in rows(select(Payment))] == [PaymentState.APPROVED]
    with app.app_context():
        terms = db.session.scalars(select(Policy)).one().issue
        policy = rendering.html_of(kinds.POLICY, rendering.contents_of(kinds.POLICY, terms))
        bodies = [message.html_body for message in db.session.scalars(select(Message))]
    assert not [body for body in (policy, *bodies) if SCRIPT in body]
