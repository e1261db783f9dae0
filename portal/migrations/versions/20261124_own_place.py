"""own place: recovery, a change of address, known devices, corrected mails.

The release before this one goes on working: what it does not know is nullable.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("pending_email", sa.String(254), nullable=True))
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("device_key", sa.String(64), nullable=True))
    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("first_recipient", sa.String(254), nullable=True))
    op.create_table(
        "recoveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recoveries_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recoveries")),
        sa.UniqueConstraint("token", name=op.f("uq_recoveries_token")),
    )
    op.create_index(op.f("ix_recoveries_account_id"), "recoveries", ["account_id"])
    op.create_index(op.f("ix_recoveries_created_at"), "recoveries", ["created_at"])


def downgrade() -> None:
    op.drop_table("recoveries")
    with op.batch_alter_table("messages") as table:
        table.drop_column("first_recipient")
    with op.batch_alter_table("sessions") as table:
        table.drop_column("device_key")
    with op.batch_alter_table("accounts") as table:
        table.drop_column("pending_email")
