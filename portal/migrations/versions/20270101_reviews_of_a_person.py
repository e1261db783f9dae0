"""reviews of a person: their letters, and what they asked for, are found by whose they are.

Revision: 0033
Follows: 0032
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("claim_appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_appeals_party_id"), ["party_id"])


def downgrade() -> None:
    with op.batch_alter_table("claim_appeals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_appeals_party_id"))
