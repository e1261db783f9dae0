"""What a customer was mailed, as they read it in "Mis Comunicaciones" (S35)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, select, true

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.formats import money
from portal.domain.message import (
    DELIVERY_STATES,
    UNDELIVERED_NAMES,
    Delivery,
    MessageState,
    Topic,
    Undelivered,
    why_undelivered,
)
from portal.domain.purchase import PaymentMethod
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import Claim, Message, Payment, Policy, Purchase, Quote
from portal.services.catalogue import offers
from portal.services.messaging import mails, outgoing
from portal.services.platform import paging

MOST_UNMAILED = 100  # of each kind among the messages of a page
_QUOTED = {QuotePurpose.PURCHASE: "Cotización hecha", QuotePurpose.RENEWAL: "Renovación cotizada"}


@dataclass(frozen=True, slots=True)
class Line:
    """A message in a list. `number`: of the claim, or else the policy, or else the quote, that it is about; None
    when about none."""

    id: int
    kind: str
    subject: str
    recipient: str
    state: MessageState
    reason: str | None
    queued_at: datetime
    number: str | None

    @property
    def words(self) -> str:
        """What happened."""
        return mails.words_of(self.kind)

    @property
    def why(self) -> str:
        """Why it did not arrive; empty unless that is so."""
        return UNDELIVERED_NAMES[why_undelivered(self.reason)] if self.state is MessageState.FAILED else ""


@dataclass(frozen=True, slots=True)
class Unmailed:
    """A quote, or a payment asked of a bank, which no mail tells of: a line of the same list. `insurance`: of a quote
    what it is for, of a payment how much it is; `purchase`: the public id of the one that is to be paid."""

    words: str
    number: str
    insurance: str
    queued_at: datetime
    purchase: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to read, with the address of what it is about: a claim, or else a policy, a purchase, a quote.

    `is_secret_gone`: it carried a code or a password, erased by now, so that it can't be sent again. `is_over`: nobody
    can do any more what it asks for, so that it isn't.
    """

    message: Message
    claim: str | None
    policy: str | None
    purchase: str | None
    quote: str | None
    is_secret_gone: bool
    is_over: bool

    @property
    def words(self) -> str:
        """What happened."""
        return mails.words_of(self.message.kind)

    @property
    def why(self) -> Undelivered | None:
        """Why it did not arrive; None unless that is so."""
        return why_undelivered(self.message.reason) if self.message.state is MessageState.FAILED else None

    @property
    def is_for_the_desk(self) -> bool:
        """Whether the staff may read its words: not what is about the account, nor a claim, which has its own page."""
        return not mails.is_private(self.message.kind) and self.message.claim_id is None

    @property
    def can_be_sent_again(self) -> bool:
        """Whether it did not arrive, and can still be sent."""
        return self.message.state is MessageState.FAILED and not (self.is_secret_gone or self.is_over)

    @property
    def can_be_redirected(self) -> bool:
        """Whether its owner may send it to another address."""
        if self.message.state is MessageState.SENT and mails.is_private(self.message.kind):
            return False  # it arrived, and is nobody else's business
        if self.is_secret_gone or self.is_over:
            return False
        return self.message.state in (MessageState.FAILED, MessageState.SENT)


