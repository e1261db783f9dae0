""" "Procesar Pago" to the mail with the policy's PDF, beside the engine alone on the same HTML.

From the press of the button until SMTP has accepted the mail; the bank answers at once. The engine is run cold, by the
portal's own command line and environment, on the HTML of the policy just sold.
"""

from __future__ import annotations

import time

from sqlalchemy import select

from benchmarks import journey
from benchmarks.browser import Browser
from benchmarks.stage import Stage
from benchmarks.table import Row
from portal.extensions import db
from portal.integrations import pdf
from portal.models import Policy
from portal.services.documents import kinds
from portal.services.printing import rendering
from tests.factories import PASSWORD


def measure(stage: Stage, rounds: int, _seconds: float) -> list[Row]:
    delivered, rendered, ratios = [], [], []
    for _ in range(rounds):
        seconds = _deliver(stage)
        cold = _render(stage)
        delivered.append(seconds * 1000)
        rendered.append(cold * 1000)
        ratios.append(seconds / cold)
    return [
        Row("«Procesar Pago» to mail accepted ÷ cold render", ratios, at_most=2.0),
        Row("«Procesar Pago» to mail accepted", delivered, "ms"),
        Row("cold render of the same HTML", rendered, "ms"),
    ]


def _deliver(stage: Stage) -> float:
    someone = stage.customer()
    browser = Browser(stage.portal.url)
    journey.sign_in(browser, someone.username, PASSWORD)

    def mail() -> str:
        return stage.post.next_text(someone.email)

    purchase = journey.up_to_payment(browser, mail)
    began = time.perf_counter()
    journey.pay(browser, purchase)
    accepted, message = stage.post.next(someone.email)
    assert any(part.get_content_type() == "application/pdf" for part in message.iter_attachments())
    return accepted - began


def _render(stage: Stage) -> float:
    with stage.app.app_context():
        newest = db.session.scalars(select(Policy).order_by(Policy.id.desc()).limit(1)).one()
        html = rendering.html_of(kinds.POLICY, rendering.contents_of(kinds.POLICY, newest.issue))
        db.session.rollback()
    began = time.perf_counter()
    pdf.run_engine(pdf.command(html), html, pdf.TIMEOUT)
    return time.perf_counter() - began
