"""The change for cash: what people hand over in notes, and what they are given back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import change


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("72.92", {"80": "7.08", "100": "27.08", "200": "127.08"}),
        ("36.46", {"40": "3.54", "50": "13.54", "100": "63.54", "200": "163.54"}),
        ("100", {"200": "100"}),  # who hands over the exact amount is given nothing
    ],
)
def test_what_is_usually_handed_over(amount, expected):
    assert dict(change.usual(Decimal(amount))) == {Decimal(one): Decimal(back) for one, back in expected.items()}


@given(st.decimals("0.01", "9999.99", places=2))
def test_the_change_is_what_is_too_much_and_less_than_a_note_more_would_make(amount):
    for handed, back in change.usual(amount):
        assert handed - back == amount
        assert 0 < back < 200
