"""The number by which an account is paid from any bank: the CCI (código de cuenta interbancario).

Twenty digits: entity 3, office 3, account 12, check 2. The first check digit covers the first six, the second the
account: weights 1 2 1 2 … from the left, the digits of each product added, complement to ten. Twenty digits is a rule.
The check is sure for three banks only; elsewhere a number that fails it may be confirmed by typing it again, and the
bank decides. Source: docs/rules.md, Formats.
"""

import re
from dataclasses import dataclass

from portal.domain.errors import DomainError
from portal.domain.typed import compact, figures

# Codes that published numbers show; of the others only the number is said.
ENTITIES = {
    "002": "BCP",
    "003": "Interbank",
    "009": "Scotiabank",
    "011": "BBVA",
    "018": "Banco de la Nación",
}
_CHECKED = ("002", "003", "011")  # where every number that was looked at keeps the rule
_LENGTH = 20
_BEFORE_ACCOUNT = 6
_BEFORE_CHECK = 18


class TypeAgain(DomainError):
    """The number may be right, though we cannot tell: whoever typed it confirms it by typing it once more."""


@dataclass(frozen=True, slots=True)
class Cci:
    """The CCI of an account: twenty digits."""

    number: str

    @property
    def entity(self) -> str | None:
        """The bank's name, or None where its code is not one that we are sure of."""
        return ENTITIES.get(self.number[:3])

    @property
    def last_four(self) -> str:
        """What may be shown of it."""
        return self.number[-4:]

    @property
    def shown(self) -> str:
        """The account as people read it: `BCP •••• 5219`."""
        return f"{self.entity or ''} •••• {self.last_four}".strip()

    @property
    def keeps_check(self) -> bool:
        """Whether both check digits are those of the rule."""
        first, second = _check_digit(self.number[:_BEFORE_ACCOUNT]), _check_digit(self.number[6:_BEFORE_CHECK])
        return self.number[_BEFORE_CHECK:] == f"{first}{second}"

    def __str__(self) -> str:
        """`002-193-002155366052-19`, as banks print it."""
        return "-".join((self.number[:3], self.number[3:6], self.number[6:18], self.number[18:]))


def parse(typed: str, again: str = "", *, field: str = "cci", field_again: str = "cci_otra_vez") -> Cci:
    """The account that was typed or pasted. `again` is the same number typed once more, where it was asked for.

    Raises DomainError on `field` for what is no CCI; TypeAgain on `field_again` for one that nobody can check.
    """
    number = _digits(typed)
    if not re.fullmatch(r"[0-9]+", number):
        raise DomainError("Escriba solo los 20 números del CCI.", field)
    if len(number) != _LENGTH:
        raise DomainError(
            f"El CCI tiene 20 números y aquí hay {len(number)}. Cópielo de la aplicación de su banco.", field
        )
    cci = Cci(number)
    if cci.keeps_check:
        return cci
    if number[:3] in _CHECKED:
        raise DomainError("Revise el número: alguna de sus cifras no es. Cópielo de la aplicación de su banco.", field)
    if _digits(again) != number:
        words = (
            "Los dos números no son iguales. Escríbalo otra vez."
            if again.strip()
            else "Para estar seguros, escriba el número otra vez."
        )
        raise TypeAgain(words, field_again)
    return cci


def _digits(typed: str) -> str:
    """Without spaces, hyphens and what is often copied before it."""
    return re.sub(r"^CCI:?", "", compact(figures(typed)).upper())


def _check_digit(digits: str) -> int:
    products = (int(digit) * (1 + place % 2) for place, digit in enumerate(digits))
    return -sum(product // 10 + product % 10 for product in products) % 10