def lines(
    actor: Actor,
    *,
    topic: Topic | None = None,
    delivery: Delivery | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[Line]:
    """The actor's own messages older than the message `before`, newest first: of one topic and one delivery, or all.
    One query."""
    query = _lines(actor.account_id)
    if topic is not None:
        query = query.where(Message.kind.in_(mails.kinds_of(topic)))
    if delivery is not None:
        query = query.where(Message.state.in_(DELIVERY_STATES[delivery]))
    return _page(query, before=before, limit=limit)


def with_unmailed(
    messages: Sequence[Line], actor: Actor, *, topic: Topic | None, before: int | None, is_last: bool
) -> tuple[list[Line | Unmailed], bool]:
    """A page of the actor's messages, among them what happened in the same time and no mail tells of, and whether more
    happened than is shown, the newest. Each page begins at the moment at which the one before ended. A query each."""
    earliest = None if is_last else messages[-1].queued_at
    older_than = select(Message.queued_at).where(Message.id == before, Message.account_id == actor.account_id)

    def within(at: Any) -> list[Any]:
        return [
            *([] if before is None else [at < older_than.scalar_subquery()]),
            *([] if earliest is None else [at >= earliest]),
        ]

    quoted = asked = list[Unmailed]()
    if topic in (None, Topic.QUOTES):
        quoted = [*_quoted(actor, within(Quote.created_at))]
    if topic in (None, Topic.PURCHASES):
        asked = [*_asked_of_a_bank(actor, within(Payment.created_at))]
    shown: list[Line | Unmailed] = [*messages, *quoted[:MOST_UNMAILED], *asked[:MOST_UNMAILED]]
    is_cut = max(len(quoted), len(asked)) > MOST_UNMAILED
    return sorted(shown, key=lambda line: line.queued_at, reverse=True), is_cut


def _quoted(actor: Actor, within: list[Any]) -> Iterator[Unmailed]:
    columns = Quote.number, Quote.purpose, Quote.product_version_id, Quote.plan_code, Quote.created_at
    its = select(*columns).where(Quote.account_id == actor.account_id, Quote.purpose.in_(_QUOTED), *within)
    for number, purpose, version_id, plan_code, at in _newest(its, Quote.id):
        product, plan = offers.sold(version_id, plan_code)
        yield Unmailed(_QUOTED[purpose], number, f"{product.short_name}, {plan.name}", at)


def _asked_of_a_bank(actor: Actor, within: list[Any]) -> Iterator[Unmailed]:
    its = (
        select(Payment.number, Payment.amount, Payment.created_at, Purchase.public_id)
        .join(Purchase, Purchase.id == Payment.purchase_id)
        .where(Purchase.account_id == actor.account_id, Payment.method == PaymentMethod.ACCOUNT, *within)
    )
    for number, amount, at, purchase in _newest(its, Payment.id):
        yield Unmailed("Pago solicitado", number, f"{money(amount)} de su cuenta", at, purchase)


def _newest(query: Any, key: Any) -> Any:
    """One more than is shown: it tells that there are more."""
    return db.session.execute(query.order_by(key.desc()).limit(MOST_UNMAILED + 1))


def letter(message_id: int, actor: Actor) -> Letter:
    """One of the actor's own messages, to read. Raises NotFound."""
    return _letter(outgoing.get(message_id, actor))


def letter_of(account_id: int, message_id: int) -> Letter:
    """One of a customer's messages, for the staff. Raises NotFound."""
    message = db.session.scalar(select(Message).where(Message.id == message_id, Message.account_id == account_id))
    if message is None:
        raise NotFound("No encontramos ese correo de este cliente.")
    return _letter(message)


def _letter(message: Message) -> Letter:
    claim, policy, purchase, quote, is_secret_gone = db.session.execute(
        select(Claim.number, Policy.number, Purchase.public_id, Quote.number, outgoing.lost_its_secret())
        .select_from(Message)
        .outerjoin(Claim, Claim.id == Message.claim_id)
        .outerjoin(Policy, Policy.id == Message.policy_id)
        .outerjoin(Purchase, Purchase.id == Message.purchase_id)
        .outerjoin(Quote, Quote.id == Message.quote_id)
        .where(Message.id == message.id)
    ).one()
    return Letter(message, claim, policy, purchase, quote, is_secret_gone, is_over=outgoing.is_over(message))


def newest_and_lost(actor: Actor, *, newest: int, lost: int) -> tuple[Sequence[Line], Sequence[Line]]:
    """The newest of the actor's own messages, and the newest that did not arrive and can be sent again. One query."""
    own = select(Message.id).where(Message.account_id == actor.account_id)
    failed = own.where(Message.state == MessageState.FAILED, ~outgoing.lost_its_secret(), ~outgoing.has_ended())
    # The few first: what they are about is looked up for those alone.
    new = paging.newest(own, Message.id, limit=newest).subquery()
    gone = paging.newest(failed, Message.id, limit=lost).subquery()
    few = select(new.c.id, false().label("is_lost")).union_all(select(gone.c.id, true())).subquery()
    query = _lines(actor.account_id).add_columns(few.c.is_lost).join(few, few.c.id == Message.id)
    rows = [(Line(*facts), is_lost) for *facts, is_lost in db.session.execute(query.order_by(Message.id.desc()))]
    return [line for line, is_lost in rows if not is_lost], [line for line, is_lost in rows if is_lost]


def of_customer(account_id: int, *, before: int | None = None, limit: int) -> Sequence[Line]:
    """A customer's messages older than the message `before`, newest first, for the staff: what they were about and
    whether they arrived, without their words. One query."""
    return _page(_lines(account_id), before=before, limit=limit)


def _lines(account_id: int | None) -> Any:
    return (
        select(
            Message.id,
            Message.kind,
            Message.subject,
            Message.recipient,
            Message.state,
            Message.reason,
            Message.queued_at,
            func.coalesce(Claim.number, Policy.number, Quote.number),
        )
        .outerjoin(Claim, Claim.id == Message.claim_id)
        .outerjoin(Policy, Policy.id == Message.policy_id)
        .outerjoin(Quote, Quote.id == Message.quote_id)
        .where(Message.account_id == account_id)
    )


def _page(query: Any, **window: Any) -> Sequence[Line]:
    return [Line(*row) for row in db.session.execute(paging.newest(query, Message.id, **window))]
