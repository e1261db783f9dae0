"""policy changes: what was asked to change in a policy until it is confirmed, who is named by it, its refunds, and when
the policy was received.

Revision: 0031
Follows: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    # What its mail proves of those that were issued before.
    op.execute(
        "UPDATE policies SET delivered_at = (SELECT min(sent_at) FROM messages "
        "WHERE messages.policy_id = policies.id AND kind = 'policy' AND state = 'sent')"
    )
    op.create_table(
        "policy_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("right", sa.String(length=24), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refund_method", sa.String(length=24), nullable=True),
        sa.Column("refund_agency", sa.String(length=20), nullable=True),
        sa.Column("endorsement_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("code_binding", sa.String(length=64), nullable=True),
        sa.Column("code_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'done') = (endorsement_id IS NOT NULL)", name=op.f("ck_policy_changes_done_has_endorsement")
        ),
        sa.CheckConstraint("refund >= 0", name=op.f("ck_policy_changes_refund_not_negative")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["accounts.id"], name=op.f("fk_policy_changes_asked_by_id")),
        sa.ForeignKeyConstraint(["endorsement_id"], ["endorsements.id"], name=op.f("fk_policy_changes_endorsement_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_policy_changes_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_changes")),
        sa.UniqueConstraint("endorsement_id", name=op.f("uq_policy_changes_endorsement_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_policy_changes_public_id")),
    )
    with op.batch_alter_table("policy_changes", schema=None) as batch_op:
        batch_op.create_index("ix_policy_changes_policy", ["policy_id", "id"], unique=False)
        batch_op.create_index(
            "uq_policy_changes_open", ["policy_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        )
    op.create_table(
        "change_beneficiaries",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("relation", sa.String(length=24), nullable=False),
        sa.Column("names", sa.String(length=60), nullable=False),
        sa.Column("surnames", sa.String(length=90), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("share", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("document_type", sa.String(length=24), nullable=True),
        sa.Column("document_number", sa.String(length=12), nullable=True),
        sa.Column("representative", sa.String(length=150), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["policy_changes.id"], name=op.f("fk_change_beneficiaries_change_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_beneficiaries")),
    )
    with op.batch_alter_table("change_beneficiaries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_beneficiaries_change_id"), ["change_id"], unique=False)
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("change_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_refunds_change_id"), "policy_changes", ["change_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_refunds_change_id"), ["change_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refunds_change_id"))
        batch_op.drop_constraint(batch_op.f("fk_refunds_change_id"), type_="foreignkey")
        batch_op.drop_column("change_id")
    op.drop_table("change_beneficiaries")
    op.drop_table("policy_changes")
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.drop_column("delivered_at")
