"""days told: how many days there were, by who registers a claim whose coverage pays by them.

Revision: 0027
Follows: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("days_told", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("claims", "days_told")
