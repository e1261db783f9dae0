"""What a claim pays and how it is shared out, to the cent and in the words that everybody reads."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.domain.beneficiaries import BeneficiaryKind, equal_shares
from portal.domain.catalogue import Benefit, Computes, Measure
from portal.domain.claim_sums import (
    Proven,
    Reckoning,
    Sharer,
    Used,
    left_of,
    reckon,
    split_by_shares,
    split_by_spending,
    split_equally,
)
from portal.domain.errors import DomainError
from portal.domain.money import apportion

PRIMARY, CONTINGENT = BeneficiaryKind.PRIMARY, BeneficiaryKind.CONTINGENT
DEATH = Benefit("muerte-accidental", Decimal("20000.00"), None, Measure())
SURGERY = Benefit("cirugia", Decimal("600.00"), "una vez al año", Measure(times=1))
HOSPITAL = Benefit("renta-diaria", Decimal("70.00"), "por día, hasta 30 días al año", Measure(days=30))
MONTHLY = Benefit("apoyo-mensual", Decimal("200.00"), "cada mes, por 6 meses", Measure(months=6))
FUNERAL = Benefit("gastos-sepelio", Decimal("3000.00"), "suma máxima", Measure())


def soles(text: str) -> Decimal:
    return Decimal(text)


def plain(text: str | None) -> str | None:
    return text and text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("computes", "benefit", "proven", "used", "total", "line", "limited"),
    [
        (Computes.FIXED, DEATH, Proven(), Used(), "20000.00", "S/ 20,000.00", None),
        (
            Computes.FIXED,
            DEATH,
            Proven(),
            Used(times=1),
            "0.00",
            "S/ 0.00",
            "Esta cobertura ya se pagó con este seguro.",
        ),
        (Computes.FIXED, SURGERY, Proven(), Used(), "600.00", "S/ 600.00", None),
        (
            Computes.FIXED,
            SURGERY,
            Proven(),
            Used(times=1),
            "0.00",
            "S/ 0.00",
            "Esta cobertura ya se pagó con este seguro.",
        ),
        (Computes.PER_DAY, HOSPITAL, Proven(days=6), Used(), "420.00", "S/ 70.00 × 6 días", None),
        (Computes.PER_DAY, HOSPITAL, Proven(days=1), Used(days=29), "70.00", "S/ 70.00 × 1 día", None),
        (
            Computes.PER_DAY,
            HOSPITAL,
            Proven(days=31),
            Used(),
            "2100.00",
            "S/ 70.00 × 30 días",
            "Son 31; el plan paga hasta 30 días al año.",
        ),
        (
            Computes.PER_DAY,
            HOSPITAL,
            Proven(days=10),
            Used(days=26),
            "280.00",
            "S/ 70.00 × 4 días",
            "Son 10; el plan paga hasta 30 días al año y ya se pagaron 26.",
        ),
        (
            Computes.PER_DAY,
            HOSPITAL,
            Proven(days=2),
            Used(days=30),
            "0.00",
            "S/ 70.00 × 0 días",
            "Son 2; el plan paga hasta 30 días al año y ya se pagaron 30.",
        ),
        (Computes.PER_MONTH, MONTHLY, Proven(months=1), Used(months=2), "200.00", "S/ 200.00 × 1 mes", None),
        (
            Computes.PER_MONTH,
            MONTHLY,
            Proven(months=3),
            Used(months=4),
            "400.00",
            "S/ 200.00 × 2 meses",
            "Son 3; el plan paga hasta 6 meses al año y ya se pagaron 4.",
        ),
        (
            Computes.REIMBURSEMENT,
            FUNERAL,
            Proven(spent=soles("2350.50")),
            Used(),
            "2350.50",
            "S/ 2,350.50 gastados",
            None,
        ),
        (
            Computes.REIMBURSEMENT,
            FUNERAL,
            Proven(spent=soles("3000.00")),
            Used(),
            "3000.00",
            "S/ 3,000.00 gastados",
            None,
        ),
        (
            Computes.REIMBURSEMENT,
            FUNERAL,
            Proven(spent=soles("3000.01")),
            Used(),
            "3000.00",
            "S/ 3,000.00 de S/ 3,000.01 gastados",
            "El plan devuelve hasta S/ 3,000.00.",
        ),
        (
            Computes.REIMBURSEMENT,
            FUNERAL,
            Proven(spent=soles("500.00")),
            Used(amount=soles("2800.00")),
            "200.00",
            "S/ 200.00 de S/ 500.00 gastados",
            "El plan devuelve hasta S/ 3,000.00, y ya se devolvieron S/ 2,800.00.",
        ),
    ],
)
def test_a_sum_is_what_the_papers_prove_up_to_what_the_plan_still_pays(
    computes, benefit, proven, used, total, line, limited
):
    made = reckon(computes, benefit, proven, used)
    assert (made.total, plain(made.line), plain(made.limited)) == (soles(total), line, limited)
    assert plain(made.words) == (f"{line}. {limited}" if limited else line)
    assert len(made.words) <= 300


def test_what_is_paid_by_days_says_how_many_were_spent_of_the_year():
    assert reckon(Computes.PER_DAY, HOSPITAL, Proven(days=10), Used(days=26)).counted == 4
    assert reckon(Computes.FIXED, DEATH, Proven(), Used()).counted is None


@pytest.mark.parametrize(
    ("computes", "benefit", "field"),
    [
        (Computes.PER_DAY, HOSPITAL, "dias"),
        (Computes.PER_MONTH, MONTHLY, "meses"),
        (Computes.REIMBURSEMENT, FUNERAL, "gasto"),
    ],
)
def test_what_was_not_proven_is_asked_for_at_its_field(computes, benefit, field):
    for nothing in (Proven(), Proven(days=-1, months=-1, spent=soles("-5.00"))):
        with pytest.raises(DomainError) as asked:
            reckon(computes, benefit, nothing, Used())
        assert asked.value.field == field


@given(days=some.integers(1, 400), used=some.integers(0, 60))
def test_no_number_of_days_pays_more_than_the_years_limit_together_with_what_was_paid(days, used):
    made = reckon(Computes.PER_DAY, HOSPITAL, Proven(days=days), Used(days=used))
    assert made.counted is not None
    assert 0 <= made.counted <= days
    assert made.counted + used <= max(30, used)
    assert made.total == 70 * made.counted
    assert (made.limited is None) == (made.counted == days)


amounts = some.integers(1, 10_000_000).map(lambda cents: Decimal(cents).scaleb(-2))


@given(spent=amounts, used=amounts)
def test_no_receipt_returns_more_than_was_spent_or_than_is_left(spent, used):
    made: Reckoning = reckon(Computes.REIMBURSEMENT, FUNERAL, Proven(spent=spent), Used(amount=used))
    assert made.total == max(min(spent, FUNERAL.amount - used), Decimal(0))


# ---- Shares


def sharers(*shares: str, kind: BeneficiaryKind = PRIMARY, out: tuple[int, ...] = (), start: int = 1) -> list[Sharer]:
    return [Sharer(key, kind, soles(share), is_out=key in out) for key, share in enumerate(shares, start)]


@pytest.mark.parametrize(
    ("total", "people", "parts"),
    [
        ("20000.00", sharers("100.00"), {1: ("20000.00", "100 % de S/ 20,000.00")}),
        (
            "20000.00",
            sharers("33.34", "33.33", "33.33"),
            {
                1: ("6668.00", "33.34 % de S/ 20,000.00"),
                2: ("6666.00", "33.33 % de S/ 20,000.00"),
                3: ("6666.00", "33.33 % de S/ 20,000.00"),
            },
        ),
        # Spare cents go to the first.
        ("0.05", sharers("50.00", "50.00"), {1: ("0.03", "50 % de S/ 0.05"), 2: ("0.02", "50 % de S/ 0.05")}),
        (
            "100.01",
            sharers("33.34", "33.33", "33.33"),
            {
                1: ("33.35", "33.34 % de S/ 100.01"),
                2: ("33.33", "33.33 % de S/ 100.01"),
                3: ("33.33", "33.33 % de S/ 100.01"),
            },
        ),
        # Who is out leaves their share to the others, in proportion.
        (
            "20000.00",
            sharers("50.00", "30.00", "20.00", out=(3,)),
            {1: ("12500.00", "62.5 % de S/ 20,000.00"), 2: ("7500.00", "37.5 % de S/ 20,000.00")},
        ),
        (
            "10000.00",
            sharers("50.00", "25.00", "25.00", out=(1,)),
            {2: ("5000.00", "50 % de S/ 10,000.00"), 3: ("5000.00", "50 % de S/ 10,000.00")},
        ),
        # Contingents wait while a primary is left, and come when none is.
        (
            "10000.00",
            sharers("100.00") + sharers("100.00", kind=CONTINGENT, start=2),
            {1: ("10000.00", "100 % de S/ 10,000.00")},
        ),
        (
            "10000.00",
            sharers("60.00", "40.00", out=(1, 2)) + sharers("70.00", "30.00", kind=CONTINGENT, start=3),
            {3: ("7000.00", "70 % de S/ 10,000.00"), 4: ("3000.00", "30 % de S/ 10,000.00")},
        ),
        (
            "10000.00",
            sharers("100.00", out=(1,)) + sharers("70.00", "30.00", kind=CONTINGENT, out=(3,), start=2),
            {2: ("10000.00", "100 % de S/ 10,000.00")},
        ),
        # Nobody left, or nobody named: the legal heirs.
        ("10000.00", sharers("100.00", out=(1,)) + sharers("100.00", kind=CONTINGENT, out=(2,), start=2), {}),
        ("10000.00", [], {}),
    ],
)
def test_a_death_is_shared_among_who_may_be_paid(total, people, parts):
    made = split_by_shares(soles(total), people)
    assert {key: (str(part.amount), plain(part.line)) for key, part in made.items()} == parts


def test_contingents_stand_behind_primaries_whichever_was_written_first():
    people = sharers("100.00", kind=CONTINGENT) + sharers("100.00", start=2)
    assert list(split_by_shares(soles("10.00"), people)) == [2]


def test_heirs_of_one_degree_are_paid_equal_parts():
    made = split_equally(soles("1000.00"), [7, 8, 9])
    assert {key: (str(part.amount), plain(part.line)) for key, part in made.items()} == {
        7: ("333.34", "S/ 1,000.00 ÷ 3"),
        8: ("333.33", "S/ 1,000.00 ÷ 3"),
        9: ("333.33", "S/ 1,000.00 ÷ 3"),
    }
    assert plain(split_equally(soles("1000.00"), [7])[7].line) == "S/ 1,000.00"


def test_each_who_spent_is_returned_their_own_while_it_suffices_and_in_proportion_where_not():
    spent = {1: soles("1000.00"), 2: soles("500.00")}
    made = split_by_spending(soles("3000.00"), spent)
    assert {key: part.amount for key, part in made.items()} == spent
    short = split_by_spending(soles("1000.00"), spent)
    assert {key: str(part.amount) for key, part in short.items()} == {1: "666.67", 2: "333.33"}
    assert plain(short[2].line) == "S/ 500.00 de S/ 1,500.00 gastados, sobre S/ 1,000.00"


weights = some.lists(some.integers(0, 10_000).map(lambda one: Decimal(one).scaleb(-2)), min_size=1, max_size=12)


@given(amounts, weights)
def test_parts_add_up_to_the_cent_and_none_is_more_than_a_cent_from_its_due(total, shares):
    parts = apportion(total, shares)
    if not any(shares):
        assert not any(parts)
        return
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - total * share / sum(shares)) <= Decimal("0.01")
        assert share or not part


@given(total=amounts, count=some.integers(1, 10), out=some.sets(some.integers(1, 10)))
def test_all_of_a_sum_is_paid_as_long_as_one_person_may_be(total, count, out):
    people = [Sharer(key, PRIMARY, share, key in out) for key, share in enumerate(equal_shares(count), 1)]
    made = split_by_shares(total, people)
    assert sum(part.amount for part in made.values()) == (total if any(not one.is_out for one in people) else 0)
    assert not out & made.keys()


@given(total=amounts, spent=some.lists(amounts, min_size=1, max_size=6))
def test_nobody_is_returned_more_than_they_spent(total, spent):
    made = split_by_spending(total, dict(enumerate(spent)))
    assert sum(part.amount for part in made.values()) == min(total, sum(spent))
    assert all(part.amount <= spent[key] for key, part in made.items())


@pytest.mark.parametrize(
    ("paid", "total", "words"),
    [
        ("0.00", "20000.00", "S/ 20,000.00"),
        ("12000.00", "8000.00", "S/ 20,000.00 − S/ 12,000.00. De esta cobertura ya se pagaron S/ 12,000.00."),
        ("20000.00", "0.00", "S/ 0.00. Esta cobertura ya se pagó con este seguro."),
        ("30000.00", "0.00", "S/ 0.00. Esta cobertura ya se pagó con este seguro."),
    ],
)
def test_what_others_have_of_a_sum_is_not_paid_again(paid, total, words):
    left = left_of(reckon(Computes.FIXED, DEATH, Proven(), Used()), soles(paid))
    assert (left.total, plain(left.words)) == (soles(total), words)
