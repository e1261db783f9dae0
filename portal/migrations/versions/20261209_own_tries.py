"""own tries: a known browser, an open session and a colleague have tries of their own, and the owner is told of others'.

Revision: 0016
Follows: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_IS_LOCKED = sa.text("locked_until IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "try_counts",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_try_counts_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_try_counts")),
    )
    op.create_index(op.f("ix_try_counts_touched_at"), "try_counts", ["touched_at"])
    op.add_column("accounts", sa.Column("tries_told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_accounts_locked", "accounts", ["locked_until"], sqlite_where=_IS_LOCKED, postgresql_where=_IS_LOCKED
    )
    op.add_column("recoveries", sa.Column("device_key", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("recoveries", "device_key")
    op.drop_index("ix_accounts_locked", table_name="accounts")
    op.drop_column("accounts", "tries_told_at")
    op.drop_table("try_counts")
