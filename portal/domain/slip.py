"""A payment slip as the counter takes it: its code, and until when it can be paid. Source: product.md, Cash."""

import re
from datetime import datetime

from stdnum import luhn

from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState


def parse_code(typed: str, *, field: str = "dato") -> str:
    """A slip's code from what was typed, with or without spaces: digits, the last of which checks the others (Luhn).
    Raises DomainError on `field`."""
    digits = re.sub(r"[\s.\-]", "", typed)
    if not (digits.isascii() and digits.isdigit()):
        raise DomainError("El código de la orden tiene solo números.", field)
    if not luhn.is_valid(digits):
        raise DomainError("Algún número del código no está bien. Revíselo en el papel o en el correo.", field)
    return digits


def can_be_paid(state: PaymentState, due_at: datetime, moment: datetime) -> bool:
    """Whether cash may be taken at `moment`: until the deadline, marked expired already or not."""
    return state is PaymentState.AWAITING_CASH and moment <= due_at
