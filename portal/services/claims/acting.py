"""Who acts for a minor: they may no longer when the money leaves, and a minor whom nobody acts for has nobody to be
written to. Source: docs/rules.md, Money out."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Row, Select, func, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun
from portal.domain.claim import OPEN_CLAIMS, ClaimEventKind
from portal.domain.identity import ADULT_AGE
from portal.extensions import db
from portal.models import Claim, ClaimParty
from portal.services.claims import addressees, events, parties
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_payments import NobodyActs
from portal.services.platform.pending import Pending

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

ALONE = Noun("menor sin quien lo represente", "menores sin quien los represente")


def let_go(party: ClaimParty, actor: Actor) -> bool:
    """Whether something no longer stood, and is forgotten, in the present transaction: who acts for somebody that has
    come of age, or has lost their own share; and a minor's way that is no account of who acts for them. Where nobody
    acts for a minor any more, whoever may be told is."""
    acting, is_young = party.represented_by, parties.is_young(party)
    if acting is not None and (not is_young or _has_lost(acting)):
        party.represented_by = None
    elif not is_young or party.way is None or (acting is not None and party.agency_code is None):
        return False
    forget_way(party)
    if acting is not None:
        events.record(party.claim, ClaimEventKind.ACTS_NO_MORE, actor, party=party)
    if is_young and acting is not None:
        tell(party, acting)
    return True


def forget_way(party: ClaimParty) -> None:
    """How somebody was to be paid was another's choice, or stands no more."""
    party.way = party.cci = party.agency_code = None


def tell(minor: ClaimParty, lost: ClaimParty) -> None:
    """The holder, who sees all of the claim, unless it is they who died or who acted, in the present transaction:
    nobody acts for this minor."""
    claim = minor.claim
    holder = claim.policy.account
    if addressees.is_of_dead(claim) or holder.id == lost.account_id or claim.policy.holder.identity == lost.identity:
        return
    mail = NobodyActs(claim=claim, name=minor.full_name, greeting_name=claim.policy.holder.names.split()[0])
    outgoing.queue(mail, to=holder.email, account=holder, claim=claim)


def pending(_actor: Actor) -> Pending:
    """For how many minors of open claims nobody acts, and since when."""
    return _alone(select(func.count(), func.min(ClaimParty.created_at)).select_from(ClaimParty))


def alone(limit: int = 100) -> Sequence[Row[str | None, str, str]]:
    """These minors, by their claim's number, `names` and `surnames`; the oldest first."""
    query = _alone(select(Claim.number, ClaimParty.names, ClaimParty.surnames).select_from(ClaimParty))
    return db.session.execute(query.order_by(ClaimParty.id).limit(limit)).all()


def _alone(query: Query) -> Query:
    return query.join(Claim, Claim.id == ClaimParty.claim_id).where(
        Claim.state.in_(OPEN_CLAIMS),
        ClaimParty.kind.in_(parties.PAID_KINDS),
        ClaimParty.excluded_at.is_(None),
        ClaimParty.withdrawn_at.is_(None),
        ClaimParty.represented_by_id.is_(None),
        ClaimParty.birth_date > _born_for_age(clock.today()),
    )


def _born_for_age(today: date) -> date:
    """Who was born on that day, or before, is of age today."""
    if (today.month, today.day) == (2, 29):
        return date(today.year - ADULT_AGE, 2, 28)
    return today.replace(year=today.year - ADULT_AGE)


def _has_lost(acting: ClaimParty) -> bool:
    """Whether they lost a share of their own: nothing is paid through them either."""
    return any(
        one.ground and (one.id == acting.id or (one.identity is not None and one.identity == acting.identity))
        for one in acting.claim.parties
    )
