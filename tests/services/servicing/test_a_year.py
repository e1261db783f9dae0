"""A year of a policy through its pages, without script, and the sandbox bank: bought, its beneficiaries changed, a
dearer plan and a cheaper one, a claim that blocks, renewed, and the renewal given back. The books agree at its end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain import formats
from portal.domain.calendar import noon
from portal.domain.clock import lima
from portal.domain.payment import PaymentState
from portal.domain.policy import PolicyState
from portal.domain.refund import RefundState
from portal.domain.settlement import LineKind
from portal.models import (
    Claim,
    Message,
    Payment,
    Policy,
    Purchase,
    Refund,
    Settlement,
    SettlementDifference,
    SettlementLine,
)
from portal.models.transaction import writing
from portal.services.operation import integrity
from portal.services.payments import returning, settlement_days
from portal.services.policies import policy as policies
from portal.services.servicing import renewal_notices
from tests.factories import ACCIDENT
from tests.factories.claims import STORY
from tests.services.servicing.lives import Year
from tests.web.wizard import ROSA, at

PEDRO = ROSA | {"nombres": "Pedro", "numero_documento": "71452237", "porcentaje": "100"}


@pytest.fixture
def paid_for(client, make, rows, drain):
    """From "¿Cómo quiere pagar?", or the code that follows it, to what the bank's answer gives."""

    def paid_for(page, *, new_card: bool = False):
        public_id = rows(select(Purchase.public_id).order_by(Purchase.id))[-1]
        if new_card:
            card = {"banco": "BAP", "digitos": "4821", "vence": f"12/{portal_clock.today().year + 2}"}
            page = client.submit(page, card)
        page = client.submit(page, {"codigo": make.code(public_id)}, button="Verificar")
        page = client.submit(page, {"acepta": True})
        client.submit(page, {}, button="Procesar Pago", action=at(public_id, "pago"))
        drain()
        return client.get(at(public_id, "resumen"))

    return paid_for


