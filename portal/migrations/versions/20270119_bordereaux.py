"""bordereaux: what each insurer is told of a day, once; and by when policies and endorsements were made.

Revision: 0040
Follows: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bordereaux",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ruc", sa.String(length=11), nullable=False),
        sa.Column("insurer", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_bordereaux_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bordereaux")),
        sa.UniqueConstraint("ruc", "day", name="uq_bordereaux_day"),
        sa.UniqueConstraint("message_id", name=op.f("uq_bordereaux_message_id")),
    )
    for table, column in (("policies", "issued_at"), ("endorsements", "created_at")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column], unique=False)


def downgrade() -> None:
    for table, column in (("endorsements", "created_at"), ("policies", "issued_at")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_index(batch_op.f(f"ix_{table}_{column}"))
    op.drop_table("bordereaux")
