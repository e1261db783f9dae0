"""A payout to collect in cash: how much, at which agency, until when and with what."""

from portal.models import Payout
from portal.services.catalogue import agencies
from portal.services.printing.contents import Contents


def contents(payout: Payout) -> Contents:
    """What the payout's PDF says. It holds nothing that opens anything: the code is mailed at the counter."""
    if payout.award is None:
        raise ValueError("only what a claim pays is printed")
    title = f"Pago {payout.number}"
    return Contents(
        {
            "payout": payout,
            "claim": payout.award.resolution.claim,
            "agency": agencies.by_code(payout.agency_code),
        },
        title=title,
        footer=title,
    )
