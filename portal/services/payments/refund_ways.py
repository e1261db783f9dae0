"""Another way for money that the bank would not give back to the account it came from, as its owner chooses: to another
account of theirs, or in cash at an agency. It is a row of its own; of all that give back the same, one stands. Source:
docs/rules.md, Money out."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased, joinedload

from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.backlog import Noun
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.payout import refusal_words
from portal.domain.payout_way import Chosen
from portal.domain.refund import GAVE_NOTHING, RefundState
from portal.extensions import db
from portal.models import Account, Person, Refund
from portal.models.transaction import NOT_THE_KEY, judged_anew, writing
from portal.services.catalogue import agencies
from portal.services.messaging import outgoing
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.servicing import RefundToAccount, RefundToCollect
from portal.services.payments import bank_refunds, refunds
from portal.services.payments.money_out import MOVED_AFTER_THE_END
from portal.services.platform import audit

LEFT = Noun("devolución que el banco no aceptó", "devoluciones que el banco no aceptó")
_MOST = 200


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Money that is owed back and has no way yet, and whose it is."""

    refund: Refund
    person: Person


def is_left() -> ColumnElement[bool]:
    """Whether the bank refused a refund of a policy's change, and nothing else gives the same back: a condition. Of all
    that did not, the first one says it."""
    other, late = aliased(Refund), aliased(Refund)
    stands = select(other.id).where(other.instead_of_id == Refund.id, other.state.not_in(GAVE_NOTHING))
    # Two questions, and of the same payment, so that each is answered by an index.
    same = (late.payment_id == Refund.payment_id) & (late.instead_of_id == Refund.id)
    gave_late = select(late.id).where(same, late.reason == MOVED_AFTER_THE_END)
    moved = Refund.reason.is_not_distinct_from(MOVED_AFTER_THE_END)
    is_first = Refund.change_id.is_not(None) & Refund.instead_of_id.is_(None)
    return (Refund.state == RefundState.REFUSED) & is_first & ~moved & ~stands.exists() & ~gave_late.exists()


def tells_where_it_is() -> ColumnElement[bool]:
    """Of all that give the same money back, the one that does or, as long as none does, the first: a condition."""
    other = aliased(Refund)
    stands = select(other.id).where(other.instead_of_id == Refund.id, bank_refunds.gives(other))
    return bank_refunds.gives(Refund) | (Refund.instead_of_id.is_(None) & ~stands.exists())


def waiting_for(actor: Actor) -> list[tuple[Refund, Agency | None]]:
    """The actor's own money that they have to see to, the oldest first: with the agency where it waits, or None where
    they have to choose one. One query."""
    awaits = Refund.state == RefundState.AWAITING_COLLECTION
    its = select(Refund).where(Refund.account_id == actor.account_id, awaits | is_left()).order_by(Refund.id)
    return [
        (one, agencies.by_code(one.agency_code) if one.state is RefundState.AWAITING_COLLECTION else None)
        for one in db.session.scalars(its)
    ]


def left() -> list[LeftOver]:
    """What waits for people to choose, the oldest first, for the desk. One query."""
    query = (
        select(Refund, Person)
        .join(Account, Account.id == Refund.account_id)
        .join(Person, Person.id == Account.person_id)
        .where(is_left())
        .order_by(Refund.id)
        .limit(_MOST)
    )
    return [LeftOver(refund, person) for refund, person in db.session.execute(query)]


def get(number: str, actor: Actor) -> Refund:
    """One of the actor's own refunds of a policy's change: the first of those that give the same money. Raises
    NotFound."""
    asked = aliased(Refund)
    first = select(func.coalesce(asked.instead_of_id, asked.id)).where(asked.number == number)
    its = select(Refund).where(
        Refund.id == first.scalar_subquery(),
        Refund.account_id == actor.account_id,
        Refund.change_id.is_not(None),
    )
    found = db.session.scalars(its.options(joinedload(Refund.payment))).one_or_none()
    if found is None:
        raise NotFound("No encontramos esa devolución.")
    return found


class Standing(NamedTuple):
    """How a refund stands for its owner: `refund`: what gives them the money or, as long as nothing does, the last that
    the bank refused; the `agency` where it is collected; `can_choose`: whether it waits for their choice, and `why`:
    what the bank said, in words."""

    refund: Refund
    agency: Agency | None
    can_choose: bool
    why: str


def standing(number: str, actor: Actor) -> Standing:
    """How one of the actor's own stands. Raises NotFound."""
    first = get(number, actor)
    order = (bank_refunds.gives(Refund).desc(), Refund.id.desc())
    its = select(Refund).where(Refund.instead_of_id == first.id).order_by(*order).limit(1)
    refund = db.session.scalars(its).one_or_none() or first
    agency = agencies.by_code(refund.agency_code) if refund.agency_code else None
    return Standing(refund, agency, _can_choose(first), _why(refund))


def _why(refused: Refund) -> str:
    if refused.cci is None:
        return f"El banco no pudo devolverlo a la tarjeta terminada en {refused.payment.card_last4}."
    return refusal_words(refused.reason)


def _can_choose(refund: Refund) -> bool:
    return bool(db.session.scalar(select(is_left()).where(Refund.id == refund.id)))


def choose(number: str, chosen: Chosen, actor: Actor) -> str:
    """Have it in another account of the actor's own, or in cash at an agency: the number of the row that gives it.
    Chosen twice, the first stands. Raises NotFound, NotAllowed when nothing is to be chosen."""
    return judged_anew(lambda: _choose(number, chosen, actor))


def _choose(number: str, chosen: Chosen, actor: Actor) -> str:
    with writing() as session:
        refused = get(number, actor)
        session.refresh(refused.payment, with_for_update=NOT_THE_KEY)
        if not _can_choose(refused):
            raise NotAllowed("Esta devolución ya tiene cómo llegarle.")
        if chosen.cci:
            refund = bank_refunds.open_instead(refused, chosen.cci, actor)
            mail: Mail = RefundToAccount(refund=refund)
        elif chosen.agency:
            refund = refunds.open_part(refused.payment, refused.amount, chosen.agency, actor)
            refund.change_id, refund.instead_of_id = refused.change_id, refused.id
            mail = RefundToCollect(refund=refund, agency=chosen.agency)
        else:
            raise ValueError("an account or an agency is chosen")
        outgoing.queue_for_buyer(mail, refused.payment.purchase)
        told = {"way": "agency" if chosen.agency else "account", "refund": refund.number}
        audit.record(actor, "refund.choose", refused.number, **told)
        return refund.number
