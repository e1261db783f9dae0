"""corrected people: an endorsement may say who the policy named until then, and whom from then on.

The release before goes on working on the new schema. It does not know endorsements of the kind "correction": no
correction is confirmed before its last process has stopped.

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PEOPLE = ("person_before_id", "person_after_id")


def upgrade() -> None:
    with op.batch_alter_table("endorsements") as endorsements:
        for name in _PEOPLE:
            endorsements.add_column(sa.Column(name, sa.Integer(), nullable=True))
            endorsements.create_foreign_key(op.f(f"fk_endorsements_{name}_people"), "people", [name], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("endorsements") as endorsements:
        for name in _PEOPLE:
            endorsements.drop_constraint(op.f(f"fk_endorsements_{name}_people"), type_="foreignkey")
            endorsements.drop_column(name)
