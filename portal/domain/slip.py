"""A payment slip: its code, its reminder, and whether it can be paid. Source: docs/rules.md, Cash."""

import re
import secrets
from datetime import datetime, timedelta

from stdnum import luhn

from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState
from portal.domain.states import State
from portal.domain.typed import compact, line

# The reminder goes out this long before the deadline, unless the slip was made just now: its own mail reminds.
REMINDED_BEFORE = timedelta(hours=24)
YOUNGEST_REMINDED = timedelta(hours=12)

_LABEL = re.compile(r"^C[OÓ]DIGO(?: DE PAGO)?[\s:.#]+", re.IGNORECASE)


class SlipState(State):
    """What a slip is at one moment; only a payable one takes money for a policy."""

    PAYABLE = "payable", "Por cobrar"
    SETTLED = "settled", "Cobrada"
    EXPIRED = "expired", "Vencida"
    CANCELLED = "cancelled", "Cancelada"


# Why money for one that is not payable buys nothing, after "porque".
WHY_NOT = {
    SlipState.SETTLED: "la solicitud ya se había cobrado y ese cobro se anuló",
    SlipState.EXPIRED: "la solicitud ya había vencido",
    SlipState.CANCELLED: "la solicitud ya se había cancelado al cambiar la compra",
}

# The same where the reason is somebody else's own.
WHY_NOT_SOLD = "no pudimos emitir una póliza con los datos de esa compra"


# The same of a year that follows a policy of their own.
WHY_NOT_RENEWED = "su póliza ya estaba renovada, o ya no se podía renovar"

# The same of another plan of a policy.
WHY_NOT_CHANGED = "su póliza cambió mientras tanto y sigue como está"


def standing(state: PaymentState, due_at: datetime | None, moment: datetime) -> SlipState:
    """How a slip stands at `moment`. The deadline itself still counts; an instant later the slip is expired, whether
    or not anything marked it so."""
    if state is PaymentState.APPROVED:
        return SlipState.SETTLED
    if state is PaymentState.CANCELLED:
        return SlipState.CANCELLED
    if state is PaymentState.AWAITING_CASH and due_at is not None and moment <= due_at:
        return SlipState.PAYABLE
    return SlipState.EXPIRED


def new_code() -> str:
    """Nine digits: eight random ones, the first not zero, and Luhn's check digit."""
    digits = str(10_000_000 + secrets.randbelow(90_000_000))
    return digits + luhn.calc_check_digit(digits)


def parse_code(typed: str, *, field: str = "dato") -> str:
    """A slip's code from what was typed, with or without spaces: digits, the last of which checks the others (Luhn).
    Raises DomainError on `field`."""
    if re.match(r"sp\b", line(typed), re.IGNORECASE):
        raise DomainError(
            "Ese es el número de la solicitud. Escriba el código de pago: son nueve números, en grande en el papel "
            "o en el correo.",
            field,
        )
    digits = compact(_LABEL.sub("", line(typed)))
    if not (digits.isascii() and digits.isdigit()):
        raise DomainError("El código de la solicitud tiene solo números.", field)
    if not luhn.is_valid(digits):
        raise DomainError("Algún número del código no está bien. Revíselo en el papel o en el correo.", field)
    return digits
