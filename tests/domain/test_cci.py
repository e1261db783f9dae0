"""An account's number as banks of Peru write it, and as people paste it."""

import pytest

from portal.domain.cci import Cci, TypeAgain, parse
from portal.domain.errors import DomainError

# Invented, its digits by hand: 2+2+9+6 asks for 1, and 2+2+5+1+3+3+6+5+4 for 9.
BCP = "00219300215536605219"


def with_check(number: str) -> str:
    """The first eighteen digits with the check digits of the rule, found by trying."""
    (right,) = [f"{number}{n:02d}" for n in range(100) if Cci(f"{number}{n:02d}").keeps_check]
    return right


@pytest.mark.parametrize(
    "head", ["002193002155366052", "003200003001234567", "011814000200123456", "009170000123456789"]
)
def test_one_pair_of_digits_closes_a_number(head):
    assert parse(with_check(head)).number.startswith(head)


@pytest.mark.parametrize(
    "typed",
    [
        "002-193-002155366052-19",
        " 002 193 002155366052 19 ",
        "002–193–002155366052–19",
        "CCI: 002-193-002155366052-19",
        "\u200b00219300215536605219",
        "００２１９３００２１５５３６６０５２１９",
        "0021.9300.2155.3660.5219",
    ],
)
def test_what_people_paste_is_taken(typed):
    cci = parse(typed)
    assert cci.number == BCP
    assert str(cci) == "002-193-002155366052-19"
    assert (cci.entity, cci.last_four) == ("BCP", "5219")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Escriba solo los 20 números"),
        ("mi cuenta de ahorros", "Escriba solo los 20 números"),
        ("0021930021553660521", "tiene 20 números y aquí hay 19"),
        ("002193002155366052197", "tiene 20 números y aquí hay 21"),
        ("191-12345678-0-12", "tiene 20 números y aquí hay 14"),
    ],
)
def test_what_is_no_cci_says_why(typed, words):
    with pytest.raises(DomainError, match=words) as refused:
        parse(typed)
    assert refused.value.field == "cci"


@pytest.mark.parametrize("bank", ["002", "003", "011"])
def test_a_wrong_digit_of_a_bank_that_keeps_the_rule_is_looked_at_again_and_typing_it_twice_does_not_help(bank):
    right = with_check(f"{bank}193002155366052")
    wrong = right[:10] + str((int(right[10]) + 1) % 10) + right[11:]
    with pytest.raises(DomainError, match="Revise el número") as refused:
        parse(wrong, wrong)
    assert not isinstance(refused.value, TypeAgain)


def test_a_number_of_another_entity_that_fails_the_check_is_taken_once_it_was_typed_again():
    odd = "80100100100100100199"
    assert not Cci(odd).keeps_check
    with pytest.raises(TypeAgain, match="escriba el número otra vez") as asked:
        parse(odd)
    assert asked.value.field == "cci_otra_vez"
    with pytest.raises(TypeAgain, match="no son iguales"):
        parse(odd, "80100100100100100198")
    assert parse(odd, "801-001-001001001001-99") == Cci(odd)


def test_an_entity_that_nobody_is_sure_of_has_no_name():
    assert parse(with_check("801001001001001001")).entity is None


@pytest.mark.parametrize("place", range(20))
def test_the_rule_sees_every_single_digit_that_is_mistyped(place):
    for other in range(1, 10):
        wrong = BCP[:place] + str((int(BCP[place]) + other) % 10) + BCP[place + 1 :]
        assert not Cci(wrong).keeps_check
