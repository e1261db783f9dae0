"""money by the bank: refunds that the bank gives back to what it charged, and payouts to people.

The release before this one goes on working: what it does not know is nullable or has a default.

Revision: 0006
Follows: 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_THE_BANK = sa.text("state IN ('processing', 'unknown', 'in_review')")


def _moment(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _amount() -> sa.Column[Any]:
    return sa.Column("amount", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=False)


def _of_a_movement() -> list[sa.Column[Any]]:
    return [
        sa.Column("bank_id", sa.String(120), nullable=True),
        sa.Column("idempotency_key", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(40), nullable=True),
        *(_moment(name) for name in ("processing_at", "sent_at", "last_sent_at", "in_review_at")),
    ]


def upgrade() -> None:
    with op.batch_alter_table("refunds") as refunds:
        for column in _of_a_movement():
            refunds.add_column(column)
        refunds.add_column(sa.Column("method", sa.String(24), nullable=False, server_default="efectivo"))
        refunds.alter_column("agency_code", existing_type=sa.String(20), nullable=True)
        refunds.create_unique_constraint(op.f("uq_refunds_idempotency_key"), ["idempotency_key"])
        refunds.create_check_constraint(
            op.f("ck_refunds_cash_has_its_agency"), "method <> 'efectivo' OR agency_code IS NOT NULL"
        )
    op.create_index(
        "ix_refunds_at_the_bank",
        "refunds",
        ["processing_at"],
        sqlite_where=_AT_THE_BANK,
        postgresql_where=_AT_THE_BANK,
    )
    op.create_table(
        "payouts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        _amount(),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("payee_name", sa.String(120), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("document_type", sa.String(24), nullable=False),
        sa.Column("document_number", sa.String(12), nullable=False),
        sa.Column("cci", sa.String(20), nullable=True),
        *_of_a_movement(),
        _moment("resolved_at"),
        _moment("created_at", nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payouts_amount_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint("number", name=op.f("uq_payouts_number")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_payouts_idempotency_key")),
    )
    op.create_index(
        "ix_payouts_at_the_bank",
        "payouts",
        ["processing_at"],
        sqlite_where=_AT_THE_BANK,
        postgresql_where=_AT_THE_BANK,
    )


def downgrade() -> None:
    of_the_bank = "SELECT count(*) FROM refunds WHERE method <> 'efectivo'", "SELECT count(*) FROM payouts"
    if any(op.get_bind().execute(sa.text(query)).scalar() for query in of_the_bank):
        raise RuntimeError("money has moved by the bank: the revision before has no place for its rows")
    op.drop_table("payouts")
    op.drop_index("ix_refunds_at_the_bank", "refunds")
    with op.batch_alter_table("refunds") as refunds:
        refunds.drop_constraint(op.f("ck_refunds_cash_has_its_agency"), type_="check")
        refunds.drop_constraint(op.f("uq_refunds_idempotency_key"), type_="unique")
        refunds.alter_column("agency_code", existing_type=sa.String(20), nullable=False)
        refunds.drop_column("method")
        for column in _of_a_movement():
            refunds.drop_column(column.name)
