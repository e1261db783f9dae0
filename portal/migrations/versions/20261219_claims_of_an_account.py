"""claims of an account: whose policy a claim is of stands beside it, with the lists that are read by it. Papers that wait for
the desk are found by their claim, and evidence that was asked again by its purchase.

The release before is stopped first: what it registers would stand in no list of its owner.

Revision: 0026
Follows: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_NUMBERED = sa.text("number IS NOT NULL")
_OPEN = sa.text("state IN ('registered', 'assessed', 'observed', 'approved')")
_RECEIVED = sa.text("state = 'received'")
_ASKED = sa.text("state = 'observed'")


def upgrade() -> None:
    with op.batch_alter_table("claims") as table:
        table.add_column(sa.Column("account_id", sa.Integer(), nullable=True))
        table.create_foreign_key(table.f("fk_claims_account_id"), "accounts", ["account_id"], ["id"])
    op.execute("UPDATE claims SET account_id = (SELECT account_id FROM policies WHERE policies.id = claims.policy_id)")
    op.create_index(
        "ix_claims_account", "claims", ["account_id", "id"], sqlite_where=_NUMBERED, postgresql_where=_NUMBERED
    )
    op.create_index("ix_claims_account_open", "claims", ["account_id", "id"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_claim_parties_account", "claim_parties", ["account_id", "claim_id"])
    op.drop_index("ix_claim_parties_account_id", table_name="claim_parties")
    op.create_index(
        "ix_claim_papers_received", "claim_papers", ["claim_id"], sqlite_where=_RECEIVED, postgresql_where=_RECEIVED
    )
    op.create_index("ix_evidence_asked", "evidence", ["purchase_id"], sqlite_where=_ASKED, postgresql_where=_ASKED)


def downgrade() -> None:
    op.drop_index("ix_evidence_asked", table_name="evidence")
    op.drop_index("ix_claim_papers_received", table_name="claim_papers")
    op.create_index("ix_claim_parties_account_id", "claim_parties", ["account_id"])
    op.drop_index("ix_claim_parties_account", table_name="claim_parties")
    op.drop_index("ix_claims_account_open", table_name="claims")
    op.drop_index("ix_claims_account", table_name="claims")
    with op.batch_alter_table("claims") as table:
        table.drop_constraint(table.f("fk_claims_account_id"), type_="foreignkey")
        table.drop_column("account_id")
