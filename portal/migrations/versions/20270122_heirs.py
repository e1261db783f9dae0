"""heirs: where the code goes to of who collects a refund in place of an owner who died, and what proves that they may.

Revision: 0043
Follows: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("payee_email", sa.String(length=254), nullable=True))
        batch_op.add_column(sa.Column("payee_proof", sa.String(length=80), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_column("payee_proof")
        batch_op.drop_column("payee_email")
