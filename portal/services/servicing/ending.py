""" "Desvincular" (S32, B04): what ending a policy would do, to the cent and the day, and ending it.

Source: docs/rules.md, Administer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock, ending
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.ending import Ended, Right
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.formats import day
from portal.domain.policy import PolicyState
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import CodePurpose, Payment, Policy, PolicyChange, Refund
from portal.models.transaction import judged_anew, writing
from portal.services.authentication import one_time_codes
from portal.services.authentication.authorisation_codes import Authorisation
from portal.services.catalogue import agencies
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import EndCode, PolicyLeft
from portal.services.payments import refund_ways, returning
from portal.services.payments.returning import Part
from portal.services.platform import audit
from portal.services.policies import cancellation, plan_changing
from portal.services.policies import policy as policies
from portal.services.servicing import being_bought, held, obstacles
from portal.services.servicing.obstacles import Claimed, Obstacles

STALE = "Mientras tanto cambió la cuenta. Se la mostramos de nuevo: revísela y pida otra vez el código."


@dataclass(frozen=True, slots=True)
class RightLine:
    """A right as its holder reads it; `tag`: why it is none of theirs now."""

    name: str
    words: str
    applies: bool
    tag: str = ""


class RefundLine(NamedTuple):
    """Money that goes back, and the agency where it is collected, if it is."""

    refund: Refund
    agency: Agency | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What ending the policy now would do. `ended`: None when no right of its holder applies; `withdrawal_until`: when
    the right to have all back is or was over, None while the policy's delivery is not proved; `paid`: what was charged,
    in order; `parts`: where what goes back would go. `stops`: what must end first; `why_not`: why nothing can be ended
    now, of another reason."""

    policy: Policy
    product: Product
    plan: Plan
    premium: Decimal
    paid: list[Payment]
    parts: Sequence[Part]
    ended: Ended | None
    withdrawal_until: datetime | None
    can_withdraw: bool
    stops: Obstacles
    why_not: str | None

    @property
    def claimed(self) -> Claimed:
        """What its claims say."""
        return self.stops.claimed

    @property
    def is_offered(self) -> bool:
        """Whether it can be confirmed now."""
        return self.ended is not None and self.claimed.open is None and self.why_not is None

    @property
    def rights(self) -> list[RightLine]:
        """Each right to end it, the one that applies first."""
        days = self.product.withdrawal_days
        last = f", hasta el {day(self.last_day_to_withdraw)}" if self.last_day_to_withdraw else ""
        passed = self.claimed.accrued or not self.can_withdraw
        withdrawal = RightLine(
            f"Arrepentirse en {days} días",
            (
                "Ya se usó: este seguro aprobó un pago."
                if self.claimed.accrued
                else f"{'Devolvía' if passed else 'Le devolvemos'} todo{last}."
            ),
            applies=self.can_withdraw,
            tag="Ya se usó" if self.claimed.accrued else "Ya pasó",
        )
        any_time = RightLine(
            "Terminar cuando quiera",
            (
                "No tiene que dar un motivo. Le devolvemos los días que faltan."
                if self.product.ends_without_cause
                else "Este seguro no lo permite."
            ),
            applies=self.product.ends_without_cause and not self.can_withdraw,
            tag="Más adelante" if self.product.ends_without_cause else "No está",
        )
        return [*sorted((withdrawal, any_time), key=lambda one: not one.applies), *self._on_death()]

    def _on_death(self) -> list[RightLine]:
        """What an end is not for: it is claimed, or goes on, since it is paid."""
        policy = self.policy
        if not any(coverage.on_death for coverage, _ in self.product.covered_by(self.plan)):
            return []
        named = "usted fallece" if policy.holder_is_insured else "fallece la persona asegurada"
        lines = [RightLine(f"Si {named}", "No se desvincula: la familia avisa y cobra.", applies=False, tag="Se cobra")]
        if not policy.holder_is_insured:
            words = f"El seguro sigue: ya está pagado, y protege a {policy.insured.short_name} hasta su fin."
            lines.append(RightLine("Si fallece quien lo compró", words, applies=False, tag="Sigue"))
        return lines

    @property
    def last_day_to_withdraw(self) -> date | None:
        """The last day of the right to have all back."""
        return clock.lima(self.withdrawal_until).date() - timedelta(days=1) if self.withdrawal_until else None

    @property
    def in_cash(self) -> bool:
        """Whether some of what goes back was paid in cash, and is collected at an agency."""
        return any(part.is_cash for part in self.parts)

    @property
    def returned(self) -> Decimal:
        """What of it was given back before, in soles."""
        paid = sum((payment.amount for payment in self.paid), Decimal(0))
        return paid - self.ended.kept if self.ended else Decimal(0)


