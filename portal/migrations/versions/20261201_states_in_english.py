"""states in English: what quotes, purchases and codes keep, as the other tables do; people read the words of the domain.

The release before this one does not know the new words: it is stopped first.

Revision: 0008
Follows: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What each column kept, and what it keeps. Nothing ever wrote the other words that the release before knew.
_WORDS = {
    ("quotes", "state"): {"vigente": "valid", "comprada": "bought"},
    ("purchases", "state"): {
        "en curso": "open",
        "esperando pago": "awaiting_payment",
        "pagada": "paid",
        "emitida": "issued",
    },
    ("codes", "purpose"): {"cuenta": "account", "compra": "purchase", "correo": "email", "recuperar": "recovery"},
}


def upgrade() -> None:
    for (table, column), words in _WORDS.items():
        _replace(table, column, words)


def downgrade() -> None:
    for (table, column), words in _WORDS.items():
        _replace(table, column, {after: before for before, after in words.items()})


def _replace(table: str, column: str, words: dict[str, str]) -> None:
    cases = " ".join(f"WHEN '{before}' THEN '{after}'" for before, after in words.items())
    op.execute(f"UPDATE {table} SET {column} = CASE {column} {cases} ELSE {column} END")
