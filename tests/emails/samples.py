"""Every mail with what the portal could have written it about, for the tests and for the preview."""

from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from portal.domain import renewal
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.clock import LIMA
from portal.domain.correction import Change
from portal.domain.ending import Ended, Right
from portal.domain.evidence import REASONS, EvidenceKind
from portal.domain.payment import decline_reason, refusal
from portal.domain.plan_change import at
from portal.domain.policy_change import ChangeKind
from portal.domain.premium import Term
from portal.models import ChangeBeneficiary, Code, CodePurpose, Evidence, Payment, Policy, Refund
from portal.services.messaging.mails.account import (
    AccountCode,
    AccountExists,
    Credentials,
    DataCorrected,
    EmailChanged,
    EmailCode,
    EmailConfirmed,
    MessageRedirected,
    NewDevice,
    PasswordChanged,
    PasswordTries,
    RecoveryCode,
    StaffCredentials,
)
from portal.services.messaging.mails.cash import (
    PaymentReceipt,
    PaymentSlip,
    RefundCode,
    RefundOpened,
    RefundPaid,
    RefundVoid,
    SlipCancelled,
    SlipExpired,
    SlipReminder,
)
from portal.services.messaging.mails.charges import (
    ChargeReturned,
    PaymentConfirming,
    PaymentGivenBack,
    PaymentInReview,
    PaymentNotSent,
    PaymentRefused,
)
from portal.services.messaging.mails.claim_answers import Asked, ClaimDeadlineNear, ClaimDecided, ClaimObserved
from portal.services.messaging.mails.claim_payments import (
    NobodyActs,
    PaidTwice,
    PayoutCode,
    PayoutExpired,
    PayoutMade,
    PayoutRefused,
    PayoutToCollect,
    PayoutWayChosen,
    PayoutWayCode,
    PolicyEnded,
    PolicyNotBegun,
)
from portal.services.messaging.mails.claim_reviews import AppealAnswered, AppealReceived, ClaimWithdrawn, PartWithdrawn
from portal.services.messaging.mails.claims import ClaimReceived
from portal.services.messaging.mails.evidence import EvidenceAccepted, EvidenceAsked, EvidenceReceived
from portal.services.messaging.mails.insurers import DailyBordereau
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.notices import (
    InsurerCorrected,
    InsurerTold,
    NoticeClosed,
    NoticeCode,
    NoticeMatched,
    NoticeReceived,
    NoticeVisitCode,
)
from portal.services.messaging.mails.renewal import PolicyEnding, PolicyEndsForGood, PolicyExpired
from portal.services.messaging.mails.sale import PolicyCancelled, PolicySent, PurchaseCode, QuoteSent
from portal.services.messaging.mails.second_step import (
    RecoveryCodesRenewed,
    RecoveryCodeUsed,
    SecondStepEnrolled,
    SecondStepLocked,
    SecondStepReset,
)
from portal.services.messaging.mails.servicing import (
    BegunAtDesk,
    BeneficiariesChanged,
    BeneficiariesCode,
    EndCode,
    PlanChangeDone,
    PlanChangeUndone,
    PlanCode,
    PolicyLeft,
    RefundArrived,
    RefundedTwice,
    RefundRefused,
    RefundToAccount,
    RefundToCollect,
)
from tests.documents import samples
from tests.documents.samples import ACCIDENT, BASE_URL, CANCER, FUNERAL, HOSPITAL

_MOMENT = datetime(2026, 5, 18, 10, 42, tzinfo=LIMA)
WHERE = "A su cuenta: Banco de Crédito, tarjeta terminada en 4821"
_TOKEN = "w2cVtXb9sKd4fRj1aZpL6hE0uGiQm7nYw2cVtXb9sKd"


