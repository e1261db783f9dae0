"""renewals: which policy one renews, since when it covers without a gap, and what its holder was told before its end.

Revision: 0039
Follows: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_GOES_ON = sa.text("cancelled_at IS NULL")
_RENEWS = sa.text("renews_id IS NOT NULL AND cancelled_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("renews_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("covered_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_policies_renews_id"), "policies", ["renews_id"], ["id"])
        batch_op.create_index(
            "ix_policies_ending", ["ends_at", "id"], sqlite_where=_GOES_ON, postgresql_where=_GOES_ON
        )
        batch_op.create_index(
            "uq_policies_renews", ["renews_id"], unique=True, sqlite_where=_RENEWS, postgresql_where=_RENEWS
        )
    op.create_table(
        "renewal_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_renewal_notices_policy_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_renewal_notices_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_notices")),
        sa.UniqueConstraint("policy_id", "level", name=op.f("uq_renewal_notices_policy_id_level")),
    )


def downgrade() -> None:
    op.drop_table("renewal_notices")
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.drop_index("uq_policies_renews")
        batch_op.drop_index("ix_policies_ending")
        batch_op.drop_constraint(batch_op.f("fk_policies_renews_id"), type_="foreignkey")
        batch_op.drop_column("covered_since")
        batch_op.drop_column("renews_id")
