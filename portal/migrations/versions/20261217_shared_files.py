"""shared files: one file serves several owners, each by a row of its own with the same keys.

Going back, what a second claim had of the first's files is the first's alone again.

Revision: 0024
Follows: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_KEYS = {"storage_key": "key", "thumbnail_key": "thumbnail"}


def upgrade() -> None:
    with op.batch_alter_table("stored_files") as files:
        for column, name in _KEYS.items():
            files.drop_constraint(f"uq_stored_files_{column}", type_="unique")
            files.create_index(f"ix_stored_files_{name}", [column])


def downgrade() -> None:
    op.execute("DELETE FROM stored_files WHERE id NOT IN (SELECT min(id) FROM stored_files GROUP BY storage_key)")
    with op.batch_alter_table("stored_files") as files:
        for column, name in _KEYS.items():
            files.drop_index(f"ix_stored_files_{name}")
            files.create_unique_constraint(f"uq_stored_files_{column}", [column])
