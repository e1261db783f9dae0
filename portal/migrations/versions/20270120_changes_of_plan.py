"""changes of plan: the plan that was asked for, and the payment that bought one.

Revision: 0041
Follows: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("policy_changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("plan_code", sa.String(length=40), nullable=True))
    with op.batch_alter_table("endorsements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("payment_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_endorsements_payment_id"), "payments", ["payment_id"], ["id"])
        batch_op.create_unique_constraint(batch_op.f("uq_endorsements_payment_id"), ["payment_id"])


def downgrade() -> None:
    with op.batch_alter_table("endorsements", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_endorsements_payment_id"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_endorsements_payment_id"), type_="foreignkey")
        batch_op.drop_column("payment_id")
    with op.batch_alter_table("policy_changes", schema=None) as batch_op:
        batch_op.drop_column("plan_code")