def test_a_year_from_the_purchase_to_a_renewal_that_is_given_back(
    app, client, call, rows, make, juana, clock_at, drain, paid_for
):
    def day(of_the_year: int, hour: int = 9) -> None:
        clock_at(noon(lima(starts_at).date() + timedelta(days=of_the_year)) + timedelta(hours=hour - 12))
        call(renewal_notices.tell_due)
        client.sign_in(juana)

    def stops(words: str) -> None:
        """What a page of a change says, which can't be sent."""
        for change in ("desvincular", "cambiar-plan", "beneficiarios"):
            shown = client.get(f"/polizas/{number}/{change}")
            assert words in shown.text, change
            assert "Enviar código" not in shown.text

    client.sign_in(juana)
    client.submit(client.get(f"/cotizar/{ACCIDENT}/plan-2"), {"asegurado": "yo"})
    page = client.submit(client.page, {"acepta": True})
    page = client.submit(page, ROSA | {"porcentaje": "100"}, button="Siguiente")
    assert paid_for(page, new_card=True).heading == "Listo, Juana. Su seguro está comprado."
    (policy,) = rows(select(Policy))
    number, starts_at, ends_at = policy.number, policy.starts_at, policy.ends_at

    day(40)
    there = f"/polizas/{number}/beneficiarios"
    client.submit(client.get(there), {}, action=there, button="Cambiar beneficiarios")
    client.submit(client.page, {}, button="Quitar a Rosa Condori Flores")
    client.submit(client.page, PEDRO, button="Siguiente")
    client.submit(client.page, {}, button="Enviar código")
    page = client.submit(client.page, {"codigo": make.newest_code("beneficiaries_code")}, button="Verificar")
    assert "Listo: sus beneficiarios cambiaron" in page.text

    day(119)
    plans = f"/polizas/{number}/cambiar-plan"
    page = client.submit(client.get(f"{plans}?plan=plan-3"), {}, action=plans, button="Elegir cómo pagar")
    assert paid_for(page, new_card=True).heading == "Listo: su póliza pasa al Plan 3"

    day(200)
    client.submit(client.get(f"{plans}?plan=plan-1"), {}, action=plans, button="Enviar código")
    page = client.submit(client.page, {"codigo": make.newest_code("plan_code")}, button="Cambiar de plan")
    assert page.heading == "Listo: su póliza pasa al Plan 1"
    drain()

    day(330)
    client.submit(client.get("/siniestros/nuevo"), {"caso": f"{number}:invalidez-total"})
    told = {"fecha": formats.day(portal_clock.today()), "relato": STORY}
    page = client.submit(client.submit(client.page), told)
    client.submit(client.submit(page, action=page.path), {"acepta": True})
    (claim,) = rows(select(Claim.number))
    stops(claim)
    client.submit(client.get(f"/siniestros/{claim}/retirar"), {})
    drain()

    day(355)
    renew = f"/polizas/{number}/renovar"
    page = client.submit(client.get(renew), {"forma": "cuenta", "acepta": True})
    assert "Su seguro está renovado" in paid_for(page).text
    old, new = rows(select(Policy))
    assert (new.starts_at, new.renews_id, new.is_first_year) == (ends_at, old.id, False)
    assert [one.names for one in new.issue.beneficiaries] == ["Pedro"]
    assert "Ya está renovada" in client.get(renew).text

    day(367)
    assert [one.state_at(portal_clock.now()) for one in (old, new)] == [PolicyState.EXPIRED, PolicyState.ACTIVE]
    leave = f"/polizas/{new.number}/desvincular"
    client.submit(client.get(leave), {}, action=leave, button="Enviar código")
    page = client.submit(client.page, {"codigo": make.newest_code("end_code")}, button="Desvincular")
    assert page.heading == "Su póliza quedó desvinculada"
    drain()
    day(370)
    settle(app, rows)
    old, new = rows(select(Policy))
    assert (old.cancelled_at, old.ends_at, new.state_at(portal_clock.now())) == (None, ends_at, PolicyState.CANCELLED)
    kinds = ["issue", "beneficiary_change", "plan_change", "plan_change"]
    assert [one.kind.value for one in old.endorsements] == kinds
    assert [one.kind.value for one in new.endorsements] == ["issue", "termination"]
    check_the_books(call, rows, juana, number)


def settle(app, rows):
    """The bank tells of the days on which money moved, and of yesterday."""
    moved = {lima(one.resolved_at).date() for one in (*rows(select(Payment)), *rows(select(Refund)))}
    with app.app_context():
        with writing() as session:
            session.add_all([Settlement(day=one) for one in moved | {portal_clock.today() - timedelta(days=1)}])
        settlement_days.keep_up()


def check_the_books(call, rows, juana, number):
    """What was paid and not given back is what the days cost, and the bank's settlement tells of the same money."""
    assert rows(select(Payment.state)) == [PaymentState.APPROVED] * 3
    assert set(rows(select(Refund.state))) == {RefundState.DONE}
    ours = {(LineKind.CHARGE, one.number, one.amount) for one in rows(select(Payment))}
    ours |= {(LineKind.REFUND, one.number, -one.amount) for one in rows(select(Refund))}
    told = rows(select(SettlementLine))
    assert {(one.kind, one.matched, one.amount if one.kind is LineKind.CHARGE else -one.amount) for one in told} == ours
    assert rows(select(SettlementDifference)) == []
    old, _ = rows(select(Policy))
    year = Year(number, old.starts_at, old.ends_at, [(0, "plan-2")], [])
    year.plans += [(year.day_of(one.effective_at), one.plan_code) for one in old.endorsements[2:]]
    assert [plan for _, plan in year.plans] == ["plan-2", "plan-3", "plan-1"]
    kept = call(lambda: returning.kept(policies.get(number, juana.actor)))
    assert kept == year.earned()[0] == sum(amount for _, _, amount in ours)
    assert rows(select(Message).where(Message.kind == "policy_expired")) == [], "it goes on"
    assert call(integrity.prove)