def preview(policy: Policy, moment: datetime) -> Preview:
    """What ending it at `moment` would do."""
    product, plan = policies.plan_of(policy, moment)
    found = obstacles.of(policy)
    claimed = found.claimed
    held_up = obstacles.held_up(policy, moment) if policy.delivered_at else ()
    until = ending.withdrawal_until(policy.delivered_at, product.withdrawal_days, held_up)
    can_withdraw = ending.can_withdraw(until, accrued=claimed.accrued, moment=moment)
    right = Right.WITHDRAWAL if can_withdraw else Right.WITHOUT_CAUSE if product.ends_without_cause else None
    why_not = _why_not(policy, found, moment)
    premium = policy.terms_at(moment).premium_total
    paid = returning.paid_for(policy)
    ended = (
        ending.end(
            policy.cover,
            right,
            premium=premium,
            kept=returning.kept_of(paid),
            ahead=plan_changing.paid_ahead(policy, ending.ends_from(policy.cover, moment)),
            moment=moment,
        )
        if right and why_not is None
        else None
    )
    return Preview(
        policy=policy,
        product=product,
        plan=plan,
        premium=premium,
        paid=[one.payment for one in paid],
        parts=returning.parts_of(ended.refund, paid) if ended else (),
        ended=ended,
        withdrawal_until=until,
        can_withdraw=can_withdraw,
        stops=found,
        why_not=why_not,
    )


def why_not(policy: Policy, found: Obstacles, moment: datetime) -> str | None:
    """Why it can't be ended now, in words for the holder; None when it can."""
    return _why_not(policy, found, moment) or (_after(found.claimed) if found.claimed.open else None)


def _after(claimed: Claimed) -> str:
    if claimed.death:
        return f"Nos avisaron de un fallecimiento: siniestro {claimed.open}. No se desvincula: se cobra."
    return f"Primero termina el siniestro {claimed.open}. Luego puede desvincularla."


def _why_not(policy: Policy, found: Obstacles, moment: datetime) -> str | None:
    early = policy.early_end(moment)
    if early:
        return early
    if policy.state_at(moment) is PolicyState.EXPIRED:
        return "Esta póliza ya terminó: no hay nada que desvincular."
    if ending.ends_from(policy.cover, moment) >= policy.ends_at:
        return "Su seguro termina solo en este próximo mediodía: no hace falta desvincularlo."
    if found.after:
        return f"Ya tiene la que sigue, la póliza {found.after}: primero desvincule esa, para que no quede un vacío."
    if found.pending and found.is_charged:
        return (
            f"Estamos cobrando su cambio de plan, la solicitud {found.pending}. Espere a que el banco responda: "
            "si está en sus días para arrepentirse, no los pierde."
        )
    if found.pending:
        return f"Tiene un pago en curso por un cambio de plan, la solicitud {found.pending}. Termínelo o retírelo."
    if found.renewing:
        return (
            f"Estamos cobrando su renovación, la solicitud {found.renewing}. Espere a que el banco responda: "
            "si está en sus días para arrepentirse, no los pierde."
        )
    return None


def open_change(policy: Policy) -> PolicyChange | None:
    """The end that was asked for, and may be confirmed."""
    change = held.newest(policy, ChangeKind.END)
    return change if change and change.state is ChangeState.OPEN else None


def ended(policy: Policy) -> PolicyChange | None:
    """The end that was carried out."""
    change = held.newest(policy, ChangeKind.END)
    return change if change and change.state is ChangeState.DONE else None


def refunds_of(change: PolicyChange) -> list[RefundLine]:
    """The money that the end gives back, and where that is collected which was paid in cash."""
    its = select(Refund).where(Refund.change_id == change.id, refund_ways.tells_where_it_is()).order_by(Refund.id)
    found = db.session.scalars(its.options(joinedload(Refund.payment)))
    return [RefundLine(one, agencies.by_code(one.agency_code) if one.agency_code else None) for one in found]


def ask(number: str, actor: Actor, *, agency_code: str | None, shown: str) -> None:
    """Ask for the code that ends the policy as the page showed it (`stamp`), with the agency where its cash is
    collected. Raises DomainError, on the field `agencia` too, NotAllowed, NotFound."""
    judged_anew(lambda: _ask(number, actor, agency_code, shown))


def stamp(found: Preview) -> str:
    """What a page showed of it: the moment and the money."""
    return f"{found.ended.until or 'nunca'} {found.ended.refund}" if found.ended else ""


