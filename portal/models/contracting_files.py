"""Editions of the file of how a policy was contracted (B03)."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.policies import Policy
from portal.models.types import UtcDateTime


class ContractingFile(Base):
    """One edition: its PDF is a document of its own, and stays when the next is made. `basis`: a hash of all that it
    was made of, by which it is known whether something was added since."""

    __tablename__ = "contracting_files"
    __table_args__ = (UniqueConstraint("policy_id", "edition"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    edition: Mapped[int]
    basis: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    policy: Mapped[Policy] = relationship()
