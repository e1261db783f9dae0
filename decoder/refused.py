"""Why a file can't be taken, by the names that `portal/domain/received_file.py` has words for."""


class Refused(Exception):
    """The file is not taken, for `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


EMPTY = "empty"
UNSUPPORTED = "unsupported"
DAMAGED = "damaged"
HEIC_UNREADABLE = "heic_unreadable"
TOO_MANY_PIXELS = "too_many_pixels"
ENCRYPTED = "encrypted"
ACTIVE = "active"
EMBEDDED = "embedded"
TOO_HEAVY = "too_heavy"
TOO_MANY_PAGES = "too_many_pages"
