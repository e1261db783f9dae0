"""Premiums and their IGV: exact hundredths, rounded half up in one place."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.money import cents, split_igv

IGV = Decimal("0.18")
prices = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("99999.99"), places=2)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.004", "0.00"),
        ("0.005", "0.01"),
        ("0.025", "0.03"),  # half to even would give 0.02
        ("61.796610169", "61.80"),
        ("72.92", "72.92"),
        ("-0.005", "-0.01"),
    ],
)
def test_soles_round_half_up_to_two_decimals(amount, rounded):
    assert str(cents(Decimal(amount))) == rounded


@pytest.mark.parametrize(
    ("total", "net", "igv"),
    [("72.92", "61.80", "11.12"), ("118.00", "100.00", "18.00"), ("0.01", "0.01", "0.00"), ("1.00", "0.85", "0.15")],
)
def test_a_published_price_splits_into_net_premium_and_igv(total, net, igv):
    assert tuple(map(str, split_igv(Decimal(total), IGV))) == (net, igv)


@given(prices)
def test_net_and_igv_always_add_up_to_the_price_in_whole_hundredths(total):
    net, igv = split_igv(total, IGV)
    assert net + igv == total
    assert net == cents(net)
    assert igv == cents(igv)


@given(prices)
def test_the_igv_is_never_a_hundredth_away_from_its_rate(total):
    net, igv = split_igv(total, IGV)
    assert abs(igv - net * IGV) < Decimal("0.01")
