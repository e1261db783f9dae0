"""account asks: how often a purchase's account was asked of the bank, for which card, and the answer.

The bank counts its questions: of several presses at once, one asks.

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("purchases") as purchases:
        purchases.add_column(sa.Column("account_asks", sa.Integer(), nullable=False, server_default="0"))
        purchases.add_column(sa.Column("account_asked", sa.String(64), nullable=True))
        purchases.add_column(sa.Column("account_answer", sa.String(20), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("purchases") as purchases:
        purchases.drop_column("account_answer")
        purchases.drop_column("account_asked")
        purchases.drop_column("account_asks")
