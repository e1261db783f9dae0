"""Change of plan (S33, B04): what another plan of a policy would do, to the cent and the day, and having it.

A dearer plan is bought: by a quote for the difference, in the purchase's own steps. A cheaper one is confirmed by a
mailed code, and what is too much goes back. Source: docs/rules.md, Administer.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.formats import money
from portal.domain.plan_change import PlanChanged
from portal.domain.policy import EndorsementKind
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import CodePurpose, Endorsement, Policy, PolicyChange, Purchase, Quote
from portal.models.transaction import judged_anew, writing
from portal.services.authentication import one_time_codes
from portal.services.authentication.authorisation_codes import Authorisation
from portal.services.catalogue import agencies, offers
from portal.services.claims import sums
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import PlanChangeDone, PlanCode
from portal.services.payments import returning
from portal.services.payments.returning import Paid, Part
from portal.services.platform import audit
from portal.services.platform.numbering import next_number
from portal.services.policies import plan_changing
from portal.services.policies import policy as policies
from portal.services.servicing import being_bought, held, obstacles
from portal.services.servicing.being_bought import Begun
from portal.services.servicing.handing_over import hand_over

STALE = "Mientras tanto cambió la cuenta. Se la mostramos de nuevo: revísela antes de seguir."
_ONE = "Este seguro tiene un solo plan."


@dataclass(frozen=True, slots=True)
class Choice:
    """Another plan, what it would do, and why it can't be had."""

    plan: Plan
    figures: PlanChanged
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What changing the plan now would do. `choices`: the other plans of what was sold. `why_not`: why none can be had;
    `claim`: the number of one that must end first; `pending`: the number of what is being paid for another
    plan; `begun`: one that is being bought; `used`: the limits of this year that count on, each a sentence; `after`:
    the number of the policy that goes on where this one ends, which keeps its own plan."""

    policy: Policy
    product: Product
    plan: Plan
    premium: Decimal
    choices: Sequence[Choice]
    paid: Sequence[Paid]
    claim: str | None
    why_not: str | None
    pending: str | None
    begun: Begun | None
    used: Sequence[str]
    after: str | None

    @property
    def is_open(self) -> bool:
        """Whether the plan can be changed now, to some other."""
        return self.why_not is None and self.claim is None and self.pending is None

    def choice(self, code: str | None) -> Choice | None:
        """The plan of that code or, without one, the next dearer: most come for more. None when there is no other."""
        for one in self.choices:
            if one.plan.code == code:
                return one
        dearer = [one for one in self.choices if one.figures.after > one.figures.before]
        return next(iter(dearer or self.choices), None)

    def refund(self, choice: Choice) -> Decimal:
        """What goes back, in soles: never more than was paid."""
        return min(choice.figures.to_return, returning.kept_of(self.paid))

    def parts(self, choice: Choice) -> Sequence[Part]:
        """Where that would go, the newest payment first."""
        return returning.parts_of(self.refund(choice), self.paid)

    def in_cash(self, choice: Choice) -> bool:
        """Whether some of what goes back was paid in cash, and is collected at an agency."""
        return any(part.is_cash for part in self.parts(choice))

    def is_begun(self, choice: Choice) -> bool:
        """Whether exactly that is being bought."""
        figures = choice.figures
        shown = (choice.plan.code, figures.effective_at, figures.to_pay)
        return self.begun is not None and (self.begun.plan_code, self.begun.until, self.begun.amount) == shown


def preview(policy: Policy, moment: datetime) -> Preview:
    """What changing its plan at `moment` would do."""
    product, plan = policies.plan_of(policy, moment)
    others = [one for one in product.plans if one.code != plan.code]
    found = [(one, plan_changing.figures_of(policy, one, moment)) for one in others]
    paid, stops = returning.paid_for(policy), obstacles.of(policy)
    return Preview(
        policy=policy,
        product=product,
        plan=plan,
        premium=policy.terms_at(moment).premium_total,
        choices=[Choice(one, it, plan_changing.why_not_this(policy, product, it)) for one, it in found],
        paid=paid,
        claim=stops.claimed.open,
        why_not=plan_changing.why_not(policy, moment) or (None if others else _ONE),
        pending=stops.pending,
        begun=being_bought.of(policy, moment),
        used=_used(policy, product) if stops.claimed.accrued else [],
        after=stops.after,
    )


def why_not(policy: Policy, product: Product, claim: str | None, moment: datetime) -> str | None:
    """Why the plan can't be changed now, in words for the holder; None when it can. `claim`: the number of an open one.
    What is being paid for another plan is no reason: the page says how it stands."""
    reason = plan_changing.why_not(policy, moment) or (_first(claim) if claim else None)
    return reason or (None if len(product.plans) > 1 else _ONE)


def stamp(choice: Choice) -> str:
    """What a page showed of it: the plan, the moment and the money."""
    return f"{choice.plan.code} {choice.figures.effective_at.isoformat()} {choice.figures.difference}"


def done_by(policy: Policy, endorsement: int) -> Endorsement:
    """A change of its plan that was done. Raises NotFound."""
    for one in policy.endorsements:
        if one.number == endorsement and one.kind is EndorsementKind.PLAN_CHANGE:
            return one
    raise NotFound("No encontramos ese cambio de plan.")


def open_change(policy: Policy) -> PolicyChange | None:
    """The cheaper plan that was asked for, and may be confirmed."""
    change = held.newest(policy, ChangeKind.PLAN)
    return change if change and change.state is ChangeState.OPEN else None


def change_of(endorsement: Endorsement) -> PolicyChange | None:
    """What was confirmed by a code, of a plan that cost nothing more."""
    return db.session.scalars(select(PolicyChange).filter_by(endorsement_id=endorsement.id)).one_or_none()


def buy(number: str, plan_code: str, actor: Actor, *, shown: str) -> str:
    """Begin to buy a dearer plan, as the page showed it: the public id of its purchase, the same however often it is
    pressed. Raises DomainError, NotAllowed, NotFound."""
    return judged_anew(lambda: _buy(number, plan_code, actor, shown))


def _buy(number: str, plan_code: str, actor: Actor, shown: str) -> str:
    with writing() as session:
        policy = held.policy(number, actor)
        moment = clock.now()
        found = preview(policy, moment)
        choice = _checked(found, plan_code, shown)
        figures = choice.figures
        if not figures.to_pay:
            raise DomainError(STALE)
        if found.begun is not None and found.is_begun(choice):
            return found.begun.public_id
        being_bought.withdraw(policy)
        other = held.open_of(policy)
        if other is not None:
            held.withdraw(other)
        net, igv = figures.parts(found.product.limits.igv_percent)
        quote = Quote(
            number=next_number("COT"),
            request_token=secrets.token_urlsafe(18),
            account_id=policy.account_id,
            holder=policy.holder,
            insured=policy.insured,
            product_version_id=policy.product_version_id,
            purpose=QuotePurpose.PLAN_CHANGE,
            policy=policy,
            plan_code=choice.plan.code,
            premium_net=net,
            premium_igv=igv,
            premium_total=figures.to_pay,
            chosen_start=figures.day,
            valid_until=figures.effective_at,
        )
        purchase = Purchase(public_id=secrets.token_urlsafe(9), quote=quote, account_id=policy.account_id)
        session.add(purchase)
        session.flush()
        hand_over(purchase, policy, found.product, choice.plan, actor)
        audit.record(actor, "plan_change.begin", policy.number, plan=choice.plan.code, amount=str(figures.to_pay))
    return purchase.public_id


def ask(number: str, plan_code: str, actor: Actor, *, agency_code: str | None, shown: str) -> None:
    """Ask for the code of a plan that costs nothing more, as the page showed it, with the agency where its cash is
    collected. Raises DomainError, on the field `agencia` too, NotAllowed, NotFound."""
    judged_anew(lambda: _ask(number, plan_code, actor, agency_code, shown))


def _ask(number: str, plan_code: str, actor: Actor, agency_code: str | None, shown: str) -> None:
    with writing() as session:
        policy = held.policy(number, actor)
        found = preview(policy, clock.now())
        choice = _checked(found, plan_code, shown)
        if choice.figures.to_pay:
            raise DomainError(STALE)
        change = held.begin(policy, ChangeKind.PLAN, actor)
        agency = held.agency(agency_code) if found.in_cash(choice) else None
        _show(change, found, choice, agency)
        session.add(change)
        session.flush()
        if CODE.mail_missing(change):
            CODE.note_sent(change, actor)


def confirm(public_id: str, typed: str, actor: Actor) -> int | None:
    """Pass the mailed code and change the plan, once: the number of the endorsement. None when what the code authorises
    is not so any more: the change says now what is. Raises DomainError on the field `codigo`, NotAllowed, NotFound."""
    CODE.verify(public_id, typed, actor)
    return judged_anew(lambda: _carry_out(public_id, actor))


def _carry_out(public_id: str, actor: Actor) -> int | None:
    with writing():
        change = _load(public_id, actor)
        policy = held.policy(change.policy.number, actor)
        db.session.refresh(change)
        if change.endorsement is not None:
            return change.endorsement.number
        held.check_not_withdrawn(change)
        found = preview(policy, clock.now())
        choice = found.choice(change.plan_code)
        if choice is None or choice.plan.code != change.plan_code or choice.figures.to_pay:
            raise NotAllowed(STALE)
        _check(found, choice)
        agency = agencies.by_code(change.refund_agency) if change.refund_agency else None
        _show(change, found, choice, agency)
        if not CODE.is_passed(change):
            return None
        return _change(change, found, choice, agency, actor).number


def _change(change: PolicyChange, found: Preview, choice: Choice, agency: Agency | None, actor: Actor) -> Endorsement:
    policy, refund = found.policy, found.refund(choice)
    being_bought.withdraw(policy)
    endorsement = plan_changing.endorse(policy, choice.plan, choice.figures.effective_at)
    change.endorsement = endorsement
    change.move_to(ChangeState.DONE)
    change.ended_at = clock.now()
    db.session.flush()
    refunds = returning.give_back(change, refund, actor, agency) if refund else []
    mail = PlanChangeDone(
        policy=policy,
        endorsement=endorsement,
        product=found.product,
        plan=choice.plan,
        before=found.plan,
        figures=choice.figures,
        payment=None,
        refunds=refunds,
        agency=agency,
    )
    outgoing.queue_for_buyer(mail, policy.purchase, policy=policy, attachments=plan_changing.papers(endorsement))
    audit.record(
        actor,
        "plan_change.done",
        policy.number,
        plan=choice.plan.code,
        effective=choice.figures.effective_at.isoformat(),
        refund=str(refund),
        endorsement=endorsement.number,
    )
    # Asked last: the audit row makes writers wait for each other, so that a claim that arrives now is seen.
    number = obstacles.claimed(policy).open
    if number:
        raise NotAllowed(_first(number))
    return endorsement


def _show(change: PolicyChange, found: Preview, choice: Choice, agency: Agency | None) -> None:
    """Write down what is shown: what differs from what a code was mailed for makes that void."""
    change.plan_code, change.refund = choice.plan.code, found.refund(choice)
    change.effective_at = choice.figures.effective_at
    held.show_way(change, found.parts(choice), agency)


def _checked(found: Preview, plan_code: str, shown: str) -> Choice:
    choice = found.choice(plan_code)
    if choice is None or choice.plan.code != plan_code:
        raise DomainError("Elija uno de los planes de su seguro.")
    _check(found, choice)
    if stamp(choice) != shown:
        raise DomainError(STALE)
    return choice


def _check(found: Preview, choice: Choice) -> None:
    if found.why_not or choice.why_not:
        raise NotAllowed(found.why_not or choice.why_not or "")
    if found.claim:
        raise NotAllowed(_first(found.claim))
    if found.pending:
        raise NotAllowed(f"Tiene un pago en curso por un cambio de plan: la solicitud {found.pending}.")


def _first(claim: str) -> str:
    return f"Primero termina el siniestro {claim}. Después puede cambiar de plan."


def _used(policy: Policy, product: Product) -> list[str]:
    """What claims used of the year's limits: another plan does not give it back."""
    names = {one.code: one.name for one in product.coverages}
    lines = []
    for code, one in sums.used_of(policy).items():
        count = f"{one.days} días, " if one.days else ""
        lines.append(f"De {names.get(code, code)} ya usó {count}{money(one.amount)}: también cuenta en el plan nuevo.")
    return lines


_load = partial(held.change, ChangeKind.PLAN)


def _open(public_id: str, actor: Actor) -> PolicyChange:
    change = _load(public_id, actor)
    if change.state is not ChangeState.OPEN:
        raise NotAllowed("Este cambio de plan ya terminó.")
    return change


def _mail(change: PolicyChange, digits: str) -> None:
    code = one_time_codes.just_issued(CodePurpose.POLICY_CHANGE, change.id)
    product, before = policies.plan_of(change.policy, clock.now())
    _, plan = offers.sold(change.policy.product_version_id, change.plan_code or "")
    where = returning.where_of(change.policy, change.refund)
    mail = PlanCode(secret=digits, code=code, change=change, product=product, before=before, plan=plan, where=where)
    outgoing.queue_for_buyer(mail, change.policy.purchase, policy=change.policy)


CODE = Authorisation(
    purpose=CodePurpose.POLICY_CHANGE,
    load=_load,
    open=_open,
    mail=_mail,
    event="plan_change",
    number=lambda change: change.policy.number,
    edited=STALE,
)
