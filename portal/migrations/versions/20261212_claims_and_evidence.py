"""claims and evidence: notices, claims with their people, papers, answers and appeals; evidence of a sale; documents for
people without an account, and what signature one carries; payouts that pay a claim, or wait at an agency.

Revision: 0019
Follows: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("insured_name", sa.String(length=120), nullable=False),
        sa.Column("insured_country", sa.String(length=2), nullable=True),
        sa.Column("insured_document_type", sa.String(24), nullable=True),
        sa.Column("insured_document_number", sa.String(length=12), nullable=True),
        sa.Column("policy_number", sa.String(length=24), nullable=False),
        sa.Column("event_date", sa.Date(), nullable=True),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("names", sa.String(length=60), nullable=False),
        sa.Column("surnames", sa.String(length=121), nullable=False),
        sa.Column("relation", sa.String(length=60), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("document_type", sa.String(24), nullable=False),
        sa.Column("document_number", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=15), nullable=False),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("state = 'draft' OR number IS NOT NULL", name=op.f("ck_notices_confirmed_has_number")),
        sa.ForeignKeyConstraint(["assignee_id"], ["accounts.id"], name=op.f("fk_notices_assignee_id")),
        sa.ForeignKeyConstraint(["entered_by_id"], ["accounts.id"], name=op.f("fk_notices_entered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("number", name=op.f("uq_notices_number")),
        sa.UniqueConstraint("token", name=op.f("uq_notices_token")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            "ix_notices_insured", ["insured_country", "insured_document_type", "insured_document_number"], unique=False
        )
        batch_op.create_index("ix_notices_sender", ["country", "document_type", "document_number"], unique=False)
        batch_op.create_index(
            "ix_notices_unmatched",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'new'"),
            postgresql_where=sa.text("state = 'new'"),
        )

    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purchase_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchases.id"], name=op.f("fk_evidence_purchase_id")),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["accounts.id"], name=op.f("fk_evidence_reviewed_by_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["accounts.id"], name=op.f("fk_evidence_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(
            "ix_evidence_to_review",
            ["received_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )
        batch_op.create_index("uq_evidence_kind", ["purchase_id", "kind"], unique=True)

    op.create_table(
        "claims",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("coverage_code", sa.String(length=40), nullable=True),
        sa.Column("event_date", sa.Date(), nullable=True),
        sa.Column("cause", sa.String(24), nullable=True),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("registered_by_id", sa.Integer(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("previous_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'discarded') OR number IS NOT NULL", name=op.f("ck_claims_registered_has_number")
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["accounts.id"], name=op.f("fk_claims_assignee_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_claims_policy_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["claims.id"], name=op.f("fk_claims_previous_id")),
        sa.ForeignKeyConstraint(["registered_by_id"], ["accounts.id"], name=op.f("fk_claims_registered_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint("number", name=op.f("uq_claims_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_claims_public_id")),
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claims_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(
            "ix_claims_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
            postgresql_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
        )
        batch_op.create_index(
            "ix_claims_open",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
            postgresql_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
        )
        batch_op.create_index("ix_claims_policy", ["policy_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claims_previous_id"), ["previous_id"], unique=False)
        batch_op.create_index("ix_claims_registrar", ["registered_by_id", "id"], unique=False)

    op.create_table(
        "contracting_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], name=op.f("fk_contracting_files_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracting_files")),
        sa.UniqueConstraint("policy_id", "edition", name=op.f("uq_contracting_files_policy_id_edition")),
    )
    op.create_table(
        "claim_notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_claim_notes_author_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_notes_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_notes")),
    )
    with op.batch_alter_table("claim_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_notes_claim_id"), ["claim_id"], unique=False)

    op.create_table(
        "claim_resolutions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("spent", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("total", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reckoning", sa.String(length=300), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_resolutions_claim_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["accounts.id"], name=op.f("fk_claim_resolutions_confirmed_by_id")
        ),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["accounts.id"], name=op.f("fk_claim_resolutions_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_resolutions")),
    )
    with op.batch_alter_table("claim_resolutions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_resolutions_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(
            "uq_claim_resolutions_standing",
            ["claim_id"],
            unique=True,
            sqlite_where=sa.text("confirmed_at IS NOT NULL"),
            postgresql_where=sa.text("confirmed_at IS NOT NULL"),
        )

    op.create_table(
        "claim_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_tasks_claim_id")),
        sa.ForeignKeyConstraint(["done_by_id"], ["accounts.id"], name=op.f("fk_claim_tasks_done_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_tasks")),
        sa.UniqueConstraint("claim_id", "kind", name=op.f("uq_claim_tasks_claim_id_kind")),
    )
    with op.batch_alter_table("claim_tasks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_claim_tasks_undone",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "claim_parties",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("names", sa.String(length=60), nullable=False),
        sa.Column("surnames", sa.String(length=121), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("document_type", sa.String(24), nullable=True),
        sa.Column("document_number", sa.String(length=12), nullable=True),
        sa.Column("relation", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=15), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("beneficiary_id", sa.Integer(), nullable=True),
        sa.Column("represented_by_id", sa.Integer(), nullable=True),
        sa.Column("share", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("way", sa.String(24), nullable=True),
        sa.Column("cci", sa.String(length=20), nullable=True),
        sa.Column("agency_code", sa.String(length=20), nullable=True),
        sa.Column("way_chosen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("excluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ground", sa.String(length=300), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "way IS NULL OR (cci IS NOT NULL) <> (agency_code IS NOT NULL)",
            name=op.f("ck_claim_parties_one_way_to_be_paid"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_claim_parties_account_id")),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["policy_beneficiaries.id"], name=op.f("fk_claim_parties_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_parties_claim_id")),
        sa.ForeignKeyConstraint(
            ["represented_by_id"], ["claim_parties.id"], name=op.f("fk_claim_parties_represented_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_parties")),
    )
    with op.batch_alter_table("claim_parties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_parties_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_claim_parties_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(
            "ix_claim_parties_identity", ["country", "document_type", "document_number"], unique=False
        )

    op.create_table(
        "claim_appeals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["answered_by_id"], ["accounts.id"], name=op.f("fk_claim_appeals_answered_by_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_appeals_claim_id")),
        sa.ForeignKeyConstraint(["party_id"], ["claim_parties.id"], name=op.f("fk_claim_appeals_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_appeals")),
        sa.UniqueConstraint("number", name=op.f("uq_claim_appeals_number")),
    )
    with op.batch_alter_table("claim_appeals", schema=None) as batch_op:
        batch_op.create_index(
            "ix_claim_appeals_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index(
            "uq_claim_appeals_open",
            ["claim_id", "party_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "claim_awards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resolution_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(12, 2).with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_claim_awards_not_negative")),
        sa.ForeignKeyConstraint(["party_id"], ["claim_parties.id"], name=op.f("fk_claim_awards_party_id")),
        sa.ForeignKeyConstraint(
            ["resolution_id"], ["claim_resolutions.id"], name=op.f("fk_claim_awards_resolution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_awards")),
        sa.UniqueConstraint("resolution_id", "party_id", name=op.f("uq_claim_awards_resolution_id_party_id")),
    )
    with op.batch_alter_table("claim_awards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_awards_party_id"), ["party_id"], unique=False)

    op.create_table(
        "claim_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("is_instead", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_papers_claim_id")),
        sa.ForeignKeyConstraint(["party_id"], ["claim_parties.id"], name=op.f("fk_claim_papers_party_id")),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["accounts.id"], name=op.f("fk_claim_papers_reviewed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_papers")),
    )
    with op.batch_alter_table("claim_papers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_papers_party_id"), ["party_id"], unique=False)
        batch_op.create_index(
            "uq_claim_papers_of_claim",
            ["claim_id", "code"],
            unique=True,
            sqlite_where=sa.text("party_id IS NULL"),
            postgresql_where=sa.text("party_id IS NULL"),
        )
        batch_op.create_index(
            "uq_claim_papers_of_party",
            ["claim_id", "party_id", "code"],
            unique=True,
            sqlite_where=sa.text("party_id IS NOT NULL"),
            postgresql_where=sa.text("party_id IS NOT NULL"),
        )

    op.create_table(
        "notice_matches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("matched_by_id", sa.Integer(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_notice_matches_claim_id")),
        sa.ForeignKeyConstraint(["matched_by_id"], ["accounts.id"], name=op.f("fk_notice_matches_matched_by_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_matches_notice_id")),
        sa.ForeignKeyConstraint(["party_id"], ["claim_parties.id"], name=op.f("fk_notice_matches_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_matches")),
    )
    with op.batch_alter_table("notice_matches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_matches_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_matches_party_id"), ["party_id"], unique=False)
        batch_op.create_index("uq_notice_matches", ["notice_id", "claim_id"], unique=True)

    op.create_table(
        "claim_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(length=600), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_claim_events_actor_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_events_claim_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["claim_papers.id"], name=op.f("fk_claim_events_paper_id")),
        sa.ForeignKeyConstraint(["party_id"], ["claim_parties.id"], name=op.f("fk_claim_events_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_events")),
    )
    with op.batch_alter_table("claim_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_events_claim_id"), ["claim_id"], unique=False)

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("signature", sa.String(length=8), nullable=True))
        batch_op.alter_column("account_id", existing_type=sa.INTEGER(), nullable=True)

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claim_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("notice_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_messages_claim_id"), ["claim_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_notice_id"), ["notice_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_messages_claim_id"), "claims", ["claim_id"], ["id"])
        batch_op.create_foreign_key(batch_op.f("fk_messages_notice_id"), "notices", ["notice_id"], ["id"])

    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agency_code", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("award_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("collect_by", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("code_binding", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("code_verified_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_payouts_award_id"), ["award_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_payouts_award_id"), "claim_awards", ["award_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("payouts", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_payouts_award_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_payouts_award_id"))
        batch_op.drop_column("code_verified_at")
        batch_op.drop_column("code_binding")
        batch_op.drop_column("collect_by")
        batch_op.drop_column("award_id")
        batch_op.drop_column("agency_code")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_messages_notice_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_messages_claim_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_messages_notice_id"))
        batch_op.drop_index(batch_op.f("ix_messages_claim_id"))
        batch_op.drop_column("notice_id")
        batch_op.drop_column("claim_id")

    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.alter_column("account_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("signature")

    with op.batch_alter_table("claim_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_events_claim_id"))

    op.drop_table("claim_events")
    with op.batch_alter_table("notice_matches", schema=None) as batch_op:
        batch_op.drop_index("uq_notice_matches")
        batch_op.drop_index(batch_op.f("ix_notice_matches_party_id"))
        batch_op.drop_index(batch_op.f("ix_notice_matches_claim_id"))

    op.drop_table("notice_matches")
    with op.batch_alter_table("claim_papers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claim_papers_of_party",
            sqlite_where=sa.text("party_id IS NOT NULL"),
            postgresql_where=sa.text("party_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_claim_papers_of_claim",
            sqlite_where=sa.text("party_id IS NULL"),
            postgresql_where=sa.text("party_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_claim_papers_party_id"))

    op.drop_table("claim_papers")
    with op.batch_alter_table("claim_awards", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_awards_party_id"))

    op.drop_table("claim_awards")
    with op.batch_alter_table("claim_appeals", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claim_appeals_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(
            "ix_claim_appeals_due", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )

    op.drop_table("claim_appeals")
    with op.batch_alter_table("claim_parties", schema=None) as batch_op:
        batch_op.drop_index("ix_claim_parties_identity")
        batch_op.drop_index(batch_op.f("ix_claim_parties_claim_id"))
        batch_op.drop_index(batch_op.f("ix_claim_parties_account_id"))

    op.drop_table("claim_parties")
    with op.batch_alter_table("claim_tasks", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_claim_tasks_undone",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.drop_table("claim_tasks")
    with op.batch_alter_table("claim_resolutions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_claim_resolutions_standing",
            sqlite_where=sa.text("confirmed_at IS NOT NULL"),
            postgresql_where=sa.text("confirmed_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_claim_resolutions_claim_id"))

    op.drop_table("claim_resolutions")
    with op.batch_alter_table("claim_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_notes_claim_id"))

    op.drop_table("claim_notes")
    op.drop_table("contracting_files")
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.drop_index("ix_claims_registrar")
        batch_op.drop_index(batch_op.f("ix_claims_previous_id"))
        batch_op.drop_index("ix_claims_policy")
        batch_op.drop_index(
            "ix_claims_open",
            sqlite_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
            postgresql_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
        )
        batch_op.drop_index(
            "ix_claims_due",
            sqlite_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
            postgresql_where=sa.text("state IN ('registered', 'assessed', 'observed', 'approved')"),
        )
        batch_op.drop_index(batch_op.f("ix_claims_assignee_id"))

    op.drop_table("claims")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("uq_evidence_kind")
        batch_op.drop_index(
            "ix_evidence_to_review",
            sqlite_where=sa.text("state = 'received'"),
            postgresql_where=sa.text("state = 'received'"),
        )

    op.drop_table("evidence")
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notices_unmatched", sqlite_where=sa.text("state = 'new'"), postgresql_where=sa.text("state = 'new'")
        )
        batch_op.drop_index("ix_notices_sender")
        batch_op.drop_index("ix_notices_insured")
        batch_op.drop_index(batch_op.f("ix_notices_created_at"))

    op.drop_table("notices")
