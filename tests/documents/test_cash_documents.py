"""What is printed at the counter: the receipt, the receipt of money to give back, and the endorsement that annuls."""

import pytest

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


def test_the_endorsement_says_since_when_why_and_what_to_do() -> None:
    made = printed("endorsement", samples.endorsement_context())
    assert len(pages(made)) == 1
    text = words(made)
    for fact in (
        "MA-2026-000184",
        "18/05/2026 16:05",
        "Se registró en la solicitud de otra persona",
        "RC-2026-000041",
        "la póliza no protege",
        "sigue cubierto",
        samples.VERIFY_URL,
        "borrador, pendiente de asesoría legal",
    ):
        assert flat(fact) in text, fact
    assert "Dos solicitudes parecidas" not in text, "what staff wrote is not for the customer"


@pytest.mark.parametrize("kind", ["receipt", "endorsement"])
def test_typed_markup_stays_text(kind: str) -> None:
    context = samples.receipt_context() if kind == "receipt" else samples.endorsement_context()
    typed = samples.person(names="<b>Juana</b> & {{ 7*7 }}")
    context["facts"].quote.holder = context["facts"].quote.insured = typed
    if kind == "endorsement":
        context["policy"].holder = context["policy"].insured = typed
    assert flat("<b>Juana</b> & {{ 7*7 }}") in words(printed(kind, context))
