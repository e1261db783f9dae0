"""Test cards: the last four digits choose what the bank does. The README's table is made from this one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Twist(Enum):
    """What a card does besides being charged."""

    NOT_FOUND = auto()
    TOO_MANY = auto()
    DEAD_TOKEN = auto()
    SLOW = auto()
    HANGS = auto()
    BREAKS_AFTER = auto()
    BREAKS_BEFORE = auto()


@dataclass(frozen=True)
class SandboxCard:
    """One row: the digits, what happens, and either a refusal of the charge or a twist."""

    digits: str
    happens: str
    decline_code: str | None = None
    message: str = ""
    twist: Twist | None = None


#: Any other digits are approved.
APPROVED = "4821"

TEST_CARDS = {
    card.digits: card
    for card in (
        SandboxCard(
            "0001", "refused: insufficient funds", decline_code="insufficient_funds", message="Saldo insuficiente"
        ),
        SandboxCard("0002", "refused: account blocked", decline_code="account_blocked", message="Cuenta bloqueada"),
        SandboxCard("0003", "refused: card expired", decline_code="card_expired", message="Tarjeta vencida"),
        SandboxCard("0004", "refused: limit exceeded", decline_code="limit_exceeded", message="Límite excedido"),
        SandboxCard(
            "0005", "refused: suspected fraud", decline_code="suspected_fraud", message="Operación no autorizada"
        ),
        SandboxCard("0006", "refused: other reason, without words", decline_code="other"),
        SandboxCard("0010", "validation: no such account", twist=Twist.NOT_FOUND),
        SandboxCard("0011", "validation: too many tries", twist=Twist.TOO_MANY),
        SandboxCard("0012", "its token is dead when the charge comes: nothing is charged", twist=Twist.DEAD_TOKEN),
        SandboxCard("0020", "approved after 4 seconds", twist=Twist.SLOW),
        SandboxCard("0021", "charges and never answers; asking by key, or charging again, tells", twist=Twist.HANGS),
        SandboxCard("0022", "charges and answers 500; asking by key tells", twist=Twist.BREAKS_AFTER),
        SandboxCard(
            "0023",
            "answers 500 and charges nothing; the same key sent again is charged",
            twist=Twist.BREAKS_BEFORE,
        ),
    )
}


def readme_table() -> str:
    """The table of the README, in Markdown."""
    rows = [f"| {APPROVED}, any other | approved |"]
    rows += [f"| {card.digits} | {card.happens} |" for card in TEST_CARDS.values()]
    rows.append("| any, with a past month | validation: card expired |")
    return "\n".join(["| last four digits | what happens |", "|---|---|", *rows])