def every_mail() -> list[Mail]:
    """One of each kind, made anew."""
    return [
        AccountCode(secret="402817", code=_code(CodePurpose.ACCOUNT), link=f"{BASE_URL}/activar/{_TOKEN}"),
        AccountExists(username="JMAMANI4821"),
        Credentials(secret="Xk7pRt2mQw", username="JMAMANI4821", until=_MOMENT),
        StaffCredentials(secret="Xk7pRt2mQw", username="carmen.ventas", until=_MOMENT),
        PasswordChanged(changed_at=_MOMENT),
        RecoveryCode(
            secret="402817",
            code=_code(CodePurpose.RECOVERY),
            username="jmamani4821",
            link=f"{BASE_URL}/recuperar/{_TOKEN}",
        ),
        ClaimReceived(
            claim=samples.registered_claim(),
            product=samples.product(HOSPITAL),
            coverage=samples.product(HOSPITAL).coverage("renta-diaria"),
            event="Estuve en el hospital más de 24 horas",
            missing=["Epicrisis o informe de alta. Si no lo tiene: una constancia con las fechas", "DNI"],
        ),
        NewDevice(device="Chrome en Android", signed_in_at=_MOMENT),
        NoticeCode(secret="402817", code=_code(CodePurpose.NOTICE), link=f"{BASE_URL}/avisos/nuevo/{_TOKEN}/codigo"),
        NoticeReceived(
            greeting_name="Nilda",
            number="AV-2026-000021",
            received_at=_MOMENT,
            link=f"{BASE_URL}/avisos/seguimiento",
        ),
        NoticeVisitCode(secret="402817", code=_code(CodePurpose.NOTICE_VISIT)),
        NoticeMatched(greeting_name="Nilda", number="AV-2026-000021", link=f"{BASE_URL}/avisos/seguimiento"),
        NoticeClosed(greeting_name="Nilda", number="AV-2026-000021", link=f"{BASE_URL}/avisos/seguimiento"),
        DailyBordereau(insurer="Qantu Vida", day=date(2026, 5, 18), lines=[("Emisión", "3", ""), ("Fin", "1", "")]),
        InsurerTold(
            insurer="Salkantay Compañía de Seguros S.A.",
            policy_number="MA-2026-000184",
            claim_number="SIN-2026-000004",
            insured="Hilario Apaza Ccori",
            document="DNI 41873350",
            event_date=_MOMENT.date(),
        ),
        InsurerCorrected(
            insurer="Salkantay Compañía de Seguros S.A.",
            policy_number="MA-2026-000184",
            claim_number="SIN-2026-000004",
            insured="Hilario Apaza Ccori",
            document="DNI 41873350",
        ),
        EmailCode(secret="402817", code=_code(CodePurpose.EMAIL)),
        EmailChanged(greeting_name="Juana", address="j•••@correo.example", changed_at=_MOMENT),
        EmailConfirmed(changed_at=_MOMENT, keeps_password=False),
        DataCorrected(
            changes=[
                Change("Nombre", "Juanna Rosa Mamani Condori", "Juana Rosa Mamani Condori"),
                Change("Fecha de nacimiento", "02/11/1985", "02/11/1984"),
            ],
            corrected_at=_MOMENT,
            has_policies=True,
        ),
        MessageRedirected(
            what="Póliza enviada",
            title="Su póliza MA-2026-000184: Muerte Accidental, Plan 2",
            address="juana.rosa.mamani@correo.example",
            redirected_at=_MOMENT,
        ),
        SecondStepEnrolled(enrolled_at=_MOMENT),
        SecondStepLocked(locked_at=_MOMENT),
        SecondStepReset(
            reset_at=_MOMENT, by="Un supervisor, Jorge Ccori,", reason="perdió el teléfono o se lo robaron"
        ),
        RecoveryCodeUsed(used_at=_MOMENT, left=9),
        RecoveryCodesRenewed(made_at=_MOMENT),
        quote_mail(),
        _purchase_code(),
        policy_mail(),
        PaymentConfirming(*_charge()),
        PaymentInReview(*_charge(in_review_at=datetime(2026, 5, 19, 10, 42, tzinfo=LIMA))),
        PaymentNotSent(*_charge()),
        PaymentRefused(
            *_charge(),
            reason=decline_reason("insufficient_funds", "Banco Andino del Perú", "4321"),
            refusal=refusal("insufficient_funds"),
        ),
        PaymentGivenBack(*_charge()),
        PasswordTries(told_at=_MOMENT),
        ChargeReturned(*_charge(), reference="rf_8841"),
        PaymentSlip(*_slip(), old_code=None),
        SlipReminder(*_slip()),
        SlipCancelled(*_slip(), is_over=False),
        SlipExpired(*_slip(), can_choose=True),
        _receipt(),
        _refund_opened(),
        _refund_code(),
        RefundPaid(refund=samples.refund(), agency=samples.agency()),
        _refund_void(),
        _cancelled(),
        *_claim_payments(),
        EvidenceReceived(policy=_policy(), evidence=[_evidence(kind) for kind in EvidenceKind]),
        EvidenceAccepted(policy=_policy(), evidence=[_evidence(EvidenceKind.PERSON)]),
        EvidenceAsked(policy=_policy(), evidence=_evidence(EvidenceKind.SIGNED_POLICY)),
        *_claim_answers(),
        _end_code(),
        left_mail(),
        _ending(),
        PolicyEndsForGood(
            policy=_policy(),
            product=_sold()[0],
            why_not="Este seguro ya no se vende, así que no se puede renovar.",
            has_ended=False,
        ),
        PolicyExpired(policy=_policy(), product=_sold()[0], plan=_sold()[1], closes_on=date(2027, 6, 17)),
        _plan_code(),
        plan_mail(),
        _plan_undone(),
        RefundRefused(refund=samples.bank_refund()),
        RefundToCollect(refund=samples.refund(), agency=samples.agency()),
        RefundToAccount(refund=samples.account_refund()),
        RefundArrived(refund=samples.bank_refund()),
        RefundedTwice(refund=samples.bank_refund()),
        _beneficiaries_code(),
        _begun_at_desk(),
        renamed_mail(),
    ]


