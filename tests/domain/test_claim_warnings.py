"""Who claims is told what may stand against it, in plain words, and is never refused."""

from datetime import date, datetime
from pathlib import Path

import pytest

from portal.domain.calendar import cover_end, noon
from portal.domain.catalogue import load_files, parse_product
from portal.domain.claim import Cause
from portal.domain.claim_warnings import (
    WarningKind,
    alike_warning,
    check_event_date,
    date_warnings,
    plan_warnings,
)
from portal.domain.errors import DomainError
from portal.domain.policy import Cover

PRODUCTS = {slug: parse_product(data) for slug, data in load_files(Path(__file__).parents[2] / "portal" / "catalogue")}
LIFE, HOSPITAL, CANCER = PRODUCTS["muerte-accidental"], PRODUCTS["renta-hospitalaria"], PRODUCTS["oncologico"]


def cover(first: date, cancelled: datetime | None = None) -> Cover:
    return Cover(noon(first), cover_end(noon(first)), cancelled)


YEAR = cover(date(2026, 5, 19))  # to 19/05/2027
NEXT = cover(date(2027, 5, 19))


def of_life(event_on, *others, one=YEAR):
    return date_warnings(LIFE.coverage("muerte-accidental"), LIFE, one, event_on, Cause.ACCIDENT, others)


@pytest.mark.parametrize("event_on", [date(2026, 5, 19), date(2026, 12, 31), date(2027, 5, 19)])
def test_a_day_within_cover_is_not_warned_about_nor_the_days_on_which_it_begins_and_ends(event_on):
    assert of_life(event_on) == ()


@pytest.mark.parametrize(
    ("event_on", "kind", "words", "days"),
    [
        (
            date(2026, 5, 15),
            WarningKind.BEFORE_COVER,
            "Esa fecha es 4 días antes de que empezara su seguro. Si está bien, siga.",
            4,
        ),
        (
            date(2026, 5, 18),
            WarningKind.BEFORE_COVER,
            "Esa fecha es 1 día antes de que empezara su seguro. Si está bien, siga.",
            1,
        ),
        (
            date(2027, 5, 20),
            WarningKind.AFTER_COVER,
            "Esa fecha es 1 día después de que terminó su seguro. Si está bien, siga.",
            1,
        ),
    ],
)
def test_a_day_outside_cover_says_by_how_much(event_on, kind, words, days):
    (warning,) = of_life(event_on)
    assert (warning.kind, warning.words, warning.days) == (kind, words, days)


def test_a_cover_that_was_cancelled_ends_on_that_day():
    cancelled = cover(date(2026, 5, 19), cancelled=noon(date(2026, 8, 1)))
    assert of_life(date(2026, 8, 1), one=cancelled) == ()
    (warning,) = of_life(date(2026, 8, 3), one=cancelled)
    assert (warning.kind, warning.days) == (WarningKind.AFTER_COVER, 2)


def test_a_cover_that_was_cancelled_before_it_began_protected_no_day():
    never = cover(date(2026, 5, 19), cancelled=noon(date(2026, 5, 10)))
    for event_on in (date(2026, 5, 1), date(2026, 5, 15), date(2026, 6, 1)):
        (warning,) = of_life(event_on, one=never)
        assert warning.words == "Ese seguro se anuló antes de empezar. Si está bien, siga."


@pytest.mark.parametrize("one", [0, 1])
def test_a_day_between_two_covers_says_so_whichever_of_them_is_claimed(one):
    covers = [YEAR, cover(date(2027, 6, 1))]
    (warning,) = of_life(date(2027, 5, 25), covers[1 - one], one=covers[one])
    assert warning.kind is WarningKind.BETWEEN_COVERS
    assert warning.words == (
        "Esa fecha está entre dos seguros: uno terminó el 19/05/2027 y el otro empezó el 01/06/2027. "
        "Si está bien, siga."
    )


