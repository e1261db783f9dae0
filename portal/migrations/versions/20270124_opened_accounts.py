"""opened accounts: what became of a sign-up, and the tries that the login page tells of, of any name.

Revision: 0045
Follows: 0044
"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("signups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_signups_account_id"), "accounts", ["account_id"], ["id"])
    op.create_table(
        "name_tries",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_name_tries")),
    )
    op.create_index(op.f("ix_name_tries_touched_at"), "name_tries", ["touched_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_name_tries_touched_at"), table_name="name_tries")
    op.drop_table("name_tries")
    with op.batch_alter_table("signups", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_signups_account_id"), type_="foreignkey")
        batch_op.drop_column("account_id")
