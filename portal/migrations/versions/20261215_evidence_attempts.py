"""evidence: which attempt its files belong to, and when its customer is told that they came.

Revision: 0022
Follows: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TO_CONFIRM = sa.text("confirm_at IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("evidence") as table:
        table.add_column(sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
        table.add_column(sa.Column("confirm_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_evidence_to_confirm",
        "evidence",
        ["confirm_at"],
        sqlite_where=_TO_CONFIRM,
        postgresql_where=_TO_CONFIRM,
    )


def downgrade() -> None:
    op.drop_index("ix_evidence_to_confirm", table_name="evidence")
    with op.batch_alter_table("evidence") as table:
        table.drop_column("confirm_at")
        table.drop_column("attempt")
