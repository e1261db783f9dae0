"""What a claim is while it is filled in: the subject of the flow. It has no row before its first answer is given."""

from dataclasses import dataclass

from portal.models import Claim

NEW = "nuevo"  # the key of one that was not begun


@dataclass(slots=True)
class Filing:
    """`claim` is None until it is known with which insurance."""

    claim: Claim | None = None

    @property
    def row(self) -> Claim:
        """The claim of steps that come after the first."""
        if self.claim is None:
            raise RuntimeError("asked of a claim that was not begun")
        return self.claim

    @property
    def key(self) -> str:
        return self.claim.public_id if self.claim else NEW
