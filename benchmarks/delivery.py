""" "Procesar Pago" to the mail with the policy's signed PDF, beside the engine alone on the same HTML; and what signing
adds to a document.

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
from portal.services.documents import kinds, signing
from portal.services.printing import rendering
from tests.factories import PASSWORD


def measure(stage: Stage, rounds: int, _seconds: float) -> list[Row]:
    delivered, rendered, ratios, signed = [], [], [], []
    for _ in range(rounds):
        seconds = _deliver(stage)
        cold = _render(stage)
        delivered.append(seconds * 1000)
        rendered.append(cold * 1000)
        ratios.append(seconds / cold)
        signed.append(_signed_to_unsigned(stage))
    return [
        Row("«Procesar Pago» to mail accepted ÷ cold render", ratios, at_most=2.0),
        Row("«Procesar Pago» to mail accepted", delivered, "ms"),
        Row("cold render of the same HTML", rendered, "ms"),
        Row("the policy printed and signed ÷ printed alone", signed, at_most=1.3),
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
    html, _ = _newest(stage)
    began = time.perf_counter()
    pdf.run_engine(pdf.command(), html, pdf.TIMEOUT)
    return time.perf_counter() - began


def _signed_to_unsigned(stage: Stage) -> float:
    html, number = _newest(stage)
    with stage.app.app_context():
        signer = signing.signer()
        began = time.perf_counter()
        printed = pdf.render_pdf(html, title=number, number=number, footer=number)
        middle = time.perf_counter()
        signing.signed(printed, signer)
        return (time.perf_counter() - began) / (middle - began)


def _newest(stage: Stage) -> tuple[str, str]:
    """The HTML of the policy that was sold last, and its number."""
    with stage.app.app_context():
        policy = db.session.scalars(select(Policy).order_by(Policy.id.desc()).limit(1)).one()
        found = rendering.html_of(kinds.POLICY, rendering.contents_of(kinds.POLICY, policy.issue)), policy.number
        db.session.rollback()
    return found
