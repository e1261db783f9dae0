"""The columns of a beneficiary, for the purchase's answers and for a policy's endorsement."""

from datetime import date
from decimal import Decimal

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.beneficiaries import RELATION_NAMES, Beneficiary, BeneficiaryKind, Relation
from portal.domain.identity import DocumentType, Identity
from portal.models.types import Money, state_type


class BeneficiaryColumns:
    """`share` has two decimals, in hundredths of the whole."""

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BeneficiaryKind] = mapped_column(state_type(BeneficiaryKind))
    relation: Mapped[Relation] = mapped_column(state_type(Relation))
    names: Mapped[str] = mapped_column(String(60))
    surnames: Mapped[str] = mapped_column(String(90))
    birth_date: Mapped[date]
    share: Mapped[Decimal] = mapped_column(Money)
    country: Mapped[str | None] = mapped_column(String(2))
    document_type: Mapped[DocumentType | None] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str | None] = mapped_column(String(12))
    representative: Mapped[str | None] = mapped_column(String(150))

    @property
    def full_name(self) -> str:
        return f"{self.names} {self.surnames}"

    @property
    def relation_name(self) -> str:
        return RELATION_NAMES[self.relation]

    @property
    def identity(self) -> Identity | None:
        if self.document_type is None or self.document_number is None:
            return None
        return Identity(self.document_type, self.document_number, self.country or "PE")

    def as_value(self) -> Beneficiary:
        """The same person as the domain's rules take it."""
        return Beneficiary(
            kind=self.kind,
            relation=self.relation,
            names=self.names,
            surnames=self.surnames,
            birth_date=self.birth_date,
            share=self.share,
            identity=self.identity,
            representative=self.representative,
        )

    def take(self, value: Beneficiary) -> None:
        """Copy what `value` says into the row."""
        self.kind, self.relation = value.kind, value.relation
        self.names, self.surnames, self.birth_date = value.names, value.surnames, value.birth_date
        self.share, self.representative = value.share, value.representative
        self.country = value.identity.country if value.identity else None
        self.document_type = value.identity.document_type if value.identity else None
        self.document_number = value.identity.number if value.identity else None