def quote_mail(slug: str = ACCIDENT, plan: str = "plan-2") -> QuoteSent:
    return QuoteSent(**_of(QuoteSent, samples.quote_context(slug, plan)))


def policy_mail(slug: str = ACCIDENT, plan: str = "plan-2", *named: Any, **changed: Any) -> PolicySent:
    return PolicySent(**_of(PolicySent, samples.policy_context(slug, plan, *named, **changed)))


# Mails of a policy, by what is special about it.
POLICIES = {
    "two": policy_mail,
    "nobody": lambda: policy_mail(ACCIDENT, "plan-1", []),
    "replacements": lambda: policy_mail(ACCIDENT, "plan-3", samples.beneficiaries(3, contingents=2)),
    "not on death": lambda: policy_mail(HOSPITAL, "plan-3"),
    "funeral": lambda: policy_mail(FUNERAL, "plan-3"),
    "cancer": lambda: policy_mail(CANCER, "plan-3"),
}


def _code(purpose: CodePurpose) -> Code:
    return Code(purpose=purpose, subject_id=1, issued_at=_MOMENT - timedelta(minutes=10), expires_at=_MOMENT)


def _policy() -> Policy:
    policy: Policy = samples.policy_context()["policy"]
    return policy


def _evidence(kind: EvidenceKind) -> Evidence:
    return Evidence(kind=kind, reason=REASONS[kind][0].sentence)


def _purchase_code() -> PurchaseCode:
    product, plan = _sold()
    code = _code(CodePurpose.PURCHASE)
    return PurchaseCode(secret="402817", code=code, purchase=samples.purchase(), product=product, plan=plan)


def _of(kind: type[Mail], context: dict[str, Any]) -> dict[str, Any]:
    return {field.name: context[field.name] for field in fields(kind)}


def _sold() -> tuple[Product, Plan]:
    return samples.product(), samples.product().plan("plan-2")


def _charge(**changed: Any) -> tuple[Payment, Product, Plan]:
    return samples.payment(**changed), *_sold()


def _slip() -> tuple[Payment, Agency, Product, Plan]:
    return samples.slip(), samples.agency(), *_sold()


def _receipt() -> PaymentReceipt:
    facts = samples.receipt_facts(chosen=samples.agency("LIM-1"))
    assert facts.policy is not None
    return PaymentReceipt(
        receipt=facts.receipt,
        policy=facts.policy,
        product=facts.product,
        plan=facts.plan,
        agency=facts.agency,
        chosen=facts.chosen,
    )


