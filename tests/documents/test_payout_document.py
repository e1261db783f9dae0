"""The PDF of cash to collect: all that is needed at the agency, on one sheet, without the internet."""

from decimal import Decimal

from portal.models import PolicyChange
from tests.documents import samples
from tests.documents.printing import flat, pages, printed, words

LONG = "Wilhelmina Encarnación de los Ángeles Montalvo-Fernández Quispe de la Cruz y Huamán Cárdenas viuda de Ccori"


def test_it_says_what_to_collect_where_until_when_and_with_what() -> None:
    text = words(printed("payout", samples.payout_context()))
    for fact in (
        "PG-2026-000031",
        "SIN-2026-000012",
        "1,150.00",
        "Agencia Cusco Centro",
        "Av. El Sol 457, Cusco",
        "17/06/2026 18:00",
        "Rosa Elvira Condori Flores",
        "DNI 45678912",
        "documento de identidad",
        "Nadie más puede cobrarlo",
    ):
        assert flat(fact) in text, fact


def test_it_is_one_sheet_however_long_the_name() -> None:
    assert len(pages(printed("payout", samples.payout_context(payee_name=LONG)))) == 1


def test_an_end_by_payment_says_so_and_speaks_of_no_receipt() -> None:
    context = samples.endorsement_context() | {"part": "benefit_paid", "facts": None}
    text = words(printed("endorsement", context))
    assert flat("La póliza terminó") in text
    assert flat("sigue cubierto") in text
    assert flat("recibo") not in text
    assert flat("Se devuelve") not in text
    given = words(printed("endorsement", context | {"change": PolicyChange(refund=Decimal("36.07"))}))
    assert flat("Se devuelven S/ 36.07") in given
