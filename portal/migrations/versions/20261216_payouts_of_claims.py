"""payouts of claims: one that stands for each award, those that wait at an agency by that agency, and one way each.

Revision: 0023
Follows: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_STANDS = sa.text("award_id IS NOT NULL AND state NOT IN ('refused', 'expired', 'void')")
_AWAITS = sa.text("state = 'awaiting_collection'")


def upgrade() -> None:
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.create_check_constraint(batch_op.f("ck_payouts_one_way"), "agency_code IS NULL OR cci IS NULL")
        batch_op.create_index(
            "uq_payouts_standing", ["award_id"], unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS
        )
        batch_op.create_index(
            "ix_payouts_to_collect", ["agency_code", "id"], sqlite_where=_AWAITS, postgresql_where=_AWAITS
        )


def downgrade() -> None:
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.drop_index("ix_payouts_to_collect")
        batch_op.drop_index("uq_payouts_standing")
        batch_op.drop_constraint(batch_op.f("ck_payouts_one_way"), type_="check")
