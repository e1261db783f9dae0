"""what somebody has a part in is found by indexes: purchases that they sold, hold, are insured by or named in, and
evidence that they sent. So are the minors for whom nobody acts.

Revision: 0032
Follows: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_SOLD = sa.text("seller_id IS NOT NULL")
_OF_EVIDENCE = sa.text("owner_kind = 'evidence' AND state IN ('stored', 'lost')")
_ALONE = sa.text("represented_by_id IS NULL AND excluded_at IS NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_purchases_seller", "purchases", ["seller_id"], sqlite_where=_SOLD, postgresql_where=_SOLD)
    op.create_index("ix_quotes_holder_id", "quotes", ["holder_id"])
    op.create_index("ix_quotes_insured_id", "quotes", ["insured_id"])
    op.create_index(
        "ix_purchase_beneficiaries_identity",
        "purchase_beneficiaries",
        ["country", "document_type", "document_number"],
    )
    op.create_index(
        "ix_stored_files_sent",
        "stored_files",
        ["sender_id", "owner_id"],
        sqlite_where=_OF_EVIDENCE,
        postgresql_where=_OF_EVIDENCE,
    )
    op.create_index(
        "ix_claim_parties_alone", "claim_parties", ["birth_date"], sqlite_where=_ALONE, postgresql_where=_ALONE
    )


def downgrade() -> None:
    op.drop_index("ix_claim_parties_alone", table_name="claim_parties")
    op.drop_index("ix_stored_files_sent", table_name="stored_files")
    op.drop_index("ix_purchase_beneficiaries_identity", table_name="purchase_beneficiaries")
    op.drop_index("ix_quotes_insured_id", table_name="quotes")
    op.drop_index("ix_quotes_holder_id", table_name="quotes")
    op.drop_index("ix_purchases_seller", table_name="purchases")
