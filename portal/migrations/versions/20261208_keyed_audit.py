"""keyed audit, sealed tokens: which key is in a row's hash, and room for the bank's tokens once they are sealed.

The release before is stopped first: its rows would have no key, and be found as forged. Tokens that it kept in the clear are
taken away: who was about to pay validates the account again.

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TOKEN = sa.text("account_token IS NOT NULL")
_TABLES = (("purchases", "account_validated_at"), ("payments", "token_until"))


def upgrade() -> None:
    op.add_column("audit", sa.Column("key_id", sa.String(8)))
    for name, until in _TABLES:
        op.execute(f"UPDATE {name} SET account_token = NULL WHERE account_token IS NOT NULL")
        with op.batch_alter_table(name) as table:
            table.alter_column("account_token", existing_type=sa.String(500), type_=sa.String(1000), existing_nullable=True)
            table.create_index(f"ix_{name}_token", [until], sqlite_where=_TOKEN, postgresql_where=_TOKEN)


def downgrade() -> None:
    for name, _until in _TABLES:
        op.execute(f"UPDATE {name} SET account_token = NULL WHERE account_token IS NOT NULL")
        with op.batch_alter_table(name) as table:
            table.drop_index(f"ix_{name}_token")
            table.alter_column("account_token", existing_type=sa.String(1000), type_=sa.String(500), existing_nullable=True)
    op.drop_column("audit", "key_id")
