"""refunds by code: cash is given back to whoever says the code that was mailed to the customer.

Revision: 0017
Follows: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("refunds", sa.Column("code_binding", sa.String(length=64), nullable=True))
    op.add_column("refunds", sa.Column("code_verified_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("refunds", "code_verified_at")
    op.drop_column("refunds", "code_binding")
