"""cancelled policies: by the field's word, in the policy's row and in its endorsement's kind.

The release before this one knows the older words: it is stopped first.

Revision: 0007
Follows: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE policies RENAME COLUMN annulled_at TO cancelled_at")
    op.execute("UPDATE endorsements SET kind = 'cancellation' WHERE kind = 'annulment'")


def downgrade() -> None:
    op.execute("UPDATE endorsements SET kind = 'annulment' WHERE kind = 'cancellation'")
    op.execute("ALTER TABLE policies RENAME COLUMN cancelled_at TO annulled_at")
