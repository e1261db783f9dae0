"""The words of customers' names, to search by: kept with the account, whoever sets its person."""

from sqlalchemy import ForeignKey, Index, String, event
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain import names
from portal.extensions import Base
from portal.models.accounts import Account
from portal.models.people import Person


class NameWord(Base):
    """One word of an account's present name, as names.words writes it. Compared byte by byte on both databases, so that
    an ordinary index answers "begins with": no extension and no operator class of one database is needed."""

    __tablename__ = "name_words"
    __table_args__ = (Index("ix_name_words_word", "word", "account_id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    word: Mapped[str] = mapped_column(
        String(names.LONGEST).with_variant(String(names.LONGEST, collation="C"), "postgresql"), primary_key=True
    )


@event.listens_for(Account.person, "set")
def _spell(account: Account, person: Person, _before: object, _initiator: object) -> None:
    """Keep the words of the person whom the account is now of."""
    wanted = set(names.words(person.full_name))
    for one in list(account.name_words):
        if one.word in wanted:
            wanted.remove(one.word)
        else:
            account.name_words.remove(one)
    account.name_words.extend(NameWord(word=word) for word in sorted(wanted))
