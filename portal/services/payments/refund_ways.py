"""Another way for money that the bank would not give back to the account it came from: in cash at an agency, which its
owner chooses. It is a row of its own; of all that give back the same, one stands. Source: docs/rules.md, Money out."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased, joinedload

from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.backlog import Noun
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.refund import GAVE_NOTHING, RefundState
from portal.extensions import db
from portal.models import Account, Person, Refund
from portal.models.transaction import NOT_THE_KEY, judged_anew, writing
from portal.services.catalogue import agencies
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import RefundToCollect
from portal.services.payments import refunds
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
    """Whether the bank refused a refund of a policy's change, and nothing else gives the same back: a condition."""
    other = aliased(Refund)
    stands = select(other.id).where(other.instead_of_id == Refund.id, other.state.not_in(GAVE_NOTHING))
    moved = Refund.reason.is_not_distinct_from(MOVED_AFTER_THE_END)
    return (Refund.state == RefundState.REFUSED) & Refund.change_id.is_not(None) & ~moved & ~stands.exists()


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
    """One of the actor's own refunds of a policy's change. Raises NotFound."""
    its = select(Refund).where(
        Refund.number == number, Refund.account_id == actor.account_id, Refund.change_id.is_not(None)
    )
    found = db.session.scalars(its.options(joinedload(Refund.payment))).one_or_none()
    if found is None:
        raise NotFound("No encontramos esa devolución.")
    return found


class Standing(NamedTuple):
    """How a refund stands for its owner: what gives the money in its place, if anything does, and the `agency` where
    that is collected; `can_choose`: whether it waits for their choice."""

    refund: Refund
    instead: Refund | None
    agency: Agency | None
    can_choose: bool


def standing(number: str, actor: Actor) -> Standing:
    """How one of the actor's own stands. Raises NotFound."""
    refund = get(number, actor)
    its = select(Refund).where(Refund.instead_of_id == refund.id, Refund.state.not_in(GAVE_NOTHING))
    instead = db.session.scalars(its).one_or_none()
    agency = agencies.by_code(instead.agency_code) if instead else None
    return Standing(refund, instead, agency, instead is None and _can_choose(refund))


def _can_choose(refund: Refund) -> bool:
    return bool(db.session.scalar(select(is_left()).where(Refund.id == refund.id)))


def choose(number: str, agency_code: str, actor: Actor) -> str:
    """Collect it in cash at that agency: the number of the row that gives it. Chosen twice, the first stands. Raises
    NotFound, NotAllowed when nothing is to be chosen, DomainError on the field `agencia`."""
    return judged_anew(lambda: _choose(number, agency_code, actor))


def _choose(number: str, agency_code: str, actor: Actor) -> str:
    with writing() as session:
        refused = get(number, actor)
        session.refresh(refused.payment, with_for_update=NOT_THE_KEY)
        if not _can_choose(refused):
            raise NotAllowed("Esta devolución ya tiene cómo llegarle.")
        try:
            agency = agencies.by_code(agency_code)
        except NotFound as error:
            raise DomainError("Elija la agencia donde recogerá su dinero.", "agencia") from error
        refund = refunds.open_part(refused.payment, refused.amount, agency, actor)
        refund.change_id, refund.instead_of_id = refused.change_id, refused.id
        mail = RefundToCollect(refund=refund, agency=agency)
        outgoing.queue_for_buyer(mail, refused.payment.purchase)
        audit.record(actor, "refund.choose", refused.number, agency=agency.code, refund=refund.number)
        return refund.number
