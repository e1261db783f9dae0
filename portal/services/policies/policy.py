"""Policies as their holder reads them, and what anybody may verify."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from portal.domain import calendar, clock, verification
from portal.domain.actor import Actor
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.policy import Cover, PolicyState
from portal.extensions import db
from portal.models import Account, ContractingFile, Endorsement, Policy
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.catalogue import offers
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.sale import PolicySent
from portal.services.platform import audit

WITH_ENDORSEMENTS = joinedload(Policy.endorsements).joinedload(Endorsement.beneficiaries)  # all that they say


@dataclass(frozen=True, slots=True)
class PublicPolicy:
    """All that the public page may say: nothing personal."""

    number: str
    product_name: str
    insurer_name: str
    state: PolicyState
    starts_at: datetime
    ends_at: datetime


def get(number: str, actor: Actor) -> Policy:
    """One of the actor's own policies with all that its endorsements say: one query. Raises NotFound."""
    rows = db.session.scalars(
        select(Policy).where(Policy.number == number, Policy.account_id == actor.account_id).options(WITH_ENDORSEMENTS)
    )
    policy = rows.unique().one_or_none()
    if policy is None:
        raise NotFound("No encontramos esa póliza.")
    return policy


def hold(policy: Policy) -> None:
    """Whoever else changes the policy waits, in the present transaction, and what they changed before is seen."""
    db.session.execute(select(Policy.id).where(Policy.id == policy.id).with_for_update(of=Policy, **NOT_THE_KEY))
    db.session.refresh(policy, ["cancelled_at", "endorsements"])


def terms(policy_number: str, actor: Actor) -> Endorsement:
    """What states the terms in force of one of the actor's own policies: the policy's PDF is made of it. Raises
    NotFound."""
    return get(policy_number, actor).terms_at(clock.now())


def endorsement(policy_number: str, number: int, actor: Actor) -> Endorsement:
    """A change to one of the actor's own policies; what was issued is none. Raises NotFound."""
    for one in get(policy_number, actor).endorsements:
        if one.number == number > 0:
            return one
    raise NotFound("No encontramos ese endoso.")


def contracting_file(policy_number: str, edition: int, actor: Actor) -> ContractingFile:
    """An edition of how one of the actor's own policies was contracted (B03). Raises NotFound."""
    its = select(ContractingFile).filter_by(policy_id=get(policy_number, actor).id, edition=edition)
    found = db.session.scalars(its).one_or_none()
    if found is None:
        raise NotFound("No encontramos esa edición del expediente.")
    return found


def plan_of(policy: Policy, moment: datetime) -> tuple[Product, Plan]:
    """The product and plan that the policy's terms in force at `moment` name."""
    return offers.sold(policy.product_version_id, policy.terms_at(moment).plan_code)


def plans_on(policy: Policy, day: date) -> list[Plan]:
    """The plans in force on that day of Lima, in their order: two on the day of a change."""
    begins, ends = calendar.beginning_of(day), calendar.end_of(day)
    changes = sorted({one.effective_at for one in policy.endorsements if begins < one.effective_at <= ends})
    codes = dict.fromkeys(policy.terms_at(moment).plan_code for moment in (begins, *changes))
    product = offers.offer(policy.product_version_id).product
    return [product.plan(code) for code in codes]


def plan_paying(policy: Policy, day: date, coverage_code: str | None) -> Plan:
    """The plan by which what happened on that day is paid: only the day is known, so of two the one that gives more
    for the coverage or, without one, the dearer. Source: docs/rules.md, Administer."""

    def gives(plan: Plan) -> tuple[Decimal, Decimal]:
        benefit = plan.benefit(coverage_code) if coverage_code else None
        return (benefit.amount if benefit else Decimal(0), plan.total)

    return max(plans_on(policy, day), key=gives)


def named_by(named: str) -> ColumnElement[bool]:
    """The policy that its QR or the code under it names."""
    code = verification.code_in(named)
    return Policy.verification_code == code if code else Policy.verification_token == named


def verify(token: str) -> PublicPolicy:
    """What the QR leads to, or the code under it (B08): one question, whether there is such a policy or not. Raises
    NotFound."""
    found = db.session.execute(
        select(Policy.number, Policy.product_version_id, Policy.starts_at, Policy.ends_at, Policy.cancelled_at).where(
            named_by(token)
        )
    ).one_or_none()
    if found is None:
        raise NotFound("Este código no corresponde a ninguna póliza de MASSIV.")
    product = offers.offer(found.product_version_id).product
    return PublicPolicy(
        number=found.number,
        product_name=product.name,
        insurer_name=product.insurer.name,
        state=Cover(found.starts_at, found.ends_at, found.cancelled_at).state_at(clock.now()),
        starts_at=found.starts_at,
        ends_at=found.ends_at,
    )


def send_by_mail(number: str, actor: Actor) -> str:
    """Mail the policy again: the same stored bytes (S25). The address it goes to. Raises NotAllowed once cancelled."""
    now = clock.now()
    with writing() as session:
        policy = get(number, actor)
        if policy.state_at(now) is PolicyState.CANCELLED:
            raise NotAllowed("Esta póliza está anulada: ya no la enviamos por correo. Puede descargar sus documentos.")
        account = session.get_one(Account, actor.account_id)
        terms = policy.terms_at(now)
        product, plan = plan_of(policy, now)
        mail = PolicySent(
            policy=policy,
            terms=terms,
            beneficiaries=policy.beneficiaries_at(now),
            payment=policy.payment,
            product=product,
            plan=plan,
        )
        document = store.of(kinds.POLICY, terms)
        outgoing.queue(mail, to=account.email, account=account, policy=policy, attachments=[document])
        audit.record(actor, "policy.mail", policy.number)
    return account.email
