"""mails that end: until when what a mail asks for can be done, what its code is for, and when it was sent again.

The release before knows none of it and goes on: it sends what has ended, as it always did.

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SECRET = sa.text("secret IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("expires_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("secret_for", sa.String(60)))
        table.add_column(sa.Column("dated_at", sa.DateTime(timezone=True)))
        table.add_column(sa.Column("first_rfc_message_id", sa.String(120)))
        table.create_index(
            "ix_messages_secret_for", ["secret_for"], sqlite_where=_SECRET, postgresql_where=_SECRET
        )


def downgrade() -> None:
    with op.batch_alter_table("messages") as table:
        table.drop_index("ix_messages_secret_for")
        for column in ("first_rfc_message_id", "dated_at", "secret_for", "expires_at"):
            table.drop_column(column)
