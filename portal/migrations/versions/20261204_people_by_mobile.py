"""The desk finds a customer by their mobile: an index on it.

Revision: 0011
Follows: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people") as table:
        table.create_index("ix_people_phone", ["phone"])


def downgrade() -> None:
    with op.batch_alter_table("people") as table:
        table.drop_index("ix_people_phone")
