"""undelivered policies: an index by which those are found that nothing proves to be with their holder.

Revision: 0036
Follows: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_UNDELIVERED = sa.text("delivered_at IS NULL AND cancelled_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.create_index(
            "ix_policies_undelivered",
            ["issued_at"],
            unique=False,
            sqlite_where=_UNDELIVERED,
            postgresql_where=_UNDELIVERED,
        )


def downgrade() -> None:
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.drop_index("ix_policies_undelivered")
