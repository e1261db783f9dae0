"""What single mails must say, and what they must not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.services.messaging.mails.servicing import BegunAtDesk
from tests.documents import samples
from tests.documents.samples import BASE_URL, CANCER, HOSPITAL, PRODUCTS
from tests.emails.mails import letter, parts, plain, written
from tests.emails.samples import POLICIES, left_mail, plan_mail, policy_mail, quote_mail, renamed_mail


def test_a_password_never_travels_with_a_link() -> None:
    found = letter("credentials")
    for part in (found.subject, found.text, found.html):
        assert "http" not in part.replace("http-equiv", "")
        assert "<a " not in part


def test_the_account_code_comes_with_its_link_and_how_long_it_lives() -> None:
    found = letter("account_code")
    for part in parts(found):
        assert f"{BASE_URL}/activar/" in part
        assert "hasta las 10:42" in part
        assert "¿Usted no pidió abrir una cuenta?" in part


def test_a_recovery_says_the_user_name_and_carries_its_link_and_no_password() -> None:
    found = letter("recovery")
    for part in parts(found):
        for fact in ("jmamani4821", f"{BASE_URL}/recuperar/", "hasta las 10:42", "¿Usted no lo pidió?"):
            assert fact in part, fact


def test_a_change_of_address_says_what_to_do_if_it_was_somebody_else() -> None:
    for part in parts(letter("email_changed")):
        assert "j•••@correo.example" in part
        assert "¿No fue usted? Llame ahora al (01)" in part.replace("\xa0", " ")


def test_the_purchase_code_names_what_it_authorises() -> None:
    found = letter("purchase_code")
    for part in parts(found):
        for fact in (
            "Compra de un seguro",
            "C-2026-000731",
            "Microseguro de Muerte Accidental",
            "Plan 2",
            "Juana Rosa Mamani Condori",
            "Cargo a Cuenta",
            "S/ 72.92",
            "hasta las 10:42",
            "¿No fue usted?",
        ):
            assert fact in part, fact


@pytest.mark.parametrize("slug", PRODUCTS)
def test_the_policy_can_be_read_in_the_message_itself(slug: str) -> None:
    product = samples.product(slug)
    found = written(policy_mail(slug, "plan-3"))
    for part in parts(found):
        for coverage, benefit in product.covered_by(product.plan("plan-3")):
            assert coverage.name in part
            assert f"S/ {benefit.amount:,.0f}" in part
        for fact in (
            f"{product.code}-2026-000184",
            product.name,
            "Plan 3",
            "18/05/2026",
            "18/05/2027",
            "12:00 m.",
            "Juana Rosa Mamani Condori",
            *product.does_not_pay,
            f"S/ {product.plan('plan-3').total:,.2f}",
            "Cómo pedir el pago",
            product.insurer.name,
            product.insurer.ruc,
            product.insurer.sbs_code,
            "Las coberturas son responsabilidad de la aseguradora",
            "Cuénteselo a su",
            product.draft_notice,
            f"Tiene {product.withdrawal_days} días desde que recibe su póliza",
            f"{BASE_URL}/verificar/",
            f"{BASE_URL}/verificar con el código K7MT-X9QP",
        ):
            assert plain(fact) in part, fact


def test_the_quote_mail_says_that_its_words_are_a_draft() -> None:
    for part in parts(written(quote_mail())):
        assert "borrador, pendiente de asesoría legal" in part


def test_the_policy_mail_says_who_is_paid() -> None:
    for part in parts(written(POLICIES["replacements"]())):
        for fact in (
            "Rosa Elvira Condori FloresA",
            "33.34 %",
            "Esposo(a) o conviviente",
            "Cobra en su nombre: Teresa",
            "50 %",
        ):
            assert fact in part
        assert part.index("FloresC") < part.index("De reemplazo") < part.index("FloresD")
    for part in parts(written(POLICIES["nobody"]())):
        assert "herederos legales de la persona asegurada" in part
    for part in parts(written(POLICIES["not on death"]())):
        assert "Cobra la persona asegurada: Juana Rosa Mamani Condori." in part
        assert "herederos" not in part
    for part in parts(written(POLICIES["funeral"]())):
        assert "Cobra quien pagó los gastos y muestra las boletas o facturas a su nombre." in part
        assert "herederos" not in part


def test_the_waiting_is_said_in_days_when_quoted_and_with_its_date_when_sold() -> None:
    event = "no se paga el cáncer que se diagnostique"
    for part in parts(written(quote_mail(CANCER))):
        assert f"{event} en los primeros 90 días." in part
    for part in parts(written(POLICIES["cancer"]())):
        assert f"{event} antes del mediodía del 16/08/2026." in part
    for part in parts(written(POLICIES["two"]())):
        assert "espera" not in part


def test_a_refusal_says_why_that_nothing_was_charged_and_what_to_do() -> None:
    for part in parts(letter("payment_refused")):
        for fact in ("saldo insuficiente. No se descontó nada.", "Pague en efectivo", "SP-2026-000518", "S/ 72.92"):
            assert fact in part
    assert f"{BASE_URL}/compras/a1b2c3d4e5f60718" in letter("payment_refused").html


def test_a_payment_being_confirmed_asks_not_to_pay_again() -> None:
    assert "no pague otra vez" in letter("payment_confirming").subject
    for part in parts(letter("payment_confirming")):
        assert "No pague otra vez" in part


def test_a_payment_in_review_says_until_when_its_customer_hears() -> None:
    for part in parts(letter("payment_in_review")):
        assert "a más tardar el 24/05/2026" in part
        assert "No pague otra vez" in part


def test_a_charge_never_sent_leads_back_to_the_payment_method() -> None:
    for part in (letter("payment_not_sent").text, letter("payment_not_sent").html):
        assert f"{BASE_URL}/compras/a1b2c3d4e5f60718/forma-de-pago" in part


def test_the_quote_carries_its_price_and_validity() -> None:
    for part in parts(letter("quote")):
        for fact in (
            "C-2026-000731",
            "S/ 61.80",
            "S/ 11.12",
            "S/ 72.92",
            "02/06/2026 23:59",
            "Todavía no le cobramos nada",
        ):
            assert fact in part


def test_the_mail_of_an_end_says_what_is_covered_and_where_the_money_is() -> None:
    for part in parts(written(left_mail())):
        assert "14/09/2026, al mediodía" in part
        assert "S/ 49.15" in part
        assert "a la cuenta con la que pagó" in part
    for part in parts(written(left_mail(in_cash=True, until=None))):
        assert "No llegó a empezar" in part
        assert "con su documento y su celular" in part
    for part in parts(written(left_mail(kept=Decimal(0)))):
        assert "Esta vez no hay dinero que devolver" in part
    for mail in (left_mail(both=True), plan_mail(both=True)):
        for part in parts(written(mail)):
            assert "a la cuenta con la que pagó" in part, "one part by the bank"
            assert "con su documento y su celular" in part, "the other in cash"


def test_the_mail_of_other_beneficiaries_says_since_when_and_who() -> None:
    for part in parts(written(renamed_mail())):
        for fact in ("14/09/2026", "15:20", "Rosa Elvira Condori FloresA", "50 %", "Endoso 1"):
            assert plain(fact) in part, fact
    for part in parts(written(renamed_mail(people=0))):
        assert "herederos legales" in part


def test_the_mail_of_another_plan_names_beneficiaries_only_where_there_are_some() -> None:
    mail = plan_mail()
    for one, there in ((mail, True), (replace(mail, product=samples.product(HOSPITAL)), False)):
        for part in parts(written(one)):
            assert ("Sus beneficiarios" in part) is there
    assert mail.kind in left_mail().ends
    assert BegunAtDesk.kind in mail.ends
