"""documents by subject: one key for what a document is made of, whatever its kind, in place of a column a kind.

The release before this one does not know the new column: it is stopped first.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What a document of each kind is made of: the column that held its key, the table, the column's unique constraint.
_BEFORE = {
    "quote": ("quote_id", "quotes", "uq_documents_quote"),
    "policy": ("endorsement_id", "endorsements", "uq_documents_endorsement"),
    "endorsement": ("endorsement_id", "endorsements", "uq_documents_endorsement"),
    "slip": ("payment_id", "payments", "uq_documents_payment"),
    "receipt": ("receipt_id", "cash_receipts", "uq_documents_receipt"),
}
_COLUMNS = dict.fromkeys(_BEFORE.values())  # each once


def upgrade() -> None:
    op.add_column("documents", sa.Column("subject_id", sa.Integer(), nullable=True))
    for kind, (column, _table, _unique) in _BEFORE.items():
        op.execute(f"UPDATE documents SET subject_id = {column} WHERE kind = '{kind}'")
    with op.batch_alter_table("documents") as table:
        table.alter_column("subject_id", existing_type=sa.Integer(), nullable=False)
        for column, _table, unique in _COLUMNS:
            table.drop_constraint(unique, type_="unique")
            table.drop_constraint(op.f(f"fk_documents_{column}"), type_="foreignkey")
            table.drop_column(column)
        table.create_unique_constraint("uq_documents_subject", ["kind", "subject_id"])


def downgrade() -> None:
    for column, _table, _unique in _COLUMNS:
        op.add_column("documents", sa.Column(column, sa.Integer(), nullable=True))
    for kind, (column, _table, _unique) in _BEFORE.items():
        op.execute(f"UPDATE documents SET {column} = subject_id WHERE kind = '{kind}'")
    with op.batch_alter_table("documents") as table:
        table.drop_constraint("uq_documents_subject", type_="unique")
        table.drop_column("subject_id")
        for column, target, unique in _COLUMNS:
            table.create_foreign_key(op.f(f"fk_documents_{column}"), target, [column], ["id"])
            table.create_unique_constraint(unique, ["kind", column])
