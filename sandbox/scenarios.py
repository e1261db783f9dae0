"""What a developer provokes: digits in a request choose what the bank does. The README's tables are made from these.

A card's last four digits choose for its charge and for the refunds of that charge; those of the account in a CCI or, in
cash, of the document number choose for a payout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


class Twist(Enum):
    """What happens besides an approval or a refusal."""

    NOT_FOUND = auto()
    TOO_MANY = auto()
    DEAD_TOKEN = auto()
    SLOW = auto()
    HANGS = auto()
    BREAKS_AFTER = auto()
    BREAKS_BEFORE = auto()


@dataclass(frozen=True)
class Scenario:
    """One row: the digits, what happens, and either a refusal or a twist."""

    digits: str
    happens: str
    decline_code: str | None = None
    message: str = ""
    twist: Twist | None = None


def _faults(begin: str, does: str, nothing: str) -> tuple[Scenario, ...]:
    """The ways to answer badly, the same for each movement; their digits differ in how they begin."""
    return (
        Scenario(f"{begin}20", "approved after 4 seconds", twist=Twist.SLOW),
        Scenario(f"{begin}21", f"{does} and never answers; asking by key, or sending again, tells", twist=Twist.HANGS),
        Scenario(f"{begin}22", f"{does} and answers 500; asking by key tells", twist=Twist.BREAKS_AFTER),
        Scenario(
            f"{begin}23", f"answers 500 and {nothing}; the same key sent again is approved", twist=Twist.BREAKS_BEFORE
        ),
    )


def _by_digits(*rows: Scenario) -> dict[str, Scenario]:
    return {row.digits: row for row in rows}


#: Any digits that a table lacks.
PLAIN = Scenario("any other", "approved")

TEST_CARDS = _by_digits(
    Scenario("0001", "refused: insufficient funds", "insufficient_funds", "Saldo insuficiente"),
    Scenario("0002", "refused: account blocked", "account_blocked", "Cuenta bloqueada"),
    Scenario("0003", "refused: card expired", "card_expired", "Tarjeta vencida"),
    Scenario("0004", "refused: limit exceeded", "limit_exceeded", "Límite excedido"),
    Scenario("0005", "refused: suspected fraud", "suspected_fraud", "Operación no autorizada"),
    Scenario("0006", "refused: other reason, without words", "other"),
    Scenario("0010", "validation: no such account", twist=Twist.NOT_FOUND),
    Scenario("0011", "validation: too many tries", twist=Twist.TOO_MANY),
    Scenario("0012", "its token is dead when the charge comes: nothing is charged", twist=Twist.DEAD_TOKEN),
    *_faults("00", "charges", "charges nothing"),
)

#: By the card that was charged, since the amount of a refund is nobody's choice. The contract gives a refusal no code.
TEST_REFUNDS = _by_digits(
    Scenario("0101", "refused, whatever is left of the charge", "other"),
    *_faults("01", "gives back", "gives nothing back"),
)

TEST_PAYOUTS = _by_digits(
    Scenario("0001", "refused: account closed", "account_closed", "Cuenta cerrada"),
    Scenario("0002", "refused: the account is another person's", "name_mismatch", "El titular no coincide"),
    Scenario("0003", "refused: limit exceeded", "limit_exceeded", "Límite excedido"),
    Scenario("0004", "refused: other reason, without words", "other"),
    Scenario("0010", "no such account: nothing is paid and the key stays unused", twist=Twist.NOT_FOUND),
    *_faults("00", "pays", "pays nothing"),
)


def example_cci(digits: str) -> str:
    """A CCI whose account ends in the four `digits`, with the check digits of its branch and of its account."""
    branch, account = "002191", f"00000000{digits}"
    return f"{branch}{account}{_check_digit(branch)}{_check_digit(account)}"


def payout_digits(cci: str | None, document_number: str) -> str:
    """The digits that choose: the account's last four, which stand before the CCI's two check digits, or in cash the
    document's."""
    return cci[14:18] if cci else document_number[-4:]


def readme_tables() -> tuple[str, str, str]:
    """The tables of the README, in Markdown: charges, refunds, payouts."""
    charges = [["4821, any other", PLAIN.happens], *([row.digits, row.happens] for row in TEST_CARDS.values())]
    charges.append(["any, with a past month", "validation: card expired"])
    refunds = [[row.digits, row.happens] for row in (PLAIN, *TEST_REFUNDS.values())]
    payouts = [["4821, any other", example_cci("4821"), PLAIN.happens]]
    payouts += [[row.digits, example_cci(row.digits), row.happens] for row in TEST_PAYOUTS.values()]
    return (
        _table(["last four digits", "what happens"], charges),
        _table(["last four digits of the card", "what happens to a refund"], refunds),
        _table(["last four digits", "a CCI with them", "what happens"], payouts),
    )


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" if row else "|---" * len(heads) + "|" for row in (heads, [], *rows))


def _check_digit(number: str) -> int:
    """Weights 1 and 2 in turn from the left, the digits of each product added, the complement to ten."""
    products = "".join(str(int(digit) * (1 + place % 2)) for place, digit in enumerate(number))
    return -sum(map(int, products)) % 10
