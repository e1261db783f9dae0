"""Shares that total exactly 100, and whom nobody may name."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.beneficiaries import (
    LIMIT,
    RELATION_NAMES,
    Beneficiary,
    BeneficiaryKind,
    Relation,
    check_beneficiary,
    check_room,
    check_shares,
    equal_shares,
    is_minor,
)
from portal.domain.errors import DomainError
from portal.domain.identity import DocumentType, Identity

TODAY = date(2026, 11, 22)
INSURED = Identity(DocumentType.DNI, "09876543")
ROSA = Beneficiary(
    BeneficiaryKind.PRIMARY,
    Relation.PARENT,
    "Rosa",
    "Condori",
    date(1958, 3, 14),
    Decimal("100.00"),
    Identity(DocumentType.DNI, "71452236"),
)


def named(*shares: str, instead: tuple[str, ...] = ()) -> list[Beneficiary]:
    """Primaries with these shares, and contingents."""
    return [replace(ROSA, share=Decimal(share)) for share in shares] + [
        replace(ROSA, share=Decimal(share), kind=BeneficiaryKind.CONTINGENT) for share in instead
    ]


@pytest.mark.parametrize("count", range(1, LIMIT + 1))
def test_equal_shares_total_exactly_one_hundred(count):
    shares = equal_shares(count)
    assert len(shares) == count
    assert sum(shares) == Decimal("100.00")
    assert max(shares) - min(shares) <= Decimal("0.01")
    assert shares == sorted(shares, reverse=True)
    assert {share.as_tuple().exponent for share in shares} == {-2}


def test_three_equal_shares_are_those_of_the_rule():
    assert [str(share) for share in equal_shares(3)] == ["33.34", "33.33", "33.33"]


@pytest.mark.parametrize(
    "everyone",
    [
        [],
        named("100"),
        named("33.34", "33.33", "33.33"),
        named("99.99", "0.01"),
        named("100", instead=("50", "50")),
        named("60", "40", instead=("100",)),
        named(*["10.00"] * 10),
    ],
)
def test_shares_that_total_one_hundred_are_accepted(everyone):
    check_shares(everyone)


@pytest.mark.parametrize(
    ("everyone", "words"),
    [
        (named("60", "39.99"), "principales suman 99.99 %. Faltan 0.01 %"),
        (named("60", "40.01"), "principales suman 100.01 %. Sobran 0.01 %"),
        (named("33.33", "33.33", "33.33"), "Faltan 0.01 %"),
        (named("100", instead=("99",)), "de reemplazo suman 99 %. Faltan 1"),
        (named("90", instead=("10",)), "principales suman 90 %"),
        (named(instead=("100",)), "al menos a un beneficiario principal"),
        (named(*["9.00"] * 10, "10.00"), "hasta 10 personas"),
    ],
)
def test_shares_that_do_not_are_refused_and_the_difference_is_said(everyone, words):
    with pytest.raises(DomainError, match=words):
        check_shares(everyone)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=LIMIT))
def test_shares_pass_exactly_when_their_hundredths_are_ten_thousand(hundredths):
    everyone = named(*(str(Decimal(one).scaleb(-2)) for one in hundredths))
    if sum(hundredths) == 10_000:
        check_shares(everyone)
    else:
        with pytest.raises(DomainError):
            check_shares(everyone)


def test_there_is_room_for_ten_people():
    check_room(LIMIT - 1)
    with pytest.raises(DomainError, match="hasta 10 personas"):
        check_room(LIMIT)


@pytest.mark.parametrize("share", ["0.01", "33.34", "100", "100.00", "1E+1"])
def test_a_share_has_two_decimals_between_nothing_and_all(share):
    check_beneficiary(replace(ROSA, share=Decimal(share)), INSURED, TODAY)


@pytest.mark.parametrize("share", ["0", "-1", "100.01", "33.333", "0.001", "1E+30", "1E-40"])
def test_another_share_is_refused_at_its_field(share):
    with pytest.raises(DomainError) as refused:
        check_beneficiary(replace(ROSA, share=Decimal(share)), INSURED, TODAY)
    assert refused.value.field == "porcentaje"


def test_the_insured_is_not_a_beneficiary():
    with pytest.raises(DomainError, match="asegurada no puede") as refused:
        check_beneficiary(replace(ROSA, identity=INSURED), INSURED, TODAY)
    assert refused.value.field == "numero_documento"


def test_somebody_without_a_document_may_be_named():
    check_beneficiary(replace(ROSA, identity=None), INSURED, TODAY)


@pytest.mark.parametrize(("born", "minor"), [(date(2008, 11, 22), False), (date(2008, 11, 23), True)])
def test_a_minor_is_under_eighteen_on_the_day(born, minor):
    assert is_minor(born, TODAY) is minor


def test_a_minor_needs_a_representative():
    child = replace(ROSA, relation=Relation.CHILD, birth_date=date(2015, 1, 1))
    with pytest.raises(DomainError) as refused:
        check_beneficiary(child, INSURED, TODAY)
    assert refused.value.field == "representante"
    check_beneficiary(replace(child, representative="Rosa Condori"), INSURED, TODAY)


@pytest.mark.parametrize("born", [date(2026, 11, 23), date(2999, 1, 1), date(1800, 1, 1)])
def test_somebody_not_yet_born_or_long_dead_is_not_named_even_with_a_representative(born):
    with pytest.raises(DomainError) as refused:
        check_beneficiary(replace(ROSA, birth_date=born, representative="Rosa Condori"), INSURED, TODAY)
    assert refused.value.field == "fecha_nacimiento"


def test_every_relation_has_its_words():
    assert set(RELATION_NAMES) == set(Relation)
