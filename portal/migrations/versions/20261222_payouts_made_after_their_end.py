"""payouts made after their end: those of which the bank said, once they had ended as not paid, that it had made them.

Revision: 0029
Follows: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_MADE_AFTER = sa.text("reason = 'moved_after_the_end'")


def upgrade() -> None:
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payouts_made_after", ["award_id"], sqlite_where=_MADE_AFTER, postgresql_where=_MADE_AFTER
        )


def downgrade() -> None:
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.drop_index("ix_payouts_made_after")