def _ask(number: str, actor: Actor, agency_code: str | None, shown: str) -> None:
    with writing() as session:
        policy = held.policy(number, actor)
        found = preview(policy, clock.now())
        figures = _checked(found)
        if stamp(found) != shown:
            raise DomainError(STALE)
        change = held.begin(policy, ChangeKind.END, actor)
        agency = held.agency(agency_code) if found.in_cash else None
        _show(change, found, figures, agency)
        session.add(change)
        session.flush()
        if CODE.mail_missing(change):
            CODE.note_sent(change, actor)


def confirm(public_id: str, typed: str, actor: Actor) -> bool:
    """Pass the mailed code and end the policy, once. False when what the code authorises is not so any more: the change
    says now what is. Raises DomainError on the field `codigo`, NotAllowed, NotFound."""
    CODE.verify(public_id, typed, actor)
    return judged_anew(lambda: _carry_out(public_id, actor))


def _carry_out(public_id: str, actor: Actor) -> bool:
    with writing():
        change = _load(public_id, actor)
        policy = held.policy(change.policy.number, actor)
        db.session.refresh(change)
        if change.state is ChangeState.DONE:
            return True
        held.check_not_withdrawn(change)
        found = preview(policy, clock.now())
        figures = _checked(found)
        agency = agencies.by_code(change.refund_agency) if change.refund_agency else None
        _show(change, found, figures, agency)
        if not CODE.is_passed(change):
            return False
        _end(change, found, figures, agency, actor)
    return True


def _end(change: PolicyChange, found: Preview, figures: Ended, agency: Agency | None, actor: Actor) -> None:
    policy = found.policy
    endorsement = cancellation.terminate(policy, figures.effective_at)
    being_bought.withdraw(policy, QuotePurpose.PLAN_CHANGE, QuotePurpose.RENEWAL)
    change.endorsement = endorsement
    change.move_to(ChangeState.DONE)
    change.ended_at = clock.now()
    db.session.flush()
    refunds = returning.give_back(change, figures.refund, actor, agency) if figures.refund else []
    mail = PolicyLeft(
        policy=policy,
        endorsement=endorsement,
        product=found.product,
        plan=found.plan,
        figures=figures,
        refunds=refunds,
        agency=agency,
    )
    paper = store.order(kinds.ENDORSEMENT, endorsement)
    outgoing.queue_for_buyer(mail, policy.purchase, policy=policy, attachments=[paper])
    audit.record(
        actor,
        "policy.end",
        policy.number,
        right=figures.right,
        effective=figures.effective_at.isoformat(),
        refund=str(figures.refund),
        endorsement=endorsement.number,
    )
    # Asked last: the audit row makes writers wait for each other, so that a claim that arrives now is seen, and a
    # policy that renews it, or its charge. It has ended in here: what stands in the way is judged anew, without that.
    stops = obstacles.of(policy)
    if stops.claimed.open or stops.after or stops.renewing:
        raise StaleDataError("a claim or a renewal arrived at this very moment")


def _show(change: PolicyChange, found: Preview, figures: Ended, agency: Agency | None) -> None:
    """Write down what is shown: what differs from what a code was mailed for makes that void."""
    change.right, change.refund = figures.right, figures.refund
    # What never begins ends whenever it is confirmed: the minute is no part of what is authorised.
    change.effective_at = figures.until or found.policy.starts_at
    held.show_way(change, found.parts, agency)


def _checked(found: Preview) -> Ended:
    if found.why_not:
        raise NotAllowed(found.why_not)
    if found.claimed.open:
        raise NotAllowed(_after(found.claimed))
    if found.ended is None:
        why = "ya aprobó un pago" if found.claimed.accrued else "pasó el plazo para arrepentirse"
        raise NotAllowed(f"Este seguro ya no se puede terminar antes de tiempo: {why}.")
    return found.ended


_load = partial(held.change, ChangeKind.END)


def _open(public_id: str, actor: Actor) -> PolicyChange:
    change = _load(public_id, actor)
    if change.state is not ChangeState.OPEN:
        raise NotAllowed("Esta póliza ya quedó desvinculada.")
    return change


def _mail(change: PolicyChange, digits: str) -> None:
    code = one_time_codes.just_issued(CodePurpose.POLICY_CHANGE, change.id)
    product, plan = policies.plan_of(change.policy, clock.now())
    where = returning.where_of(change.policy, change.refund)
    mail = EndCode(secret=digits, code=code, change=change, product=product, plan=plan, where=where)
    outgoing.queue_for_buyer(mail, change.policy.purchase, policy=change.policy)


CODE = Authorisation(
    purpose=CodePurpose.POLICY_CHANGE,
    load=_load,
    open=_open,
    mail=_mail,
    event="policy.end",
    number=lambda change: change.policy.number,
    edited=STALE,
)
