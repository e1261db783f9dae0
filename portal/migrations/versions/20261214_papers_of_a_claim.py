"""papers of a claim: an index by which all papers of a claim are found, and one for the files of whatever they belong to.

Revision: 0021
Follows: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_claim_papers_claim", "claim_papers", ["claim_id", "state"])
    op.create_index("ix_stored_files_owner", "stored_files", ["owner_kind", "owner_id"])


def downgrade() -> None:
    op.drop_index("ix_stored_files_owner", table_name="stored_files")
    op.drop_index("ix_claim_papers_claim", table_name="claim_papers")
