"""notices: a draft that does not say yet who gives it, and the visits of people without an account.

Revision: 0020
Follows: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SENDER = {"country": sa.String(2), "document_type": sa.String(24), "document_number": sa.String(12)}


def upgrade() -> None:
    with op.batch_alter_table("notices", schema=None) as batch_op:
        for name, kind in _SENDER.items():
            batch_op.alter_column(name, existing_type=kind, nullable=True)
        batch_op.create_check_constraint(
            batch_op.f("ck_notices_confirmed_has_sender"), "state = 'draft' OR document_number IS NOT NULL"
        )
    op.create_table(
        "notice_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("asked_key", sa.String(length=64), nullable=False),
        sa.Column("browser_key", sa.String(length=64), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_visits_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_visits")),
        sa.UniqueConstraint("token", name=op.f("uq_notice_visits_token")),
    )
    with op.batch_alter_table("notice_visits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_visits_asked_key"), ["asked_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_visits_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_visits_notice_id"), ["notice_id"], unique=False)


def downgrade() -> None:
    op.drop_table("notice_visits")
    op.execute("DELETE FROM notices WHERE document_number IS NULL")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_notices_confirmed_has_sender"), type_="check")
        for name, kind in _SENDER.items():
            batch_op.alter_column(name, existing_type=kind, nullable=False)
