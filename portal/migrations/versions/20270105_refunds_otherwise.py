"""refunds otherwise: what the bank refused is given back by another row, and one of these stands.

Revision: 0034
Follows: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_GIVES = sa.text("instead_of_id IS NOT NULL AND state NOT IN ('refused', 'void')")
_LEFT = sa.text("state = 'refused' AND change_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("instead_of_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_refunds_instead_of_id"), "refunds", ["instead_of_id"], ["id"])
        batch_op.create_index(
            "uq_refunds_instead", ["instead_of_id"], unique=True, sqlite_where=_GIVES, postgresql_where=_GIVES
        )
        batch_op.create_index("ix_refunds_left", ["id"], sqlite_where=_LEFT, postgresql_where=_LEFT)


def downgrade() -> None:
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index("ix_refunds_left")
        batch_op.drop_index("uq_refunds_instead")
        batch_op.drop_constraint(batch_op.f("fk_refunds_instead_of_id"), type_="foreignkey")
        batch_op.drop_column("instead_of_id")
