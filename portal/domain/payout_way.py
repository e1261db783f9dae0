"""How somebody is paid, as they choose it."""

from dataclasses import dataclass, field

from portal.domain.agencies import Agency
from portal.domain.cci import Cci


@dataclass(frozen=True, slots=True)
class Chosen:
    """The way that was chosen: an account or an agency."""

    cci: Cci | None = field(default=None, repr=False)
    agency: Agency | None = None
