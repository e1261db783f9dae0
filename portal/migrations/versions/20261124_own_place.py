"""own place: recovery, a change of address, known devices, corrected mails, the words of names.

The release before this one goes on working: what it does not know is nullable.

Revision: 0003
Follows: 0002
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BETWEEN = re.compile(r"[^\w]+|_")
_INSIDE = re.compile(r"['’`´.]")
_LONGEST = 90

# What a page of one customer must find without reading the rows of all.
_FOR_A_MILLION = (
    ("ix_cash_receipts_payment_id", "cash_receipts", ["payment_id"]),
    ("ix_refunds_payment_id", "refunds", ["payment_id"]),
    ("ix_policies_ends", "policies", ["account_id", "ends_at"]),
)


def upgrade() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("pending_email", sa.String(254), nullable=True))
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("device_key", sa.String(64), nullable=True))
    with op.batch_alter_table("messages") as table:
        table.add_column(sa.Column("first_recipient", sa.String(254), nullable=True))
    op.create_table(
        "recoveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("identity_key", sa.String(64), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip", sa.String(45), nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recoveries_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recoveries")),
        sa.UniqueConstraint("token", name=op.f("uq_recoveries_token")),
    )
    op.create_index(op.f("ix_recoveries_account_id"), "recoveries", ["account_id"])
    op.create_index(op.f("ix_recoveries_identity_key"), "recoveries", ["identity_key"])
    op.create_index(op.f("ix_recoveries_created_at"), "recoveries", ["created_at"])
    op.create_table(
        "name_words",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(90).with_variant(sa.String(90, collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_name_words_account_id")),
        sa.PrimaryKeyConstraint("account_id", "word", name=op.f("pk_name_words")),
    )
    for name, owner, columns in _FOR_A_MILLION:
        op.create_index(name, owner, columns)
    op.create_index("ix_name_words_word", "name_words", ["word", "account_id"])
    _spell_names()


def _spell_names() -> None:
    """The words of every account there is, a thousand accounts at a time."""
    connection = op.get_bind()
    after = 0
    known = sa.text(
        "SELECT accounts.id, names, paternal_surname, maternal_surname FROM accounts"
        " JOIN people ON people.id = accounts.person_id WHERE accounts.id > :after ORDER BY accounts.id LIMIT 1000"
    )
    while found := connection.execute(known, {"after": after}).all():
        rows = [{"account": one.id, "word": word} for one in found for word in _words(" ".join(one[1:]))]
        connection.execute(sa.text("INSERT INTO name_words (account_id, word) VALUES (:account, :word)"), rows)
        after = found[-1].id


def _words(text: str) -> list[str]:
    """The words of a name, as this release searched them: a later rule rewrites the table, never this migration."""
    plain = unicodedata.normalize("NFKD", _INSIDE.sub("", text.casefold()))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return sorted({word[:_LONGEST] for word in _BETWEEN.split(bare) if word})


def downgrade() -> None:
    for name, owner, _columns in _FOR_A_MILLION:
        op.drop_index(name, owner)
    op.drop_table("name_words")
    op.drop_table("recoveries")
    with op.batch_alter_table("messages") as table:
        table.drop_column("first_recipient")
    with op.batch_alter_table("sessions") as table:
        table.drop_column("device_key")
    with op.batch_alter_table("accounts") as table:
        table.drop_column("pending_email")
