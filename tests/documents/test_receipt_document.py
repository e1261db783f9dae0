"""The receipt's PDF: what was paid at the counter, or what is to be given back there."""

from tests.documents import samples
from tests.documents.printing import flat, pages, printed, words

LIMA = samples.agency("LIM-1")


def test_a_receipt_names_amount_policy_people_and_both_agencies() -> None:
    made = printed("receipt", samples.receipt_context(chosen=LIMA))
    assert len(pages(made)) == 1
    for fact in (
        "RC-2026-000041",
        "72.92",
        "Prima neta S/ 61.80 + IGV (18 %) S/ 11.12",
        "MA-2026-000184",
        "18/05/2026 10:42",
        "SP-2026-000519",
        samples.agency().name,
        f"La solicitud nombraba {LIMA.name}",
        "Lo registró Carla Ríos",
        "DNI 09876543",
        "Microseguro de Muerte Accidental, Plan 2",
    ):
        assert flat(fact) in words(made), fact


def test_a_receipt_of_the_chosen_agency_names_it_once() -> None:
    assert "La solicitud nombraba" not in words(printed("receipt", samples.receipt_context()))


def test_a_receipt_of_money_to_give_back_says_why_where_and_how() -> None:
    made = printed("receipt", samples.receipt_context(issues=False))
    assert len(pages(made)) == 1
    text = words(made)
    for fact in ("dinero por devolver", "no compró el seguro porque", "DV-2026-000007", samples.agency().name, "72.92"):
        assert flat(fact) in text, fact
    assert "MA-2026" not in text


def test_typed_markup_stays_text() -> None:
    context = samples.receipt_context()
    context["facts"].quote.holder = context["facts"].quote.insured = samples.person(names="<b>Juana</b> & {{ 7*7 }}")
    assert flat("<b>Juana</b> & {{ 7*7 }}") in words(printed("receipt", context))
