"""Policies and their endorsements. Endorsement zero is what was issued; each later one states a part anew."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain import policy as rules
from portal.domain import verification
from portal.domain.clock import now
from portal.domain.policy import Cover, EndorsementKind, Matter, PolicyState
from portal.extensions import Base
from portal.models.accounts import Account
from portal.models.beneficiaries import BeneficiaryColumns
from portal.models.payments import Payment
from portal.models.people import Person
from portal.models.purchases import Purchase
from portal.models.types import Money, UtcDateTime, state_type

_UNDELIVERED = text("delivered_at IS NULL AND cancelled_at IS NULL")
_GOES_ON = text("cancelled_at IS NULL")
_RENEWS = text("renews_id IS NOT NULL AND cancelled_at IS NULL")


class Policy(Base):
    """One per purchase, and so one per quote. Its state follows from its dates, what it says from its endorsements.

    `renews`: the policy of the year before, which one alone renews that is not cancelled. `covered_since`: where it
    goes on without a gap, since when; None of a first year.
    """

    __tablename__ = "policies"
    __table_args__ = (
        Index("ix_policies_account", "account_id", "id"),
        Index("uq_policies_verification_code", "verification_code", unique=True),
        Index("ix_policies_ends", "account_id", "ends_at"),
        Index("ix_policies_insured", "insured_id"),
        Index("ix_policies_undelivered", "issued_at", sqlite_where=_UNDELIVERED, postgresql_where=_UNDELIVERED),
        Index("ix_policies_ending", "ends_at", "id", sqlite_where=_GOES_ON, postgresql_where=_GOES_ON),
        Index("uq_policies_renews", "renews_id", unique=True, sqlite_where=_RENEWS, postgresql_where=_RENEWS),
        CheckConstraint("ends_at > starts_at", name="term_runs_forward"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    # What the QR holds, and the eight signs under it; None of one issued by a release that knew no such code.
    verification_token: Mapped[str] = mapped_column(String(43), unique=True)
    verification_code: Mapped[str | None] = mapped_column(String(8))
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"), unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    insured_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    agency_code: Mapped[str | None] = mapped_column(String(20))
    product_version_id: Mapped[int] = mapped_column(ForeignKey("product_versions.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    # The first proof that its holder has it, from which the days to withdraw run; None while nothing proves it.
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When they first took its PDF while signed in: proof that no mail which comes back takes away.
    downloaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When its cancellation takes effect, as its endorsement says; kept here too, so that lists need no endorsement.
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renews_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"))
    covered_since: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
    purchase: Mapped[Purchase] = relationship()
    payment: Mapped[Payment] = relationship()
    holder: Mapped[Person] = relationship(foreign_keys=[holder_id], lazy="joined", innerjoin=True)
    insured: Mapped[Person] = relationship(foreign_keys=[insured_id], lazy="joined", innerjoin=True)
    renews: Mapped["Policy | None"] = relationship(remote_side=[id])
    endorsements: Mapped[list["Endorsement"]] = relationship(
        order_by="Endorsement.number", lazy="selectin", back_populates="policy"
    )

    @property
    def cover(self) -> Cover:
        """From when to when it protects."""
        return Cover(self.starts_at, self.ends_at, self.cancelled_at)

    def state_at(self, moment: datetime) -> PolicyState:
        return self.cover.state_at(moment)

    @property
    def shown_code(self) -> str:
        """Its verification code as people read it; empty of one that has none."""
        return verification.shown(self.verification_code) if self.verification_code else ""

    @property
    def is_first_year(self) -> bool:
        """Whether nothing that a product pays only after some days of cover was waited for yet."""
        return self.covered_since is None

    @property
    def insured_since(self) -> datetime:
        """Since when who it insures is so without a gap."""
        return self.covered_since or self.starts_at

    def terms_at(self, moment: datetime) -> "Endorsement":
        """The endorsement that states plan and premium at `moment`."""
        return self.cover.in_force_at(Matter.TERMS, self.endorsements, moment)

    def beneficiaries_at(self, moment: datetime) -> "list[PolicyBeneficiary]":
        """Who is named at `moment`; nobody means the legal heirs, where the product names any."""
        return self.cover.in_force_at(Matter.BENEFICIARIES, self.endorsements, moment).beneficiaries

    def terms_before(self, changed: "Endorsement") -> "Endorsement":
        """The endorsement that states plan and premium until `changed` takes effect."""
        earlier = [one for one in self.endorsements if one.number < changed.number]
        return self.cover.in_force_at(Matter.TERMS, earlier, changed.effective_at)

    @property
    def issue(self) -> "Endorsement":
        """Endorsement zero: what was bought."""
        return self.endorsements[0]

    def as_known_at(self, person: Person, terms: "Endorsement") -> Person:
        """The person as the policy named them when `terms` were written: before the corrections that came later."""
        for one in reversed(self.endorsements):
            if one.number > terms.number and one.person_before and one.person_after_id == person.id:
                person = one.person_before
        return person

    @property
    def holder_is_insured(self) -> bool:
        return self.holder.identity == self.insured.identity

    @property
    def cancellation(self) -> "Endorsement | None":
        """The endorsement that cancels it, at once or on a day to come."""
        return rules.cancellation(self.endorsements)

    @property
    def ended_by_holder(self) -> bool:
        """Whether its holder ended it, at once or on a day to come."""
        ending = self.cancellation
        return ending is not None and ending.kind is EndorsementKind.TERMINATION

    @property
    def ended_by_death(self) -> bool:
        """Whether a death ended it: that it paid, or that came before it began."""
        ending = self.cancellation
        deaths = (EndorsementKind.BENEFIT_PAID, EndorsementKind.INSURED_DIED)
        return ending is not None and ending.kind in deaths

    @property
    def ended_by_payment(self) -> bool:
        """Whether what it pays on a death was paid, and it ended by that."""
        ending = self.cancellation
        return ending is not None and ending.kind is EndorsementKind.BENEFIT_PAID

    def early_end(self, moment: datetime) -> str | None:
        """The end before its time, past or to come, said to its holder at `moment`; None where there is none. Who died
        before it began was protected on no day, whenever that was known."""
        if self.ended_by_death and not self.ended_by_payment:
            return "Esta póliza no llegó a proteger."
        return self.cover.early_end(moment)


class Endorsement(Base):
    """What changes in the policy from `effective_at` on: what its kind states. Written once, never changed. Plan and
    premium are those in force then, whether it states them or not."""

    __tablename__ = "endorsements"
    __table_args__ = (UniqueConstraint("policy_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    number: Mapped[int]
    kind: Mapped[EndorsementKind] = mapped_column(
        state_type(EndorsementKind), default=EndorsementKind.ISSUE, server_default=EndorsementKind.ISSUE.value
    )
    plan_code: Mapped[str] = mapped_column(String(40))
    premium_net: Mapped[Decimal] = mapped_column(Money)
    premium_igv: Mapped[Decimal] = mapped_column(Money)
    premium_total: Mapped[Decimal] = mapped_column(Money)
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    # Of a correction: the person as the policy named them until then, and from then on.
    person_before_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    person_after_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    # Of a change of plan that cost something: what was paid for it. One payment makes one endorsement.
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), unique=True)

    policy: Mapped[Policy] = relationship(back_populates="endorsements")
    payment: Mapped[Payment | None] = relationship()
    person_before: Mapped[Person | None] = relationship(foreign_keys=[person_before_id])
    person_after: Mapped[Person | None] = relationship(foreign_keys=[person_after_id])
    beneficiaries: Mapped[list["PolicyBeneficiary"]] = relationship(order_by="PolicyBeneficiary.id", lazy="selectin")


class PolicyBeneficiary(BeneficiaryColumns, Base):
    __tablename__ = "policy_beneficiaries"
    __table_args__ = (Index("ix_policy_beneficiaries_identity", "country", "document_type", "document_number"),)

    endorsement_id: Mapped[int] = mapped_column(ForeignKey("endorsements.id"), index=True)


class RenewalNotice(Base):
    """That a policy's end was looked at `level` days before it, so that its holder is told once. `message_id`: by which
    mail; None when there was nothing to tell. Of changed terms it is looked again on another day, `created_at` then."""

    __tablename__ = "renewal_notices"
    __table_args__ = (UniqueConstraint("policy_id", "level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    level: Mapped[int]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
