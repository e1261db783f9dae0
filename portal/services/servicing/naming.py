"""Beneficiaries (S34): who is paid is named anew, shown beside who is paid now, and confirmed by a mailed code.

Source: docs/rules.md, Administer.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from portal.domain import beneficiaries as rules
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.beneficiaries import Beneficiary
from portal.domain.catalogue import Product
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.names import alike
from portal.domain.policy import EndorsementKind, Matter, PolicyState
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import (
    Account,
    ChangeBeneficiary,
    CodePurpose,
    Endorsement,
    Policy,
    PolicyBeneficiary,
    PolicyChange,
    Purchase,
    PurchaseBeneficiary,
    Quote,
)
from portal.models.transaction import judged_anew, writing
from portal.services.authentication import one_time_codes
from portal.services.authentication.authorisation_codes import Authorisation
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import BeneficiariesChanged, BeneficiariesCode
from portal.services.platform import audit
from portal.services.policies import endorsing, renewing
from portal.services.policies import policy as policies
from portal.services.sale import purchasing
from portal.services.sale.beneficiaries import Naming
from portal.services.servicing import held, obstacles
from portal.services.servicing.obstacles import Claimed

_EDITED = "La lista cambió mientras tanto. Revísela y pida otra vez el código."
_NAMES_WHO_ASKED = (
    "La lista nombra a quien la preparó en la agencia, o a alguien de su mismo nombre y sin documento: "
    "debe prepararla otra persona."
)


def why_not(policy: Policy, product: Product, claimed: Claimed, moment: datetime) -> str | None:
    """Why nobody can be named now, in words for the holder; None when they can."""
    if not product.has_beneficiaries:
        return "En este seguro no hace falta nombrar a nadie."
    if policy.state_at(moment) in (PolicyState.CANCELLED, PolicyState.EXPIRED):
        return "Esta póliza ya terminó."
    if not policy.holder_is_insured:
        return f"Solo {policy.insured.full_name}, que es la persona asegurada, decide quién cobra."
    if claimed.open:
        return f"Primero termina el siniestro {claimed.open}. Luego puede cambiarlos."
    return None


def why_not_now(policy: Policy, moment: datetime) -> str | None:
    """The same, with what its claims say: one query."""
    product, _ = policies.plan_of(policy, moment)
    return why_not(policy, product, obstacles.claimed(policy), moment)


def stated(policy: Policy, moment: datetime) -> Endorsement:
    """What says who is paid at `moment`."""
    return policy.cover.in_force_at(Matter.BENEFICIARIES, policy.endorsements, moment)


def open_change(policy: Policy) -> PolicyChange | None:
    """The list that waits to be confirmed."""
    change = held.newest(policy, ChangeKind.BENEFICIARIES)
    return change if change and change.state is ChangeState.OPEN else None


def newest(policy: Policy) -> PolicyChange:
    """The newest list of a policy, however it ended. Raises NotAllowed when there is none."""
    change = held.newest(policy, ChangeKind.BENEFICIARIES)
    if change is None:
        raise NotAllowed("Todavía no empezó a cambiar sus beneficiarios.")
    return change


def begin(number: str, actor: Actor) -> None:
    """Open the list, filled with who is paid now, unless one is open. Raises NotAllowed, NotFound."""
    judged_anew(lambda: _begin(number, actor))


def discard(number: str, actor: Actor) -> None:
    """Let go of the open list. One that is gone already is no error. Raises NotFound."""
    with writing():
        change = open_change(held.policy(number, actor))
        if change is not None:
            held.withdraw(change)


def confirm(public_id: str, typed: str, actor: Actor) -> None:
    """Pass the mailed code, and name the people from that moment on, once. Raises DomainError on the field `codigo`,
    NotAllowed, NotFound."""
    CODE.verify(public_id, typed, actor)
    judged_anew(lambda: _carry_out(public_id, actor))


def is_whole(change: PolicyChange) -> bool:
    """Whether the list could be confirmed: shares total 100, and it is not the one in force."""
    people = _people(change.beneficiaries)
    try:
        rules.check_shares(people)
    except DomainError:
        return False
    return not _is_in_force(change, people)


def _begin(number: str, actor: Actor) -> None:
    with writing() as session:
        policy = held.policy(number, actor)
        now = clock.now()
        _check(policy, now)
        change = held.begin(policy, ChangeKind.BENEFICIARIES, actor)
        if change.id is None:
            change.effective_at = now
            change.beneficiaries = [_copy(ChangeBeneficiary(), one) for one in policy.beneficiaries_at(now)]
            session.add(change)


def _carry_out(public_id: str, actor: Actor) -> None:
    with writing() as session:
        change = _held(public_id, actor)
        if change.state is ChangeState.DONE:
            return
        held.check_not_withdrawn(change)
        policy, now = change.policy, clock.now()
        _check(policy, now)
        people = _people(change.beneficiaries)
        for one in people:
            rules.check_beneficiary(one, policy.insured.identity, clock.today())
        if not is_whole(change) or not CODE.is_passed(change):
            raise DomainError(_EDITED)
        _renew_with(change, policy.beneficiaries_at(now))
        endorsement = endorsing.following(policy, EndorsementKind.BENEFICIARY_CHANGE)
        endorsement.beneficiaries = [_copy(PolicyBeneficiary(), one) for one in change.beneficiaries]
        change.endorsement, change.effective_at = endorsement, endorsement.effective_at
        change.move_to(ChangeState.DONE)
        change.ended_at = now
        session.flush()
        product, plan = policies.plan_of(policy, now)
        mail = BeneficiariesChanged(
            policy=policy,
            endorsement=endorsement,
            product=product,
            plan=plan,
            apart=renewing.beside(policy, now),
        )
        paper = store.order(kinds.ENDORSEMENT, endorsement)
        outgoing.queue_for_buyer(mail, policy.purchase, policy=policy, attachments=[paper])
        audit.record(actor, "policy.beneficiaries", policy.number, named=len(people), endorsement=endorsement.number)
        # Asked last: the audit row makes writers wait for each other, so that a claim that arrives now is seen.
        _check(policy, now)


def _renew_with(change: PolicyChange, before: Sequence[PolicyBeneficiary]) -> None:
    """A renewal that is being bought takes the new list, as an edit of it, where it names whom the policy named until
    now; one that its holder gave other people keeps them. Raises NotAllowed while its money moves."""
    its = select(Purchase).join(Purchase.quote)
    begun = its.where(
        Quote.policy_id == change.policy_id,
        Quote.purpose == QuotePurpose.RENEWAL,
        Purchase.state.in_((PurchaseState.OPEN, PurchaseState.AWAITING_PAYMENT)),
    )
    for purchase in db.session.scalars(begun).unique():
        if not _are_same(_people(purchase.beneficiaries), _people(before)):
            continue
        if purchasing.is_committed(purchase):
            raise NotAllowed("El pago de su renovación está en proceso: espere a que termine.")
        purchasing.withdraw_request(purchase)
        purchase.beneficiaries = [_copy(PurchaseBeneficiary(), one) for one in change.beneficiaries]
        purchase.beneficiaries_answered = True
        purchase.touched_at = clock.now()


def _check(policy: Policy, moment: datetime) -> None:
    reason = why_not_now(policy, moment)
    if reason:
        raise NotAllowed(reason)


def _held(public_id: str, actor: Actor) -> PolicyChange:
    """The change as it stands, its policy held, in the present transaction."""
    change = _load(public_id, actor)
    held.policy(change.policy.number, actor)
    db.session.refresh(change)
    return change


_load = partial(held.change, ChangeKind.BENEFICIARIES)


def _open(public_id: str, actor: Actor) -> PolicyChange:
    change = _held(public_id, actor)
    if change.state is not ChangeState.OPEN:
        raise NotAllowed("Ese cambio de beneficiarios ya terminó.")
    _check(change.policy, clock.now())
    return change


def _to_confirm(public_id: str, actor: Actor) -> PolicyChange:
    """The same, of which a code may be asked for: a list that its holder has not made alone names nobody of the staff
    who made it, by their document or, where none is told, by a name like theirs. Raises HasPart."""
    change = _open(public_id, actor)
    if change.is_asked_at_desk:
        asked = db.session.get_one(Account, change.asked_by_id).person
        own = (asked.names, asked.surnames)
        for one in change.beneficiaries:
            is_theirs = one.identity == asked.identity if one.identity else alike((one.names, one.surnames), own)
            if is_theirs or alike((one.representative or "", ""), own):
                raise HasPart(_NAMES_WHO_ASKED)
    return change


def _people(rows: Sequence[Any]) -> list[Beneficiary]:
    return [one.as_value() for one in rows]


def _is_in_force(change: PolicyChange, people: Sequence[Beneficiary]) -> bool:
    return _are_same(_people(change.policy.beneficiaries_at(clock.now())), people)


def _are_same(some: Sequence[Beneficiary], others: Sequence[Beneficiary]) -> bool:
    return sorted(map(repr, some)) == sorted(map(repr, others))


def _copy(row: Any, of: Any) -> Any:
    row.take(of.as_value())
    return row


def _answer(change: PolicyChange, is_answered: bool) -> None:
    if is_answered and _is_in_force(change, _people(change.beneficiaries)):
        raise DomainError("Son las mismas personas con los mismos porcentajes: no hay nada que cambiar.")


def _mail(change: PolicyChange, digits: str) -> None:
    code = one_time_codes.just_issued(CodePurpose.POLICY_CHANGE, change.id)
    product, plan = policies.plan_of(change.policy, clock.now())
    mail = BeneficiariesCode(secret=digits, code=code, change=change, product=product, plan=plan)
    outgoing.queue_for_buyer(mail, change.policy.purchase, policy=change.policy)


# What is typed before the code changes nothing of the policy, and is no part of its story.
NAMING = Naming(
    open=_open,
    row=ChangeBeneficiary,
    insured=lambda change: change.policy.insured.identity,
    answer=_answer,
    is_answered=lambda _key, _actor, _named: False,
    record=lambda *_what, **_details: None,
)

CODE = Authorisation(
    purpose=CodePurpose.POLICY_CHANGE,
    load=_load,
    open=_to_confirm,
    mail=_mail,
    event="policy.beneficiaries",
    number=lambda change: change.policy.number,
    edited=_EDITED,
)
