"""documents of any country: an account is found by its document's number alone.

Whoever signs in, and whoever searches, types a number without its country.

Revision: 0004
Follows: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_accounts_document_number", "accounts", ["document_number"])


def downgrade() -> None:
    op.drop_index("ix_accounts_document_number", "accounts")
