"""cash and staff: slips, receipts, refunds, decisions of two, the second step, heartbeats.

The release before this one goes on working: what it does not know is nullable or has a default.

Revision: 0002
Follows: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LIVE_BEFORE = sa.text("state IN ('created', 'processing', 'unknown', 'in_review', 'approved')")
_LIVE = sa.text("state IN ('created', 'processing', 'unknown', 'in_review', 'approved', 'awaiting_cash')")
_AWAITING = sa.text("state = 'awaiting_cash'")
_STANDS = sa.text("reversed_at IS NULL")
_OPEN = sa.text("decided_at IS NULL")
_FAILED = sa.text("state = 'failed'")
_UNSENT = sa.text("state <> 'sent'")
_UNREADY = sa.text("storage_key IS NULL")

# The staff's desk counts what waits at each look: it must not read what is done.
_WHAT_WAITS = (
    ("ix_outbox_failed", "outbox", "id", _FAILED),
    ("ix_messages_unsent", "messages", "queued_at", _UNSENT),
    ("ix_documents_unready", "documents", "created_at", _UNREADY),
)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _money() -> sa.Column[Any]:
    return sa.Column("amount", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("agency_code", sa.String(20), nullable=True))
        table.add_column(sa.Column("totp_secret", sa.LargeBinary(), nullable=True))
        table.add_column(_moment("totp_enrolled_at"))
        table.add_column(sa.Column("totp_counter", sa.Integer(), nullable=True))
        table.add_column(sa.Column("totp_tries", sa.Integer(), server_default="0", nullable=False))
        table.add_column(_moment("totp_locked_until"))
    with op.batch_alter_table("sessions") as table:
        table.add_column(_moment("second_step_at"))
    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("request_id", sa.String(36), nullable=True))
    with op.batch_alter_table("purchases") as table:
        table.add_column(sa.Column("cash_agency_code", sa.String(20), nullable=True))
    with op.batch_alter_table("endorsements") as table:
        table.add_column(sa.Column("kind", sa.String(24), server_default="issue", nullable=False))
    with op.batch_alter_table("payments") as table:
        table.drop_index("uq_payments_live", sqlite_where=_LIVE_BEFORE, postgresql_where=_LIVE_BEFORE)
        table.add_column(sa.Column("method", sa.String(24), server_default="cuenta", nullable=False))
        table.add_column(sa.Column("slip_code", sa.String(12), nullable=True))
        table.add_column(sa.Column("agency_code", sa.String(20), nullable=True))
        table.add_column(_moment("due_at"))
        table.add_column(_moment("reminded_at"))
        table.add_column(_moment("in_review_at"))
        table.create_unique_constraint(op.f("uq_payments_slip_code"), ["slip_code"])
        table.create_index("uq_payments_live", ["purchase_id"], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
        table.create_index("ix_payments_due", ["due_at"], sqlite_where=_AWAITING, postgresql_where=_AWAITING)
    op.execute("UPDATE payments SET in_review_at = processing_at WHERE state = 'in_review'")

    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        _moment("created_at", nullable=False),
        _moment("used_at"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_account_id"), "recovery_codes", ["account_id"])

    op.create_table(
        "cash_receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        _money(),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("received_by_id", sa.Integer(), nullable=False),
        _moment("received_at", nullable=False),
        sa.Column("issues", sa.Boolean(), nullable=False),
        _moment("reversed_at"),
        sa.Column("reversed_by_id", sa.Integer(), nullable=True),
        sa.Column("reversal_reason", sa.String(300), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cash_receipts_amount_positive")),
        sa.CheckConstraint(
            "reversed_by_id IS NULL OR reversed_by_id <> received_by_id",
            name=op.f("ck_cash_receipts_reversed_by_another"),
        ),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_cash_receipts_payment_id")),
        sa.ForeignKeyConstraint(["received_by_id"], ["accounts.id"], name=op.f("fk_cash_receipts_received_by_id")),
        sa.ForeignKeyConstraint(["reversed_by_id"], ["accounts.id"], name=op.f("fk_cash_receipts_reversed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_receipts")),
        sa.UniqueConstraint("number", name=op.f("uq_cash_receipts_number")),
    )
    op.create_index(
        "uq_cash_receipts_standing",
        "cash_receipts",
        ["payment_id"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )
    op.create_index("ix_cash_receipts_agency", "cash_receipts", ["agency_code", "received_at"])

    op.create_table(
        "refunds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("receipt_id", sa.Integer(), nullable=True),
        _money(),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        _moment("created_at", nullable=False),
        _moment("resolved_at"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_refunds_account_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["cash_receipts.id"], name=op.f("fk_refunds_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("number", name=op.f("uq_refunds_number")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_refunds_receipt_id")),
    )
    op.create_index(op.f("ix_refunds_account_id"), "refunds", ["account_id"])

    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("proposal", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        _moment("proposed_at", nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        _moment("decided_at"),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name=op.f("ck_decisions_decided_by_another")
        ),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["accounts.id"], name=op.f("fk_decisions_proposed_by_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts.id"], name=op.f("fk_decisions_decided_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(
        "uq_decisions_open",
        "decisions",
        ["kind", "subject_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )

    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        _moment("started_at", nullable=False),
        _moment("seen_at", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )

    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("payment_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("receipt_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("render_ms", sa.Integer(), nullable=True))
        table.add_column(sa.Column("reserved_key", sa.String(120), nullable=True))
        table.create_foreign_key(op.f("fk_documents_payment_id"), "payments", ["payment_id"], ["id"])
        table.create_foreign_key(op.f("fk_documents_receipt_id"), "cash_receipts", ["receipt_id"], ["id"])
        table.create_unique_constraint("uq_documents_payment", ["kind", "payment_id"])
        table.create_unique_constraint("uq_documents_receipt", ["kind", "receipt_id"])

    for name, table_name, column, where in _WHAT_WAITS:
        op.create_index(name, table_name, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table_name, _column, where in _WHAT_WAITS:
        op.drop_index(name, table_name, sqlite_where=where, postgresql_where=where)
    with op.batch_alter_table("documents") as table:
        table.drop_constraint("uq_documents_receipt", type_="unique")
        table.drop_constraint("uq_documents_payment", type_="unique")
        table.drop_constraint(op.f("fk_documents_receipt_id"), type_="foreignkey")
        table.drop_constraint(op.f("fk_documents_payment_id"), type_="foreignkey")
        table.drop_column("reserved_key")
        table.drop_column("render_ms")
        table.drop_column("receipt_id")
        table.drop_column("payment_id")
    for name in ("heartbeats", "decisions", "refunds", "cash_receipts", "recovery_codes"):
        op.drop_table(name)
    with op.batch_alter_table("payments") as table:
        table.drop_index("ix_payments_due", sqlite_where=_AWAITING, postgresql_where=_AWAITING)
        table.drop_index("uq_payments_live", sqlite_where=_LIVE, postgresql_where=_LIVE)
        table.drop_constraint(op.f("uq_payments_slip_code"), type_="unique")
        for column in ("in_review_at", "reminded_at", "due_at", "agency_code", "slip_code", "method"):
            table.drop_column(column)
        table.create_index(
            "uq_payments_live", ["purchase_id"], unique=True, sqlite_where=_LIVE_BEFORE, postgresql_where=_LIVE_BEFORE
        )
    with op.batch_alter_table("endorsements") as table:
        table.drop_column("kind")
    with op.batch_alter_table("purchases") as table:
        table.drop_column("cash_agency_code")
    with op.batch_alter_table("messages") as table:
        table.drop_column("request_id")
    with op.batch_alter_table("sessions") as table:
        table.drop_column("second_step_at")
    with op.batch_alter_table("accounts") as table:
        for column in (
            "totp_locked_until",
            "totp_tries",
            "totp_counter",
            "totp_enrolled_at",
            "totp_secret",
            "agency_code",
        ):
            table.drop_column(column)