@pytest.mark.parametrize(("one", "other"), [(YEAR, NEXT), (NEXT, YEAR)])
def test_a_day_that_another_cover_protects_points_to_it(one, other):
    event_on = date(2026, 12, 1) if one is NEXT else date(2027, 12, 1)
    (warning,) = of_life(event_on, other, one=one)
    assert "Ese día lo protegía otra póliza del mismo seguro: puede pedirlo con ella." in warning.words


# ---- Waiting: 30 days of a hospital's first year, and not for an accident; 90 of cancer, for everything.


def waiting(product, coverage, event_on, cause, *others, one=YEAR):
    return date_warnings(product.coverage(coverage), product, one, event_on, cause, others)


@pytest.mark.parametrize("cause", [Cause.ILLNESS, Cause.UNKNOWN, None])
def test_a_hospital_stay_in_the_first_days_is_warned_about_unless_it_was_an_accident(cause):
    (warning,) = waiting(HOSPITAL, "renta-diaria", date(2026, 6, 17), cause)
    assert (warning.kind, warning.days) == (WarningKind.WAITING, 1)
    assert warning.words == (
        "Esa fecha está en los primeros 30 días de su seguro, que son de espera: no se paga la hospitalización por "
        "enfermedad que empiece antes del 18/06/2026. Los accidentes se pagan desde el primer día. Si está bien, siga."
    )
    assert waiting(HOSPITAL, "renta-diaria", date(2026, 6, 18), cause) == ()
    assert waiting(HOSPITAL, "renta-diaria", date(2026, 5, 20), Cause.ACCIDENT) == ()


def test_cancer_waits_whatever_led_to_it_and_promises_nothing_about_accidents():
    (warning,) = waiting(CANCER, "primer-diagnostico", date(2026, 8, 16), Cause.ACCIDENT)
    assert warning.words == (
        "Esa fecha está en los primeros 90 días de su seguro, que son de espera: no se paga el cáncer que se "
        "diagnostique antes del 17/08/2026. Si está bien, siga."
    )


def test_a_year_bought_without_a_day_between_does_not_wait_again():
    soon = date(2027, 5, 25)
    on = HOSPITAL.coverage("renta-diaria")
    assert date_warnings(on, HOSPITAL, NEXT, soon, Cause.ILLNESS, (YEAR,), since=YEAR.starts_at) == ()
    (warning,) = date_warnings(on, HOSPITAL, NEXT, soon, Cause.ILLNESS, (YEAR,))
    assert warning.kind is WarningKind.WAITING


def test_outside_the_cover_the_waiting_is_not_spoken_of():
    (warning,) = waiting(HOSPITAL, "renta-diaria", date(2026, 5, 1), Cause.ILLNESS)
    assert warning.kind is WarningKind.BEFORE_COVER


def test_a_coverage_that_the_plan_lacks_is_warned_about_by_name():
    coverage = LIFE.coverage("gastos-sepelio")
    (warning,) = plan_warnings(coverage, LIFE.plan("plan-1"))
    assert warning.kind is WarningKind.NOT_IN_PLAN
    assert warning.words == (
        "Su Plan 1 no incluye «Gastos de sepelio». Puede seguir: lo revisamos y le respondemos por escrito."
    )
    assert plan_warnings(coverage, LIFE.plan("plan-2")) == ()


def test_something_alike_is_named_with_its_day():
    assert alike_warning("SIN-2026-000012", date(2026, 11, 30)).words == (
        "Ya hay un pedido parecido, el SIN-2026-000012, del 30/11/2026. Si es el mismo, agregue ahí lo que falte. "
        "Si es otro, siga."
    )


def test_a_day_that_has_not_come_is_a_mistake_of_its_field():
    check_event_date(date(2026, 11, 30), date(2026, 11, 30))
    with pytest.raises(DomainError, match="hoy es 30/11/2026") as refused:
        check_event_date(date(2026, 12, 1), date(2026, 11, 30))
    assert refused.value.field == "fecha"
