"""found at once: an account by its document's number alone, and charges that the bank told of too late.

Whoever signs in, and whoever searches, types a number without its country.

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CHARGED_LATE = sa.text("state IN ('declined', 'not_sent') AND authorization_code IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_accounts_document_number", "accounts", ["document_number"])
    op.create_index(
        "ix_payments_charged_late", "payments", ["id"], sqlite_where=_CHARGED_LATE, postgresql_where=_CHARGED_LATE
    )


def downgrade() -> None:
    op.drop_index("ix_payments_charged_late", "payments")
    op.drop_index("ix_accounts_document_number", "accounts")
