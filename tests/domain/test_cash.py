"""Cash at the counter: what is typed, and until when a slip is paid and a receipt reversed."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from stdnum import luhn

from portal.domain import money, receipt, slip
from portal.domain.clock import LIMA
from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState

CLOSING = datetime(2026, 11, 25, 18, 0, tzinfo=LIMA)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("72.92", "72.92"),
        ("72,92", "72.92"),
        (" S/ 72.92 ", "72.92"),
        ("s/.72.9", "72.90"),
        ("S/\xa01,234.50", "1234.50"),
        ("1234", "1234.00"),
        ("1,234", "1234.00"),
        ("0", "0.00"),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed, amount):
    assert str(money.parse(typed)) == amount


@pytest.mark.parametrize("typed", ["", "setenta", "72.923", "1,23,456", "-5", "1e3", "72.", "７２", "9" * 10, "NaN"])
def test_what_is_no_amount_says_how_to_write_one(typed):
    with pytest.raises(DomainError, match=r"como 72\.92") as refused:
        money.parse(typed, field="recibido")
    assert refused.value.field == "recibido"


@pytest.mark.parametrize("typed", ["{0}{1}{2}", "{0} {1} {2}", " {0}-{1}.{2}\n"])
def test_a_slips_code_is_read_with_or_without_spaces(typed):
    body = "46018273"
    code = body + luhn.calc_check_digit(body)
    assert slip.parse_code(typed.format(code[:3], code[3:6], code[6:])) == code


def test_a_mistaken_figure_of_the_code_is_noticed():
    body = "46018273"
    code = body + luhn.calc_check_digit(body)
    wrong = code[:2] + str((int(code[2]) + 1) % 10) + code[3:]
    with pytest.raises(DomainError, match="Algún número") as refused:
        slip.parse_code(wrong, field="dato")
    assert refused.value.field == "dato"
    for typed in ("", "AB 123", "４６０"):
        with pytest.raises(DomainError, match="solo números"):
            slip.parse_code(typed)


def test_a_slip_is_paid_until_its_closing_hour_and_not_an_instant_later():
    assert slip.standing(PaymentState.AWAITING_CASH, CLOSING, CLOSING) is slip.SlipState.PAYABLE
    assert slip.standing(PaymentState.AWAITING_CASH, CLOSING, CLOSING + INSTANT) is slip.SlipState.EXPIRED


@pytest.mark.parametrize("state", [state for state in PaymentState if state is not PaymentState.AWAITING_CASH])
def test_only_a_slip_that_waits_for_its_cash_can_be_paid(state):
    assert slip.standing(state, CLOSING, CLOSING - timedelta(days=1)) is not slip.SlipState.PAYABLE


def test_a_receipt_is_reversed_until_limas_midnight_which_is_not_that_of_utc():
    received = datetime(2026, 11, 25, 18, 30, tzinfo=LIMA)
    midnight = datetime(2026, 11, 26, 0, 0, tzinfo=LIMA)
    assert receipt.can_be_reversed(received, received.replace(hour=19, minute=1)), "already tomorrow in UTC"
    assert receipt.can_be_reversed(received, midnight - INSTANT)
    assert not receipt.can_be_reversed(received, midnight)


def test_amounts_are_decimals():
    assert isinstance(money.parse("72.92"), Decimal)
