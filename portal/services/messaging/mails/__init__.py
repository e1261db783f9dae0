"""Every mail that the portal writes: a class a kind, in the module of what it is about.

Their fields are rows and values of the domain, never what a wing above makes of them: so they stand together below
those wings, where "Mis Comunicaciones" finds all of them whatever else a process has imported.
"""

from portal.domain.message import Topic
from portal.services.messaging.mails import (
    account,
    cash,
    charges,
    claim_answers,
    claim_payments,
    claim_reviews,
    claims,
    evidence,
    insurers,
    notices,
    renewal,
    sale,
    second_step,
    servicing,
)
from portal.services.messaging.mails.mail import Mail

# By the word that stands in the rows of messages and names the folder of templates/emails.
KINDS: dict[str, type[Mail]] = {
    found.kind: found
    for module in (
        account,
        cash,
        charges,
        claim_answers,
        claim_payments,
        claim_reviews,
        claims,
        evidence,
        insurers,
        notices,
        renewal,
        sale,
        second_step,
        servicing,
    )
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, Mail) and hasattr(found, "kind")
}
IN_ORDER = tuple(kind for kind, mail in KINDS.items() if mail.keeps_order)


def kinds_of(topic: Topic) -> list[str]:
    """The kinds of mail that belong to a topic."""
    return [kind for kind, mail in KINDS.items() if mail.topic is topic]


def words_of(kind: str) -> str:
    """What happened, in a list. A kind that another release wrote is just a message."""
    return KINDS[kind].words if kind in KINDS else "Mensaje de MASSIV"


def is_private(kind: str) -> bool:
    """Whether what it says is for its receiver alone, as all about an account is. A kind that another release wrote may
    be."""
    return kind not in KINDS or KINDS[kind].topic is Topic.ACCOUNT
