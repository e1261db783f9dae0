"""verification codes: the eight signs under the QR of a policy, which people type where they can't point a camera.

Every policy that there is gets one, for what is printed of it from now on. The release before issues policies without:
the column takes none, and their documents print none.

Revision: 0044
Follows: 0043
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_SIGNS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_AT_ONCE = 5000

_policies = sa.table("policies", sa.column("id", sa.Integer), sa.column("verification_code", sa.String(8)))


def upgrade() -> None:
    op.add_column("policies", sa.Column("verification_code", sa.String(length=8), nullable=True))
    connection = op.get_bind()
    ids = connection.scalars(sa.select(_policies.c.id)).all()
    codes: set[str] = set()
    while len(codes) < len(ids):
        code = "".join(secrets.choice(_SIGNS) for _ in range(8))
        if not code.isdigit():
            codes.add(code)
    given = [{"policy": one, "code": code} for one, code in zip(ids, codes, strict=True)]
    write = (
        sa.update(_policies)
        .where(_policies.c.id == sa.bindparam("policy"))
        .values(verification_code=sa.bindparam("code"))
    )
    for start in range(0, len(given), _AT_ONCE):
        connection.execute(write, given[start : start + _AT_ONCE])
    op.create_index("uq_policies_verification_code", "policies", ["verification_code"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_policies_verification_code", "policies")
    op.drop_column("policies", "verification_code")
