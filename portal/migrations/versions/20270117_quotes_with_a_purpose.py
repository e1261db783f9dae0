"""quotes with a purpose: what is bought by one, and the policy that it changes or renews.

Revision: 0038
Follows: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_SERVES = sa.text("policy_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("quotes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purpose", sa.String(length=24), server_default="purchase", nullable=False))
        batch_op.add_column(sa.Column("policy_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_quotes_policy_id"), "policies", ["policy_id"], ["id"])
        batch_op.create_index("ix_quotes_policy", ["policy_id"], sqlite_where=_SERVES, postgresql_where=_SERVES)
        batch_op.create_check_constraint(
            batch_op.f("ck_quotes_purpose_has_policy"), "(purpose = 'purchase') = (policy_id IS NULL)"
        )


def downgrade() -> None:
    with op.batch_alter_table("quotes", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_quotes_purpose_has_policy"), type_="check")
        batch_op.drop_index("ix_quotes_policy")
        batch_op.drop_constraint(batch_op.f("fk_quotes_policy_id"), type_="foreignkey")
        batch_op.drop_column("policy_id")
        batch_op.drop_column("purpose")
