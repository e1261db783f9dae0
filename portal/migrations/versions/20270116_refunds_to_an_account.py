"""refunds to an account: what the bank refused is given back to another account of its owner, who is kept as the bank is
told of them. What it made after its end is found by an index.

Revision: 0037
Follows: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_NEW = {"cci": 20, "payee_name": 120, "document_type": 24, "document_number": 12}
_WHOLE = "cci IS NULL OR (instead_of_id IS NOT NULL AND payee_name IS NOT NULL AND document_number IS NOT NULL)"
_MADE = sa.text("reason = 'moved_after_the_end'")


def upgrade() -> None:
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        for name, length in _NEW.items():
            batch_op.add_column(sa.Column(name, sa.String(length=length), nullable=True))
        batch_op.create_index("ix_refunds_made_after", ["payment_id"], sqlite_where=_MADE, postgresql_where=_MADE)
        batch_op.create_check_constraint(batch_op.f("ck_refunds_account_has_its_owner"), _WHOLE)


def downgrade() -> None:
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index("ix_refunds_made_after")
        batch_op.drop_constraint(batch_op.f("ck_refunds_account_has_its_owner"), type_="check")
        for name in reversed(_NEW):
            batch_op.drop_column(name)
