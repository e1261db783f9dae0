"""How a mail is written in tests, and what its reader sees."""

from functools import cache
from html.parser import HTMLParser

from portal.domain.quote import QuotePurpose
from portal.models import CashReceipt, Payment, Refund
from portal.services.messaging import rendering
from portal.services.messaging.mails.account import AccountCode, EmailChanged
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.rendering import Written
from tests.documents import samples
from tests.emails.samples import every_mail

_WITHOUT_ACCOUNT = (AccountCode, EmailChanged)


def sample(kind: str) -> Mail:
    """The mail of that kind, made anew."""
    return next(mail for mail in every_mail() if mail.kind == kind)


SHARED = (  # what is told of a payment, whatever it buys
    "payment_confirming",
    "payment_given_back",
    "payment_in_review",
    "payment_receipt",
    "payment_refused",
    "payment_slip",
    "refund_opened",
    "slip_cancelled",
    "slip_expired",
    "slip_reminder",
)


def sample_of(kind: str, purpose: QuotePurpose) -> Mail:
    """The mail of that kind of a payment, for something of a policy that there is."""
    mail = sample(kind)
    told = next(one for one in vars(mail).values() if isinstance(one, (CashReceipt, Payment, Refund)))
    quote = (told if isinstance(told, Payment) else told.payment).purchase.quote
    quote.purpose, quote.policy = purpose, samples.policy_context()["policy"]
    return mail


def written(mail: Mail, *, name: str = "Juana Rosa") -> Written:
    """The mail as the portal writes it to somebody of that name."""
    account = None if isinstance(mail, _WITHOUT_ACCOUNT) else samples.account(person=samples.person(names=name))
    with samples.application().app_context():
        return rendering.write(mail, account)


@cache
def letters() -> dict[str, Written]:
    """One mail of each kind as it is written, by its kind; made once, since to make a sample all are made."""
    return {mail.kind: written(mail) for mail in every_mail()}


def letter(kind: str) -> Written:
    """The mail of that kind as it is written."""
    return letters()[kind]


class Reader(HTMLParser):
    """What a reader sees of an HTML mail, the tags it is made of and the addresses it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._unseen += tag in {"style", "title"}
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "background"}]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._unseen and data.strip():
            self.texts.append(" ".join(data.split()))


def plain(text: str) -> str:
    return " ".join(text.split())


def parts(found: Written) -> tuple[str, str]:
    return plain(found.text), " ".join(Reader(found.html).texts)
