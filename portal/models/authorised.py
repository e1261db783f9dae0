"""What a mailed code may authorise: a row that knows all that it stands for, as plain values."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.types import UtcDateTime


class Authorised:
    """`code_binding` holds the fingerprint that the row had when its code was passed: whatever is edited afterwards
    makes that void by itself."""

    id: Mapped[int] = mapped_column(primary_key=True)
    code_binding: Mapped[str | None] = mapped_column(String(64))
    code_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def authorises(self) -> Mapping[str, object]:
        """All that passing the code authorises. What it holds of an open row stays the same from release to release."""
        raise NotImplementedError

    @property
    def fingerprint(self) -> str:
        """A hash of it."""
        return hashlib.sha256(json.dumps(self.authorises, sort_keys=True).encode()).hexdigest()
