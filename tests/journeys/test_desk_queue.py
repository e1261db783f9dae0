"""The staff's desk in a browser: a payment that two people end, and the queue seen from its two sides."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from sqlalchemy import select, update

from portal.domain.message import MessageState
from portal.extensions import db
from portal.models import Message, OutboxRow, OutboxState, Payment, Purchase
from portal.models.transaction import writing
from portal.services.payments import charging, settling
from portal.services.sale import paying, purchasing
from tests import processes
from tests.factories import Someone
from tests.failed_jobs import failed_job
from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal
from tests.pages.account import Access
from tests.pages.inspection import problems
from tests.pages.visitor import Visitor


def at_the_desk(portal: Portal, visitor: Visitor, someone: Someone, path: str) -> Visitor:
    access = Access(visitor)
    access.sign_in(someone.username, someone.password, path)
    access.pass_second_step(portal.make.app_code(someone))
    return visitor


def payment_in_review(portal: Portal, customer: Someone) -> tuple[str, str]:
    """The public id and the payment's number of a purchase whose bank was silent for a day; in truth it charged."""
    public_id = portal.ready_to_pay(customer, "0022")
    with portal.app.app_context():
        paying.process(public_id, purchasing.get(public_id, customer.actor).amount, customer.actor)
    processes.until(lambda: portal.payments(public_id)[0][1] == "unknown", "an answer that says nothing")
    with portal.app.app_context():
        payment = db.session.scalars(select(Payment).join(Purchase).where(Purchase.public_id == public_id)).one()
        settling.review(charging.CHARGE, payment.id)
        return public_id, payment.number


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_two_people_end_a_payment_that_the_bank_left_open(
    portal: Portal, visitors: Visitors, size: tuple[int, int]
) -> None:
    customer, carla, jorge = portal.make.customer(), portal.make.collaborator(), portal.make.supervisor()
    public_id, number = payment_in_review(portal, customer)
    (charge,) = portal.charges(number)

    theirs = visitors(portal, size)
    Access(theirs).sign_in(customer.username, customer.password, f"/compras/{public_id}")
    theirs.sees("Una persona confirma su pago con su banco")
    assert not problems(theirs)
    portal.letters.wait(customer.email, "lo revisa una persona")

    first = at_the_desk(portal, visitors(portal, size), carla, "/gestion")
    expect(first.main).to_contain_text("por confirmar")
    assert not problems(first)
    first.go("/gestion/pagos")
    assert not problems(first)
    first.follow(number)
    first.press("Proponer este resultado")
    expect(first.mistakes).to_contain_text("Elija lo que dijo el banco.")
    first.page.get_by_label("El banco sí cobró").check()
    first.write(referencia=charge["charge_id"], explicacion="Mesa de comercios, sra. Paredes, por teléfono")
    assert not problems(first)
    first.press("Proponer este resultado")
    expect(first.notices).to_contain_text("Falta que lo confirme un supervisor")
    assert portal.policies(public_id) == []

    second = at_the_desk(portal, visitors(portal, size), jorge, f"/gestion/pagos/{number}")
    expect(second.main).to_contain_text("sra. Paredes")
    assert not problems(second)
    second.press("Confirmar y cerrar el pago")
    expect(second.notices).to_contain_text("avisamos al cliente")
    (policy,) = portal.policies(public_id)
    portal.letters.wait(customer.email, policy)
    assert len(portal.charges(number)) == 1
    theirs.go(f"/compras/{public_id}")
    expect(theirs.main).to_contain_text(policy)


def closes_its_menu(visitor: Visitor) -> None:
    """The phone's menu, by Esc and by a press beside it: its button has the focus then."""
    menu = visitor.page.locator(".desk-menu-m")
    button = menu.locator("summary")
    for close in (lambda: visitor.page.keyboard.press("Escape"), lambda: visitor.main.locator("h1").click()):
        button.click()
        expect(menu).to_have_attribute("open", "")
        close()
        expect(menu).not_to_have_attribute("open", "")
        expect(button).to_be_focused()


def asks_by_itself(visitor: Visitor, at: Locator) -> None:
    """The page asks again without a press, but not while somebody is `at` something in it."""
    visitor.page.clock.install()
    visitor.go("/gestion/cola")
    visitor.is_settled()
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url) if "x-by-itself" in request.headers else None)
    at.focus()
    visitor.page.clock.fast_forward(25_000)
    expect(at).to_be_focused()
    assert not asked
    at.blur()
    with visitor.page.expect_response(lambda answer: answer.url.endswith("/gestion/cola")):
        visitor.page.clock.fast_forward(25_000)
    visitor.is_settled()
    assert asked


def test_a_mail_that_was_given_up_is_sent_again_by_its_button(portal: Portal, visitors: Visitors) -> None:
    """Beside it on the page: the mail of the purchase's code, which cannot be sent again, and says so."""
    customer = portal.make.customer()
    (policy,) = portal.policies(portal.bought(customer))
    with portal.app.app_context(), writing() as session:
        mails = session.scalars(select(Message.id).where(Message.account_id == customer.account_id)).all()
        session.execute(update(Message).where(Message.id.in_(mails)).values(state=MessageState.FAILED))
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.dedupe_key.in_([f"mail:{mail}" for mail in mails]))
            .values(state=OutboxState.FAILED, last_error="recipient refused: 550")
        )
    carla = at_the_desk(portal, visitors(portal), portal.make.collaborator(), "/gestion/cola")
    expect(carla.main).to_contain_text("La dirección de correo no existe o no recibe mensajes.")
    expect(carla.main).to_contain_text("Su código ya se borró")
    for size in (DESKTOP, PHONE):
        carla.page.set_viewport_size({"width": size[0], "height": size[1]})
        assert not problems(carla)
    closes_its_menu(carla)
    asks_by_itself(carla, at=carla.main.get_by_role("button", name=policy).first)
    carla.main.get_by_role("button", name=f"Reintentar Correo: Su póliza {policy}").click()
    expect(carla.notices).to_contain_text("Lo intentamos otra vez")
    assert policy in portal.letters.wait(customer.email, policy).header("Subject")


def test_a_supervisor_requeues_a_failed_job_on_the_dashboard(portal: Portal, visitors: Visitors) -> None:
    """The policy of the page is kept: a violation would be a fault of the visitor's."""
    assert portal.bell is not None
    job = failed_job(portal.bell, "reports")
    boss = at_the_desk(portal, visitors(portal, DESKTOP), portal.make.supervisor(), "/gestion/cola")
    boss.follow("Ver la cola técnica (RQ)", exact=False)
    row = boss.page.locator("tr[data-role=queue]", has_text="reports")
    row.locator("td.failed a").first.click()  # as soon as the page has asked for its queues
    expect(boss.page.locator("tr[data-role=job]")).to_contain_text("no_such_job")
    with boss.page.expect_response(lambda answer: answer.url.endswith("/requeue")) as answer:
        boss.page.get_by_role("link", name="Requeue", exact=True).click()
    assert answer.value.status == 200
    assert Job.fetch(job.id, connection=portal.bell, serializer=JSONSerializer).get_status() is JobStatus.QUEUED
    boss.page.get_by_role("link", name="Volver a la cola de trabajo").click()
    boss.sees("Cola de trabajo")
