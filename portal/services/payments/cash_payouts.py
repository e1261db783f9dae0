"""Payouts in cash: money that a claim owes to a person, collected at an agency (hand_over.py) until a day, or else
offered in another way. Source: docs/rules.md, Money out."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.agencies import Agency
from portal.domain.backlog import Noun
from portal.domain.decision import DecisionKind
from portal.domain.payout import PayoutState
from portal.extensions import db
from portal.models import Account, ClaimAward, ClaimParty, CodePurpose, Message, Payout
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.authentication import one_time_codes
from portal.services.catalogue import agencies
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.claim_payments import PayoutCode, PayoutToCollect
from portal.services.payments import payout_ends
from portal.services.payments.hand_over import CashHandOver, Recipient, Words
from portal.services.payments.payouts import Payee, check_no_part
from portal.services.platform import audit
from portal.services.platform.numbering import next_number

log = structlog.get_logger(__name__)


class CashPayout(CashHandOver[Payout]):
    """Money of a claim, collected at the agency that the person chose."""

    name = "payout"
    model = Payout
    states = PayoutState
    decision = DecisionKind.CASH_PAYOUT
    purpose = CodePurpose.PAYOUT
    noun = Noun("pago de siniestro por entregar", "pagos de siniestros por entregar")
    words = Words(
        not_found="No encontramos ese pago en su agencia.",
        handed="El pago {} ya se entregó: falta que otra persona lo confirme.",
        gone="El pago {} ya no está por entregar.",
        edited="El pago cambió: pida un código nuevo.",
    )

    def recipients(self, rows: Sequence[Payout]) -> dict[int, Recipient]:
        query = (
            select(Payout, func.coalesce(Account.email, ClaimParty.email))
            .join(ClaimAward, ClaimAward.id == Payout.award_id)
            .join(ClaimParty, ClaimParty.id == ClaimAward.party_id)
            .outerjoin(Account, Account.id == ClaimParty.account_id)
            .where(Payout.id.in_([row.id for row in rows]))
        )
        found = db.session.execute(query)
        return {payout.id: Recipient(payout.payee_name, payout.payee, email) for payout, email in found}

    def mail_code(self, row: Payout, digits: str) -> None:
        code = one_time_codes.just_issued(CodePurpose.PAYOUT, row.id)
        outgoing.queue_for_party(
            PayoutCode(secret=digits, code=code, payout=row, agency=agencies.by_code(row.agency_code)), _party(row)
        )

    def check_no_part(self, row: Payout, actor: Actor) -> None:
        check_no_part(row, actor)

    def hold(self, row: Payout) -> None:
        """Its claim first, as whoever chooses another way does."""
        ends = payout_ends.of(row)
        if ends is not None:
            ends.hold(row)
        db.session.refresh(row, with_for_update=NOT_THE_KEY)

    def on_handed_over(self, row: Payout, actor: Actor) -> None:
        ends = payout_ends.of(row)
        if ends is not None:
            ends.paid(row, actor)

    def on_not_handed_over(self, row: Payout, actor: Actor) -> None:
        ends = payout_ends.of(row)
        if ends is not None:
            ends.not_handed_over(row, actor)


CASH_PAYOUT = CashPayout()


def open_for(
    payee: Payee, amount: Decimal, agency: Agency, collect_by: datetime, award: ClaimAward, actor: Actor
) -> Payout:
    """`amount` soles that wait for somebody at an agency until `collect_by`, with the paper and the mail that say so;
    in the present transaction."""
    payout = Payout(
        number=next_number("PG"),
        amount=amount,
        state=PayoutState.AWAITING_COLLECTION,
        payee_name=payee.name,
        country=payee.identity.country,
        document_type=payee.identity.document_type,
        document_number=payee.identity.number,
        agency_code=agency.code,
        award=award,
        collect_by=collect_by,
    )
    db.session.add(payout)
    db.session.flush()
    store.order(kinds.PAYOUT, payout)
    mail(payout)
    audit.record(actor, "payout.to_collect", payout.number, amount=str(amount), agency=agency.code)
    return payout


def mail(payout: Payout) -> Message | None:
    """Tell the person where and until when it can be collected, in the present transaction."""
    party = _party(payout)
    told = PayoutToCollect(claim=party.claim, party=party, payout=payout, agency=agencies.by_code(payout.agency_code))
    return outgoing.queue_for_party(told, party, attachments=[store.of(kinds.PAYOUT, payout)])


def void(payout: Payout) -> bool:
    """The person chose another way: nothing is collected any more, in the present transaction, whose caller records it
    last. False once somebody says that it was handed over."""
    CASH_PAYOUT.hold(payout)
    if payout.state is not PayoutState.AWAITING_COLLECTION or CASH_PAYOUT.is_proposed(payout):
        return False
    _end(payout, PayoutState.VOID)
    return True


def expire_due() -> None:
    """End what nobody collected until its day: it is owed as before, and the person is asked for another way."""
    due = select(Payout.id).where(Payout.state == PayoutState.AWAITING_COLLECTION, Payout.collect_by < clock.now())
    found = db.session.scalars(due).all()
    end_reading()
    for payout_id in found:
        try:
            _expire(payout_id)
        except StaleDataError:
            continue  # handed over, or changed, at this very moment
        except Exception:
            log.exception("payout_not_expired", payout_id=payout_id)


def _expire(payout_id: int) -> None:
    with writing() as session:
        payout = session.get_one(Payout, payout_id)
        CASH_PAYOUT.hold(payout)
        is_over = payout.collect_by is not None and payout.collect_by < clock.now()
        if payout.state is PayoutState.AWAITING_COLLECTION and is_over and not CASH_PAYOUT.is_proposed(payout):
            _end(payout, PayoutState.EXPIRED)
            ends = payout_ends.of(payout)
            if ends is not None:
                ends.not_paid(payout, SYSTEM)
            audit.record(SYSTEM, "payout.expired", payout.number, amount=str(payout.amount))


def _end(payout: Payout, state: PayoutState) -> None:
    payout.move_to(state)
    payout.resolved_at = clock.now()


def _party(payout: Payout) -> ClaimParty:
    """Who collects it."""
    if payout.award is None:
        raise ValueError("cash at an agency pays a claim")
    return payout.award.party
