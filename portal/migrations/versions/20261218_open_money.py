"""money that waits for people is found by indexes of its own: charges that are not given back, refunds that are
collected at an agency, awards that are not paid, and decisions by their subject.

Revision: 0025
Follows: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_NOT_RETURNED = sa.text("method = 'cuenta' AND state IN ('refused', 'in_review')")
_AWAITS = sa.text("state = 'awaiting_collection'")
_UNPAID = sa.text("paid_at IS NULL AND amount > 0")


def upgrade() -> None:
    op.create_index("ix_decisions_subject", "decisions", ["kind", "subject_id"])
    op.create_index(
        "ix_refunds_not_returned", "refunds", ["payment_id"], sqlite_where=_NOT_RETURNED, postgresql_where=_NOT_RETURNED
    )
    op.create_index(
        "ix_refunds_to_collect", "refunds", ["agency_code", "id"], sqlite_where=_AWAITS, postgresql_where=_AWAITS
    )
    op.create_index(
        "ix_claim_awards_unpaid", "claim_awards", ["resolution_id"], sqlite_where=_UNPAID, postgresql_where=_UNPAID
    )


def downgrade() -> None:
    op.drop_index("ix_claim_awards_unpaid", table_name="claim_awards")
    op.drop_index("ix_refunds_to_collect", table_name="refunds")
    op.drop_index("ix_refunds_not_returned", table_name="refunds")
    op.drop_index("ix_decisions_subject", table_name="decisions")
