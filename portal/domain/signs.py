"""Letters and figures that nobody mistakes for others, in either hand or font: no 0 o, no 1 l i."""

import secrets

SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


def random_signs(count: int) -> str:
    """So many of them: five bits each, nearly."""
    return "".join(secrets.choice(SIGNS) for _ in range(count))