def _refund_opened() -> RefundOpened:
    facts = samples.receipt_facts(issues=False)
    return RefundOpened(
        refund=samples.refund(),
        receipt=facts.receipt,
        agency=facts.agency,
        holder=samples.person(),
        why_not=facts.why_not,
    )


def _refund_code() -> RefundCode:
    code = _code(CodePurpose.REFUND)
    return RefundCode(secret="402817", code=code, refund=samples.refund(), agency=samples.agency())


def _refund_void() -> RefundVoid:
    facts = samples.receipt_facts(issues=False, reversed_=True)
    return RefundVoid(
        refund=samples.refund(),
        receipt=facts.receipt,
        agency=facts.agency,
        holder=samples.person(),
        mistake=facts.reversal,
    )


def _claim_answers() -> list[Mail]:
    claim = samples.decided_claim()
    about: dict[str, Any] = {
        "greeting_name": "Juana",
        "claim": claim,
        "insured": samples.person(),
        "coverage": samples.product(HOSPITAL).coverage("renta-diaria"),
        "pay_by": date(2026, 6, 7),
    }
    asked = [
        Asked("Epicrisis", "Le faltan páginas. Envíe todas, también la parte de atrás.", ""),
        Asked("DNI", "No se lee bien. Ponga el papel en una mesa y tome otra foto.", "Sirve la partida de nacimiento."),
    ]
    return [
        ClaimObserved(greeting_name="Juana", claim=claim, asked=asked, address="/siniestros/SIN-2026-000012"),
        ClaimDecided(**about, award=samples.award(), address="/avisos/seguimiento"),
        ClaimDeadlineNear(
            greeting_name="Carla",
            number="SIN-2026-000012",
            deadline=date(2026, 6, 7),
            what="pagar",
            days_left=5,
            late_words=None,
        ),
    ]


def _claim_payments() -> list[Mail]:
    about: dict[str, Any] = {"claim": samples.claim(), "party": samples.party()}
    payout, agency = samples.payout(), samples.agency()
    account = "en su cuenta BCP •••• 2155"
    policy = samples.policy_context()["policy"]
    return [
        PayoutWayChosen(**about, way=account, chosen_at=_MOMENT),
        PayoutToCollect(**about, payout=payout, agency=agency),
        PayoutCode(secret="402817", code=_code(CodePurpose.PAYOUT), payout=payout, agency=agency),
        PayoutWayCode(secret="402817", code=_code(CodePurpose.PAYOUT_WAY), **about),
        PayoutRefused(**about, payout=payout, reason="El banco dice que esa cuenta está cerrada."),
        PayoutExpired(**about, payout=payout, agency=agency),
        PayoutMade(**about, payout=payout, way=account),
        PaidTwice(**about, amount=payout.amount),
        NobodyActs(claim=samples.claim(), name="Luis Apaza Huamán", greeting_name="Juana"),
        PolicyEnded(
            policy=policy,
            endorsement=samples.cancellation(),
            claim_number="SIN-2026-000012",
            refunds=[samples.bank_refund()],
            agency=None,
            product=samples.product(),
        ),
        PolicyNotBegun(
            policy=policy,
            endorsement=samples.cancellation(),
            refunds=[samples.bank_refund()],
            agency=None,
            product=samples.product(),
        ),
        ClaimWithdrawn(**about),
        PartWithdrawn(**about),
        AppealReceived(**about, appeal=samples.appeal()),
        AppealAnswered(**about, appeal=samples.appeal(), second="SIN-2026-000031"),
    ]


def _end_code() -> EndCode:
    product, plan = _sold()
    change = samples.change()
    return EndCode(
        secret="402817", code=_code(CodePurpose.POLICY_CHANGE), change=change, product=product, plan=plan, where=WHERE
    )


