"""Numbers without gaps."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base


class Counter(Base):
    """The last number given out in a series. Raised in the transaction that uses it: no gaps, no repeats."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
