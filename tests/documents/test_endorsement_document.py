"""The endorsement's PDF: the cancellation of a policy, in writing."""

from datetime import date
from decimal import Decimal

from portal.domain.purchase import PaymentMethod
from tests.documents import samples
from tests.documents.printing import flat, pages, printed, words


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
        samples.TYPED_AT,
        "borrador, pendiente de asesoría legal",
    ):
        assert flat(fact) in text, fact
    assert "Dos solicitudes parecidas" not in text, "what staff wrote is not for the customer"


def test_typed_markup_stays_text() -> None:
    context = samples.endorsement_context()
    typed = samples.person(names="<b>Juana</b> & {{ 7*7 }}")
    context["facts"].quote.holder = context["facts"].quote.insured = typed
    context["holder"] = context["insured"] = typed
    assert flat("<b>Juana</b> & {{ 7*7 }}") in words(printed("endorsement", context))


def test_a_correction_says_what_stood_there_and_what_stands_there_now() -> None:
    context = samples.correction_context(names="Juanna Rosa", birth_date=date(1985, 11, 2))
    made = printed("endorsement", context)
    assert len(pages(made)) == 1
    text = words(made)
    for fact in (
        "Se corrigen los datos de una persona",
        "Juanna Rosa Mamani Condori",
        "Juana Rosa Mamani Condori",
        "02/11/1985",
        "02/11/1984",
        "Lo demás no cambia",
        "MA-2026-000184",
        samples.TYPED_AT,
    ):
        assert flat(fact) in text, fact
    assert "anulada" not in text
    assert "Documento: decía" not in text


def test_other_beneficiaries_stand_there_with_those_they_replace() -> None:
    assert len(pages(printed("endorsement", samples.renaming_context(people=3)))) == 1
    text = words(printed("endorsement", samples.renaming_context(people=3, contingents=2)))
    for fact in (
        "Cambian los beneficiarios",
        "14/09/2026 15:20",
        "Rosa Elvira Condori FloresA",
        "33.34 %",
        "De reemplazo",
        "Antes cobraban: Carmen Condori FloresA (100 %).",
        "se emitió el",
        samples.TYPED_AT,
    ):
        assert flat(fact) in text, fact
    heirs = words(printed("endorsement", samples.renaming_context(people=0, replaced=0)))
    assert flat("Los herederos legales.") in heirs
    assert flat("Antes cobraban: los herederos legales.") in heirs


def test_another_plan_says_since_when_what_it_pays_and_what_goes_back() -> None:
    made = printed("endorsement", samples.plan_change_context())
    assert len(pages(made)) == 1
    text = words(made)
    for fact in (
        "La póliza pasa al Plan 1",
        "14/09/2026",
        "SE DEVUELVE",
        "24.58",
        "por 246 de 365 días",
        "S/ 10,000",
        "No incluye",
        "Hasta ese mediodía vale el Plan 2",
    ):
        assert flat(fact) in text, fact
    assert flat("a la cuenta con la que se pagó") in text
    assert flat("DIFERENCIA PAGADA") in words(printed("endorsement", samples.plan_change_context("plan-3")))


def test_another_plan_gives_back_what_was_kept_and_where_it_was_paid() -> None:
    context = samples.plan_change_context(refund=Decimal("9.10"), method=PaymentMethod.CASH)
    text = words(printed("endorsement", context))
    assert flat("9.10") in text
    assert "24.58" not in text
    assert flat("en efectivo, en una agencia") in text


def test_what_undoes_another_plan_promises_nothing_of_it() -> None:
    text = words(printed("endorsement", samples.plan_change_context("plan-1", is_undone=True)))
    assert flat("El cambio al Plan 2 no vale") in text
    assert flat("Hasta ese mediodía vale") not in text
    assert flat("plan nuevo") not in text
