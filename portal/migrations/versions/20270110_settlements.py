"""settlements: what the bank tells that it moved on a day, its lines, and how they differ from our books; and what ended
by the bank, by when it did.

Revision: 0035
Follows: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_AWAITED = sa.text("received_at IS NULL")
_OPEN = sa.text("state = 'open'")
_WITHOUT_LINE = sa.text("line_id IS NULL")
_ENDED = {
    "payments": sa.text("method = 'cuenta' AND resolved_at IS NOT NULL"),
    "refunds": sa.text("method = 'cuenta' AND resolved_at IS NOT NULL"),
    "payouts": sa.text("agency_code IS NULL AND resolved_at IS NOT NULL"),
}


def upgrade() -> None:
    op.create_table(
        "settlements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
        sa.UniqueConstraint("day", name=op.f("uq_settlements_day")),
    )
    with op.batch_alter_table("settlements", schema=None) as batch_op:
        batch_op.create_index(
            "ix_settlements_awaited", ["day"], unique=False, sqlite_where=_AWAITED, postgresql_where=_AWAITED
        )
    op.create_table(
        "settlement_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("bank_id", sa.String(length=100), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matched", sa.String(length=40), nullable=True),
        sa.Column("taken_away_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlements.id"], name=op.f("fk_settlement_lines_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_lines")),
        sa.UniqueConstraint("matched", name=op.f("uq_settlement_lines_matched")),
    )
    with op.batch_alter_table("settlement_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_lines_settlement_id"), ["settlement_id"], unique=False)
    op.create_table(
        "settlement_differences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("movement", sa.String(length=24), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=True),
        sa.Column("our_amount", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "line_id IS NOT NULL OR number IS NOT NULL", name=op.f("ck_settlement_differences_about_something")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["settlement_lines.id"], name=op.f("fk_settlement_differences_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["settlement_id"], ["settlements.id"], name=op.f("fk_settlement_differences_settlement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_differences")),
    )
    with op.batch_alter_table("settlement_differences", schema=None) as batch_op:
        batch_op.create_index("ix_settlement_differences_day", ["settlement_id", "id"], unique=False)
        batch_op.create_index("ix_settlement_differences_line", ["line_id"], unique=False)
        batch_op.create_index(
            "ix_settlement_differences_open", ["id"], unique=False, sqlite_where=_OPEN, postgresql_where=_OPEN
        )
        batch_op.create_index(
            "uq_settlement_differences_missing",
            ["number"],
            unique=True,
            sqlite_where=_WITHOUT_LINE,
            postgresql_where=_WITHOUT_LINE,
        )
    for table, ended in _ENDED.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(
                f"ix_{table}_resolved", ["resolved_at"], unique=False, sqlite_where=ended, postgresql_where=ended
            )


def downgrade() -> None:
    for table in _ENDED:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(f"ix_{table}_resolved")
    op.drop_table("settlement_differences")
    op.drop_table("settlement_lines")
    op.drop_table("settlements")
