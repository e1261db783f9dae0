"""The receipt of a claim as PDF: what was registered, and what was still to come."""

import re

from tests.documents import samples
from tests.documents.printing import flat, pages, printed, words


def test_it_says_number_day_people_account_and_how_each_paper_stood() -> None:
    made = printed("claim_receipt", samples.claim_receipt_context())
    assert len(pages(made)) == 1
    for fact in (
        "SIN-2026-000058",
        "18/08/2026 16:20",
        "04/08/2026",
        "Renta diaria por hospitalización",
        "Juana Rosa Mamani Condori",
        "DNI 09876543",
        "Tuve fiebre y me faltaba el aire",
        "DNI de la persona asegurada Recibido",
        "Epicrisis o informe de alta Falta",
        "Todavía no dice si se paga",
    ):
        assert flat(fact) in words(made), fact


def test_no_line_ends_within_a_number() -> None:
    sheet = pages(printed("claim_receipt", samples.claim_receipt_context(story="Avisé con el AV-2026-000012. " * 40)))[
        0
    ]
    assert len(re.findall(r"\bSIN-2026-000058\b", sheet)) == 2
    assert sheet.count("AV-2026-000012") == 40


def test_typed_markup_stays_text() -> None:
    made = printed("claim_receipt", samples.claim_receipt_context(story="<b>Fiebre</b> & {{ 7*7 }}"))
    assert flat("<b>Fiebre</b> & {{ 7*7 }}") in words(made)


def test_a_long_account_goes_on_on_another_sheet() -> None:
    made = printed("claim_receipt", samples.claim_receipt_context(story="Me internaron y no podía respirar. " * 57))
    assert words(made).count("Me internaron y no podía respirar.") == 57
