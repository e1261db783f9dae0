"""Quotes: whoever asks, the server decides what they say, and one form makes one quote."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from portal.domain import clock as portal_clock
from portal.domain.catalogue import Exclusion, Product
from portal.domain.clock import lima
from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import DocumentType, Identity
from portal.domain.quote import QuoteState
from portal.models import AuditEntry, Consent, Counter, Document, OutboxRow, Person, Quote
from portal.services.catalogue import offers
from portal.services.sale import quoting
from portal.services.sale.quoting import OtherInsured, QuoteRequest
from tests.factories import ACCIDENT, HOSPITAL
from tests.services.at_once import at_once

MINE = QuoteRequest("form-of-the-test", ACCIDENT, "plan-2", insured=None, chosen_start=None)
MOTHER = OtherInsured(
    Identity(DocumentType.DNI, "09876543"), "Rosa", "Condori", "Quispe", date(1970, 3, 14), agrees=True
)


@pytest.fixture
def accident(call) -> Product:
    return call(offers.offer_on_sale, ACCIDENT).product


def test_a_quote_says_the_amounts_of_its_plan(call, juana):
    quote = call(quoting.accept, MINE, juana.actor)
    assert (quote.premium_total, quote.premium_net, quote.premium_igv) == (
        Decimal("72.92"),
        Decimal("61.80"),
        Decimal("11.12"),
    )
    assert quote.number == f"COT-{portal_clock.today().year}-000001"
    assert quote.state is QuoteState.VALID


def test_a_quote_is_valid_to_the_end_of_its_fifteenth_day(call, juana, clock):
    quote = call(quoting.accept, MINE, juana.actor)
    last = lima(quote.valid_until)
    assert last.date() == portal_clock.today() + timedelta(days=15)
    assert f"{last:%H:%M:%S}" == "23:59:59"
    clock(days=15)
    assert quote.state_on(portal_clock.now()) is QuoteState.VALID
    clock(days=16)
    assert quote.state_on(portal_clock.now()) is QuoteState.EXPIRED


def test_the_same_form_sent_twice_makes_one_quote(call, rows, juana):
    first = call(quoting.accept, MINE, juana.actor)
    second = call(quoting.accept, replace(MINE, plan_code="plan-3"), juana.actor)
    assert second.id == first.id
    assert len(rows(select(Quote))) == len(rows(select(AuditEntry))) == 1


def test_the_same_form_sent_again_when_it_would_be_refused_by_now_still_leads_to_its_quote(call, juana):
    first = call(quoting.accept, MINE, juana.actor)
    again = call(quoting.accept, replace(MINE, chosen_start=portal_clock.today()), juana.actor)
    assert again.number == first.number


def test_the_same_form_sent_by_many_at_once_makes_one_quote_and_takes_one_number(app, rows, juana):
    given = at_once(app, 12, lambda _: quoting.accept(MINE, juana.actor).number)
    assert set(given) == {quote.number for quote in rows(select(Quote))}
    assert len(rows(select(Quote))) == 1
    assert rows(select(Counter.value).where(Counter.name.like("COT-%"))) == [1]


def test_the_same_token_of_another_customer_is_another_form(call, rows, juana, make):
    call(quoting.accept, MINE, juana.actor)
    call(quoting.accept, MINE, make.customer().actor)
    assert len(rows(select(Quote))) == 2


def test_different_forms_at_once_get_numbers_without_gaps(app, rows, juana):
    at_once(app, 12, lambda number: quoting.accept(replace(MINE, token=f"form-{number}"), juana.actor))
    numbers = sorted(int(number[-6:]) for number in rows(select(Quote.number)))
    assert numbers == list(range(1, 13))


@pytest.mark.parametrize(("slug", "plan"), [("no-such", "plan-2"), (ACCIDENT, "plan-9"), ("", "")])
def test_what_is_not_on_sale_is_not_quoted(call, rows, juana, slug, plan):
    with pytest.raises(NotFound):
        call(quoting.accept, replace(MINE, slug=slug, plan_code=plan), juana.actor)
    assert not rows(select(Quote))


def test_nobody_reads_or_mails_the_quote_of_another(call, juana, make):
    number = make.quote(juana)
    other = make.customer().actor
    for use_case in (quoting.get, quoting.send_by_mail):
        with pytest.raises(NotFound):
            call(use_case, number, other)


def born(years: int, on: date) -> date:
    """Somebody who becomes `years` old on that day."""
    return on.replace(year=on.year - years, day=28 if (on.month, on.day) == (2, 29) else on.day)


def test_age_is_judged_on_the_latest_start_that_the_quote_allows(call, rows, make, accident):
    latest = portal_clock.today() + timedelta(days=16)
    just_in = make.customer(birth_date=born(accident.max_age + 1, latest) + timedelta(days=1))
    call(quoting.accept, MINE, just_in.actor)
    too_old = make.customer(birth_date=born(accident.max_age + 1, latest))
    with pytest.raises(DomainError, match=f"la edad sería {accident.max_age + 1}") as refused:
        call(quoting.accept, MINE, too_old.actor)
    assert refused.value.field == "asegurado"
    assert len(rows(select(Quote))) == 1


def test_a_later_start_that_makes_the_insured_too_old_is_refused(call, make, accident):
    today = portal_clock.today()
    soon_too_old = make.customer(birth_date=born(accident.max_age + 1, today + timedelta(days=25)))
    call(quoting.accept, MINE, soon_too_old.actor)
    with pytest.raises(DomainError, match="la edad sería"):
        call(
            quoting.accept,
            replace(MINE, token="later", chosen_start=today + timedelta(days=30)),
            soon_too_old.actor,
        )


def test_another_insured_is_judged_by_their_own_age(call, juana, accident):
    child = replace(MOTHER, birth_date=born(accident.min_age - 2, portal_clock.today()))
    with pytest.raises(DomainError, match=f"de {accident.min_age} a {accident.max_age} años") as refused:
        call(quoting.accept, replace(MINE, insured=child), juana.actor)
    assert refused.value.field == "fecha_nacimiento"


@pytest.mark.parametrize("days", [1, 30])
def test_cover_may_begin_from_tomorrow_to_thirty_days_ahead(call, juana, days):
    chosen = portal_clock.today() + timedelta(days=days)
    assert call(quoting.accept, replace(MINE, chosen_start=chosen), juana.actor).chosen_start == chosen


@pytest.mark.parametrize("days", [-1, 0, 31])
def test_and_on_no_other_day(call, rows, juana, days):
    with pytest.raises(DomainError) as refused:
        call(
            quoting.accept,
            replace(MINE, chosen_start=portal_clock.today() + timedelta(days=days)),
            juana.actor,
        )
    assert refused.value.field == "inicio"
    assert not rows(select(Quote))


def test_another_insured_is_a_person_of_their_own_with_the_holders_declaration(call, rows, juana):
    quote = call(quoting.accept, replace(MINE, insured=MOTHER), juana.actor)
    (quote,) = rows(select(Quote).where(Quote.id == quote.id))
    assert quote.insured.identity == MOTHER.identity
    assert quote.holder.identity == juana.identity
    assert not quote.holder_is_insured
    (declared,) = rows(select(Consent))
    text = offers.texts()["declaracion-asegurado"]
    assert (declared.text_key, declared.text_version, declared.text_sha256) == (text.key, text.version, text.sha256)
    assert (declared.quote_id, declared.account_id, declared.granted) == (quote.id, juana.account_id, True)
    assert (declared.ip, declared.device) == (juana.actor.ip, juana.actor.device)


def test_quoting_for_oneself_declares_nothing(call, rows, juana):
    call(quoting.accept, MINE, juana.actor)
    assert not rows(select(Consent))


def test_without_the_declaration_nothing_is_quoted(call, rows, juana):
    people = rows(select(func.count()).select_from(Person))
    with pytest.raises(DomainError) as refused:
        call(quoting.accept, replace(MINE, insured=replace(MOTHER, agrees=False)), juana.actor)
    assert refused.value.field == "acepta_asegurado"
    assert not rows(select(Quote))
    assert rows(select(func.count()).select_from(Person)) == people


def test_ones_own_document_is_no_other_insured(call, juana):
    with pytest.raises(DomainError, match="su propio documento") as refused:
        call(quoting.accept, replace(MINE, insured=replace(MOTHER, identity=juana.identity)), juana.actor)
    assert refused.value.field == "numero_documento"


def test_an_insured_who_is_not_born_is_refused_at_the_birth_date(call, juana):
    unborn = replace(MOTHER, birth_date=portal_clock.today() + timedelta(days=1))
    with pytest.raises(DomainError) as refused:
        call(quoting.accept, replace(MINE, insured=unborn), juana.actor)
    assert refused.value.field == "fecha_nacimiento"


def test_a_refused_quote_takes_no_number(call, rows, juana):
    with pytest.raises(DomainError):
        call(quoting.accept, replace(MINE, insured=replace(MOTHER, agrees=False)), juana.actor)
    assert not rows(select(Counter))
    assert call(quoting.accept, MINE, juana.actor).number.endswith("-000001")


def test_a_newer_version_leaves_a_quote_as_it_was_and_says_what_changed(call, juana, app):
    quote = call(quoting.accept, MINE, juana.actor)
    with app.app_context():
        product, plan = offers.plan_of(quote)
        dearer = replace(plan, total=Decimal("80.00"))
        assert not quoting.changes_since(quote, product, plan)
        assert quoting.changes_since(quote, product, dearer).price == (Decimal("72.92"), Decimal("80.00"))
        fewer = replace(plan, benefits=plan.benefits[:1])
        assert quoting.changes_since(quote, product, fewer).sums
        other_words = replace(product, excluded=(*product.excluded, Exclusion("Otra.", "Otra.")))
        assert quoting.changes_since(quote, other_words, plan).conditions


def test_each_product_is_quoted_by_its_own_plans(call, juana):
    quote = call(quoting.accept, replace(MINE, slug=HOSPITAL), juana.actor)
    offer = call(offers.offer_on_sale, HOSPITAL)
    assert quote.product_version_id == offer.version_id
    assert quote.premium_total == offer.product.plan("plan-2").total


def test_asked_for_at_once_a_quote_is_printed_once(app, make, juana, rows):
    number = make.quote(juana)
    assert at_once(app, 8, lambda _: quoting.order_pdf(number, juana.actor)) == [None] * 8
    assert len(rows(select(Document))) == len(rows(select(OutboxRow))) == 1


def test_asked_for_at_once_an_account_has_no_more_on_their_way_than_it_may(app, make, juana, rows):
    numbers = [make.quote(juana) for _ in range(8)]
    answers = at_once(app, 8, lambda at: quoting.order_pdf(numbers[at], juana.actor))
    assert len([answer for answer in answers if isinstance(answer, DomainError)]) == 3
    assert len(rows(select(Document))) == 5


def test_what_one_account_waits_for_keeps_no_other_from_its_quotes(call, make, juana, rows):
    for _ in range(5):
        make.printed_quote(juana)
    make.printed_quote(make.customer())
    make.policy(juana)
    assert len(rows(select(Document))) == 7
