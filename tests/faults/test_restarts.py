"""A deploy in mid-purchase: every process ends, or is killed, and others take its place. Everybody goes on."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Policy
from tests.factories import Stage
from tests.faults.buyers import Buyer, form_of
from tests.faults.ensemble import Ensemble
from tests.faults.invariants import assert_all_hold
from tests.processes import PATIENCE, until

STAGES = [Stage.STARTED, Stage.BENEFICIARIES, Stage.METHOD, Stage.VERIFICATION, Stage.TERMS]
PAYING, LOOKING = 4, 20


def policies(portal: Ensemble) -> int:
    with portal.app.app_context():
        return len(db.session.scalars(select(Policy.id)).all())


def buyers(portal: Ensemble) -> list[Buyer]:
    """Somebody at each stage of a purchase."""
    found = []
    for stage in STAGES:
        somebody = portal.make.customer()
        found.append(Buyer(portal, somebody, portal.make.purchase(somebody, stage)))
    return found


@pytest.mark.one_database
@pytest.mark.parametrize("kindly", [True, False], ids=["told to end", "killed"])
def test_every_open_purchase_goes_on_to_its_policy_after_a_restart(portal, kindly):
    portal.start()
    before = policies(portal)
    everybody = buyers(portal)
    for buyer in everybody:
        buyer.sign_in()
        assert buyer.get(f"/compras/{buyer.public_id}").status_code == 200
    if kindly:
        assert set(portal.end_all().values()) == {0}
    else:
        portal.kill_all()
    portal.start()
    with ThreadPoolExecutor(len(everybody)) as pool:
        deadline = time.monotonic() + PATIENCE
        arrived = list(pool.map(lambda buyer: buyer.buy(deadline=deadline), everybody))
    assert arrived == [True] * len(STAGES)
    assert not any("ingresar" in buyer.seen for buyer in everybody)
    assert policies(portal) == before + len(STAGES)
    until(lambda: not portal.owed(), "all is delivered")
    assert_all_hold(portal.app, portal.bank.ledger.entries(), portal.mailbox.mails())
    portal.kill_all()
    for buyer in everybody:
        buyer.close()


@pytest.mark.one_database
def test_a_web_server_told_to_end_answers_every_request_that_it_has(portal):
    """Payments that it makes itself, as there is no queue, at a bank that takes a second; meanwhile pages are asked."""
    portal.redis.stop()
    portal.start("web-0")
    somebody = [portal.make.customer() for _ in range(PAYING)]
    paying = [Buyer(portal, one, portal.make.purchase(one, Stage.TERMS, last4="0020")) for one in somebody]
    forms = [form_of(buyer.get(f"/compras/{buyer.public_id}/pago")) for buyer in paying]
    before = policies(portal)

    def pay(number: int) -> int:
        return paying[number].post(f"/compras/{paying[number].public_id}/pago", forms[number] or {}).status_code

    def look(number: int) -> int:
        time.sleep(number / LOOKING)
        return httpx.get(f"{portal.urls[0]}/ingresar", timeout=PATIENCE, trust_env=False).status_code

    with ThreadPoolExecutor(PAYING + LOOKING) as pool:
        payments = [pool.submit(pay, number) for number in range(PAYING)]
        pages = [pool.submit(look, number) for number in range(LOOKING)]
        until(lambda: len(portal.bank.ledger.entries()["charges"]) >= before + PAYING, "the bank charges")
        assert portal.parts["web-0"].end() == 0
        portal.start("web-0")
        assert [one.result() for one in payments] == [303] * PAYING
        assert [one.result() for one in pages] == [200] * LOOKING
    assert policies(portal) == before + PAYING
    portal.kill_all()
    portal.redis.start()
    for buyer in paying:
        buyer.close()
