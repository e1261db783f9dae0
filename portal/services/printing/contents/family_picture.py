"""The same card as a picture to be sent by telephone."""

from dataclasses import replace

from portal.integrations.pdf_sheets import PICTURE
from portal.models import Endorsement
from portal.services.printing.contents import Contents, family_card


def contents(named: Endorsement) -> Contents:
    """What the card says, on a sheet that is drawn in pixels."""
    return replace(family_card.contents(named), sheet=PICTURE)
