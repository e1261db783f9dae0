"""The same card as a picture to be sent by telephone."""

from portal.services.printing.contents.family_card import contents

__all__ = ["contents"]