def _beneficiaries_code() -> BeneficiariesCode:
    product, plan = _sold()
    change = samples.change(kind=ChangeKind.BENEFICIARIES)
    for one in samples.beneficiaries(2, contingents=1):
        row = ChangeBeneficiary()
        row.take(one.as_value())
        change.beneficiaries.append(row)
    return BeneficiariesCode(
        secret="402817", code=_code(CodePurpose.POLICY_CHANGE), change=change, product=product, plan=plan
    )


def renamed_mail(people: int = 2) -> BeneficiariesChanged:
    product, plan = _sold()
    return BeneficiariesChanged(
        policy=_policy(),
        endorsement=samples.renaming(people),
        product=product,
        plan=plan,
        apart=["MA-2027-000004"],
    )


def _begun_at_desk() -> BegunAtDesk:
    product, plan = _sold()
    purchase = samples.purchase()
    return BegunAtDesk(policy=_policy(), purchase=purchase, quote=purchase.quote, product=product, plan=plan)


def _ending() -> PolicyEnding:
    product, plan = _sold()
    changed = [renewal.Change("Gastos de sepelio", "S/ 1,800", "S/ 2,000")]
    return PolicyEnding(policy=_policy(), product=product, plan=plan, paid=Decimal("68.00"), changes=changed)


def _plan_code() -> PlanCode:
    product, before = _sold()
    change = samples.change(kind=ChangeKind.PLAN, right=None, plan_code="plan-1", refund=Decimal("24.58"))
    code = _code(CodePurpose.POLICY_CHANGE)
    plan = product.plan("plan-1")
    return PlanCode(secret="402817", code=code, change=change, product=product, before=before, plan=plan, where=WHERE)


def plan_mail(*, dearer: bool = False, in_cash: bool = False, both: bool = False) -> PlanChangeDone:
    """Of a policy whose plan changes 119 days after it began; `both` as in left_mail."""
    product, before = _sold()
    policy = _policy()
    plan = product.plan("plan-3" if dearer else "plan-1")
    figures = at(policy.cover, policy.starts_at + timedelta(days=119), before=before.total, after=plan.total)
    return PlanChangeDone(
        policy=policy,
        endorsement=samples.plan_changed(plan.code),
        product=product,
        plan=plan,
        before=before,
        figures=figures,
        payment=policy.payment if dearer else None,
        refunds=[] if dearer else _refunds(in_cash=in_cash, both=both),
        agency=samples.agency() if in_cash or both else None,
    )


def _plan_undone() -> PlanChangeUndone:
    facts = samples.receipt_facts(reversed_=True)
    return PlanChangeUndone(
        policy=_policy(),
        endorsement=samples.plan_changed("plan-2"),
        receipt=facts.receipt,
        product=facts.product,
        plan=facts.plan,
        agency=facts.agency,
        mistake=facts.reversal,
    )


def left_mail(*, in_cash: bool = False, both: bool = False, **changed: Any) -> PolicyLeft:
    """Of a policy that was ended 119 days after it began; `both`: some of it was paid in cash, some by an account;
    `changed`: of what that did."""
    product, plan = _sold()
    policy = _policy()
    until = policy.starts_at + timedelta(days=119)
    figures = Ended(Right.WITHOUT_CAUSE, until, until, Term(365, 246), Decimal("72.92"), Decimal("49.15"))
    return PolicyLeft(
        policy=policy,
        endorsement=samples.termination(),
        product=product,
        plan=plan,
        figures=replace(figures, **changed),
        refunds=_refunds(in_cash=in_cash, both=both) if changed.get("kept", 1) else [],
        agency=samples.agency() if in_cash or both else None,
    )


def _refunds(*, in_cash: bool, both: bool) -> list[Refund]:
    if both:
        return [samples.bank_refund(), samples.refund()]
    return [samples.refund() if in_cash else samples.bank_refund()]


def _cancelled() -> PolicyCancelled:
    facts = samples.receipt_facts(reversed_=True)
    assert facts.policy is not None
    return PolicyCancelled(
        policy=facts.policy,
        endorsement=samples.cancellation(),
        receipt=facts.receipt,
        product=facts.product,
        plan=facts.plan,
        agency=facts.agency,
        holder=samples.person(),
        mistake=facts.reversal,
    )
