"""Things to print and to mail, made as the portal makes them, and the templates set up as the portal sets them up."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask

from portal.domain import correction, formats, plan_change
from portal.domain.agencies import Agency
from portal.domain.beneficiaries import BeneficiaryKind, Relation, equal_shares
from portal.domain.calendar import cover_end
from portal.domain.catalogue import Product, load_files, parse_product
from portal.domain.claim import Outcome, PartyKind
from portal.domain.clock import LIMA
from portal.domain.ending import Right
from portal.domain.identity import DocumentType
from portal.domain.payment import PaymentState
from portal.domain.payout import PayoutState
from portal.domain.policy import EndorsementKind
from portal.domain.policy_change import ChangeKind
from portal.domain.purchase import PaymentMethod
from portal.integrations.qr import qr_data_uri
from portal.models import (
    Account,
    Appeal,
    CashReceipt,
    Claim,
    ClaimAward,
    ClaimParty,
    ClaimResolution,
    Endorsement,
    Payment,
    Payout,
    Person,
    Policy,
    PolicyBeneficiary,
    PolicyChange,
    Purchase,
    Quote,
    Refund,
)
from portal.services.catalogue import agencies
from portal.services.payments.receipt_facts import ReceiptFacts
from portal.services.printing.contents.endorsement import PlanPrinted
from portal.settings import Settings
from portal.web.filters import init_filters

PORTAL = Path(formats.__file__).parent.parent
ACCIDENT, HOSPITAL = "muerte-accidental", "renta-hospitalaria"
FUNERAL, CANCER = "sepelio", "oncologico"
PRODUCTS = (ACCIDENT, HOSPITAL, FUNERAL, CANCER)
BASE_URL = "https://portal.massiv.example"
PURCHASE_URL = f"{BASE_URL}/compras/a1b2c3d4e5f60718"
VERIFY_URL = f"{BASE_URL}/verificar/Qm7nYw2cVtXb9sKd4fRj1aZpL6hE0uGi"

_qr = cache(qr_data_uri)  # 6 ms each

VERIFIED = {"verify_url": VERIFY_URL, "qr": _qr(VERIFY_URL), "verify_code": "K7MT-X9QP"}
TYPED_AT = f"entre a {BASE_URL}/verificar y escriba el código K7MT-X9QP"


@cache
def application() -> Flask:
    """The portal's templates and settings, connected to nothing."""
    app = Flask("printing", template_folder=str(PORTAL / "templates"))
    nowhere = dict.fromkeys(("SECRET_KEY", "BANK_API_KEY", "MAIL_SERVER"), "-")
    nowhere |= {"DATABASE_URL": "sqlite:///nowhere", "REDIS_URL": "redis://nowhere", "BANK_URL": "http://nowhere"}
    sender = "MASSIV Seguros <no-responder@massiv.example>"
    app.config["PORTAL"] = Settings.from_env(nowhere | {"BASE_URL": BASE_URL, "MAIL_DEFAULT_SENDER": sender})
    init_filters(app)
    return app


@cache
def product(slug: str = ACCIDENT) -> Product:
    return parse_product(dict(load_files(PORTAL / "catalogue"))[slug])


def person(**changed: Any) -> Person:
    facts = {
        "document_type": DocumentType.DNI,
        "document_number": "09876543",
        "country": "PE",
        "names": "Juana Rosa",
        "paternal_surname": "Mamani",
        "maternal_surname": "Condori",
        "birth_date": date(1984, 11, 2),
        "phone": "984512073",
        "email": "juana@correo.pe",
    }
    return Person(**(facts | changed))


def account(**changed: Any) -> Account:
    return Account(**({"person": person(), "is_staff": False} | changed))


def beneficiaries(count: int, *, contingents: int = 0, names: str = "Rosa Elvira") -> list[PolicyBeneficiary]:
    kinds = [BeneficiaryKind.PRIMARY] * count + [BeneficiaryKind.CONTINGENT] * contingents
    shares = equal_shares(count) + (equal_shares(contingents) if contingents else []) if count else []
    return [
        PolicyBeneficiary(
            kind=kind,
            relation=list(Relation)[i % len(Relation)],
            names=f"{names}",
            surnames=f"Condori Flores{chr(65 + i)}",
            birth_date=date(2015 if i == 1 else 1970, 3, 4),
            share=share,
            country="PE" if i != 1 else None,
            document_type=DocumentType.DNI if i != 1 else None,
            document_number=f"094512{i:02}" if i != 1 else None,
            representative="Teresa Quispe Huamán" if i == 1 else None,
        )
        for i, (kind, share) in enumerate(zip(kinds, shares, strict=True))
    ]


def quote(slug: str = ACCIDENT, plan: str = "plan-2", **changed: Any) -> Quote:
    price = product(slug).plan(plan)
    facts = {
        "number": "C-2026-000731",
        "holder": person(),
        "insured": person(),
        "plan_code": plan,
        "premium_net": price.net,
        "premium_igv": price.igv,
        "premium_total": price.total,
        "chosen_start": None,
        "created_at": datetime(2026, 5, 18, 9, 30, tzinfo=LIMA),
        "valid_until": datetime(2026, 6, 2, 23, 59, tzinfo=LIMA),
    }
    return Quote(**(facts | changed))


def quote_context(slug: str = ACCIDENT, plan: str = "plan-2", **changed: Any) -> dict[str, Any]:
    return {
        "quote": quote(slug, plan, **changed),
        "product": product(slug),
        "plan": product(slug).plan(plan),
        "address": "Jr. Tacna 318, Sicuani, Canchis, Cusco",
        "support_phone": "(01) 500 0000",
    }


def payment(**changed: Any) -> Payment:
    facts = {
        "number": "SP-2026-000518",
        "purchase": purchase(),
        "amount": Decimal("72.92"),
        "bank_name": "Banco Andino",
        "card_last4": "4821",
        "resolved_at": datetime(2026, 5, 18, 10, 41, tzinfo=LIMA),
        "created_at": datetime(2026, 5, 18, 10, 40, tzinfo=LIMA),
    }
    return Payment(**(facts | changed))


def agency(code: str = "CUS-1") -> Agency:
    return agencies.by_code(code)


def slip(slug: str = ACCIDENT, plan: str = "plan-2", **changed: Any) -> Payment:
    facts = {
        "number": "SP-2026-000519",
        "purchase": purchase(slug, plan),
        "amount": product(slug).plan(plan).total,
        "method": PaymentMethod.CASH,
        "slip_code": "482901736",
        "agency_code": "CUS-1",
        "due_at": datetime(2026, 5, 21, 10, 40, tzinfo=LIMA),
        "created_at": datetime(2026, 5, 18, 10, 40, tzinfo=LIMA),
    }
    return Payment(**(facts | changed))


def slip_context(slug: str = ACCIDENT, plan: str = "plan-2", **changed: Any) -> dict[str, Any]:
    return quote_context(slug, plan, **changed) | {
        "payment": slip(slug, plan),
        "agency": agency(),
        "qr": _qr(PURCHASE_URL),
        "qr_url": PURCHASE_URL,
    }


def purchase(slug: str = ACCIDENT, plan: str = "plan-2") -> Purchase:
    return Purchase(
        public_id="a1b2c3d4e5f60718",
        quote=quote(slug, plan),
        method=PaymentMethod.ACCOUNT,
        bank_name="Banco Andino",
        card_last4="4821",
    )


def policy_context(
    slug: str = ACCIDENT,
    plan: str = "plan-2",
    named: list[PolicyBeneficiary] | None = None,
    **changed: Any,
) -> dict[str, Any]:
    sold = product(slug)
    price = sold.plan(plan)
    starts_at = datetime(2026, 5, 18, 12, 0, tzinfo=LIMA)
    facts = {
        "number": f"{sold.code}-2026-000184",
        "verification_token": VERIFY_URL.rsplit("/", 1)[1],
        "verification_code": "K7MTX9QP",
        "holder": person(),
        "insured": person(),
        "starts_at": starts_at,
        "ends_at": cover_end(starts_at),
        "issued_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
    }
    sold_to = facts | changed
    return {
        "policy": Policy(**sold_to),
        "holder": sold_to["holder"],
        "insured": sold_to["insured"],
        "terms": Endorsement(
            number=0,
            plan_code=plan,
            premium_net=price.net,
            premium_igv=price.igv,
            premium_total=price.total,
        ),
        "beneficiaries": (beneficiaries(2) if slug == ACCIDENT else []) if named is None else named,
        "payment": payment(),
        "product": sold,
        "plan": price,
        "address": "Jr. Tacna 318, Sicuani, Canchis, Cusco",
        **VERIFIED,
        "support_phone": "(01) 500 0000",
    }


def html_of(kind: str, context: dict[str, Any]) -> str:
    return application().jinja_env.get_template(f"documents/{kind}.html").render(context)


def receipt_facts(*, issues: bool = True, chosen: Agency | None = None, reversed_: bool = False) -> ReceiptFacts:
    """A receipt at the slip's agency, or for a slip that named another one."""
    sold, paid = policy_context(), slip()
    receipt = CashReceipt(
        number="RC-2026-000041",
        payment=paid,
        amount=paid.amount,
        agency_code=agency().code,
        received_at=datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
        issues=issues,
    )
    if reversed_:
        receipt.reversed_at = datetime(2026, 5, 18, 16, 5, tzinfo=LIMA)
        receipt.reversal_reason = "otra_orden: Dos solicitudes parecidas"
    if not issues:
        paid.state = PaymentState.CANCELLED
    return ReceiptFacts(
        receipt=receipt,
        payment=paid,
        quote=quote(),
        product=sold["product"],
        plan=sold["plan"],
        agency=agency(),
        chosen=chosen or agency(),
        cashier="Carla Ríos",
        policy=sold["policy"] if issues else None,
        replanned=False,
        refund=None if issues else refund(),
        reversed_by="Rosa Puma" if reversed_ else None,
    )


def refund() -> Refund:
    return Refund(
        number="DV-2026-000007",
        method=PaymentMethod.CASH,
        payment=slip(),
        amount=Decimal("72.92"),
        agency_code=agency().code,
        created_at=datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
        resolved_at=datetime(2026, 5, 20, 11, 15, tzinfo=LIMA),
    )


def bank_refund() -> Refund:
    """Of a charge, to the account that it charged."""
    back = refund()
    back.method, back.payment, back.agency_code = PaymentMethod.ACCOUNT, payment(), None
    return back


def account_refund() -> Refund:
    """Of a charge, to another account of who paid it."""
    back = bank_refund()
    back.cci, back.payee_name = "00219100000000482155", "Juana Quispe Mamani"
    return back


def cancellation() -> Endorsement:
    price = product().plan("plan-2")
    return Endorsement(
        number=1,
        plan_code="plan-2",
        premium_net=price.net,
        premium_igv=price.igv,
        premium_total=price.total,
        effective_at=datetime(2026, 5, 18, 16, 5, tzinfo=LIMA),
        created_at=datetime(2026, 5, 18, 16, 5, tzinfo=LIMA),
    )


def termination() -> Endorsement:
    ended = cancellation()
    ended.kind, ended.effective_at = EndorsementKind.TERMINATION, datetime(2026, 9, 14, 12, tzinfo=LIMA)
    return ended


def renaming(people: int = 2) -> Endorsement:
    """Others are paid from the fourth month on."""
    named = cancellation()
    named.kind, named.effective_at = EndorsementKind.BENEFICIARY_CHANGE, datetime(2026, 9, 14, 15, 20, tzinfo=LIMA)
    named.beneficiaries = beneficiaries(people)
    return named


def plan_changed(plan: str = "plan-1") -> Endorsement:
    """Another plan, 119 days after the policy began."""
    policy = policy_context()["policy"]
    sold = product().plan(plan)
    return Endorsement(
        policy=policy,
        number=1,
        kind=EndorsementKind.PLAN_CHANGE,
        plan_code=plan,
        premium_net=sold.net,
        premium_igv=sold.igv,
        premium_total=sold.total,
        effective_at=datetime(2026, 9, 14, 12, tzinfo=LIMA),
        created_at=datetime(2026, 9, 14, 10, 20, tzinfo=LIMA),
    )


def change(**changed: Any) -> PolicyChange:
    """The end of a policy that its holder asks for, 119 days after it began."""
    facts = {
        "policy": policy_context()["policy"],
        "kind": ChangeKind.END,
        "right": Right.WITHOUT_CAUSE,
        "effective_at": datetime(2026, 9, 14, 12, tzinfo=LIMA),
        "refund": Decimal("49.15"),
        "refund_method": PaymentMethod.ACCOUNT,
    }
    return PolicyChange(**(facts | changed))


def registered_claim(**changed: Any) -> Claim:
    facts = {
        "number": "SIN-2026-000058",
        "policy": policy_context(HOSPITAL)["policy"],
        "coverage_code": "renta-diaria",
        "event_date": date(2026, 8, 4),
        "registered_at": datetime(2026, 8, 18, 16, 20, tzinfo=LIMA),
        "story": "Tuve fiebre y me faltaba el aire. Me internaron el 4 de agosto y salí el 10.",
    }
    return Claim(**(facts | changed))


def claim_receipt_context(**changed: Any) -> dict[str, Any]:
    one, address = registered_claim(**changed), f"{BASE_URL}/siniestros/SIN-2026-000058"
    return {
        "claim": one,
        "product": product(HOSPITAL),
        "coverage": product(HOSPITAL).coverage("renta-diaria"),
        "asked": [("DNI de la persona asegurada", True), ("Epicrisis o informe de alta", False)],
        "qr": _qr(address),
        "qr_url": address,
        "support_phone": "(01) 500 0000",
    }


def receipt_context(**changed: Any) -> dict[str, Any]:
    facts = receipt_facts(**changed)
    return {"facts": facts, "receipt": facts.receipt, "support_phone": "(01) 500 0000"} | VERIFIED


def payout(**changed: Any) -> Payout:
    facts = {
        "number": "PG-2026-000031",
        "amount": Decimal("1150.00"),
        "state": PayoutState.AWAITING_COLLECTION,
        "payee_name": "Rosa Elvira Condori Flores",
        "country": "PE",
        "document_type": DocumentType.DNI,
        "document_number": "45678912",
        "agency_code": agency().code,
        "collect_by": datetime(2026, 6, 17, 18, 0, tzinfo=LIMA),
        "created_at": datetime(2026, 5, 18, 10, 42, tzinfo=LIMA),
        "resolved_at": datetime(2026, 5, 20, 11, 15, tzinfo=LIMA),
    }
    return Payout(**(facts | changed))


def claim() -> Claim:
    return Claim(number="SIN-2026-000012", event_date=date(2026, 5, 2))


def decided_claim() -> Claim:
    """A hospital claim of the policy of these samples."""
    found = Claim(number="SIN-2026-000012", event_date=date(2026, 5, 20), coverage_code="renta-diaria")
    found.policy, found.registered_at = policy_context(HOSPITAL)["policy"], datetime(2026, 5, 21, 9, 30, tzinfo=LIMA)
    return found


def award(*, rejected: bool = False, share: str = "420.00", **of_party: Any) -> ClaimAward:
    """What its answer gives to one person: all of it, unless told."""
    moment = datetime(2026, 5, 28, 16, 20, tzinfo=LIMA)
    answer = ClaimResolution(
        claim=decided_claim(),
        outcome=Outcome.REJECT if rejected else Outcome.APPROVE,
        days=None if rejected else 6,
        total=Decimal("0.00") if rejected else Decimal("420.00"),
        reckoning="" if rejected else "S/ 70.00 × 6 días",
        ground=product(HOSPITAL).exclusions[2] if rejected else "",
        words="El alta dice que salió el mismo día, a las seis horas." if rejected else "",
        confirmed_at=moment,
    )
    found = ClaimAward(amount=Decimal("0.00") if rejected else Decimal(share), party=party(**of_party))
    found.resolution = answer
    return found


def party(**changed: Any) -> ClaimParty:
    facts = {
        "kind": PartyKind.BENEFICIARY,
        "names": "Rosa Elvira",
        "surnames": "Condori Flores",
        "country": "PE",
        "document_type": DocumentType.DNI,
        "document_number": "45678912",
        "email": "rosa@correo.example",
    }
    return ClaimParty(**(facts | changed))


def appeal(**of_party: Any) -> Appeal:
    """The review of a rejected claim, answered."""
    reviewed = decided_claim()
    reviewed.decided_at = datetime(2026, 5, 28, 16, 20, tzinfo=LIMA)
    return Appeal(
        number="RV-2026-000003",
        claim=reviewed,
        party=party(**of_party),
        words="La caída fue en el trabajo y hay dos testigos.",
        answer="Leímos el parte y hablamos con los dos testigos.",
        due_at=datetime(2026, 6, 8, tzinfo=LIMA),
        created_at=datetime(2026, 6, 1, 9, 0, tzinfo=LIMA),
        answered_at=datetime(2026, 6, 5, 11, 30, tzinfo=LIMA),
    )


def payout_context(**changed: Any) -> dict[str, Any]:
    """What a payout's contents give its template."""
    return {"payout": payout(**changed), "claim": claim(), "agency": agency(), "support_phone": "(01) 500 0000"}


def endorsement_context() -> dict[str, Any]:
    sold = policy_context()
    shared = ("policy", "holder", "insured", "product", "plan", *VERIFIED, "support_phone")
    return {key: sold[key] for key in shared} | {
        "endorsement": cancellation(),
        "changes": [],
        "change": None,
        "ends": True,
        "part": "cancellation",
        "facts": receipt_facts(reversed_=True),
    }


def renaming_context(people: int = 2, replaced: int = 1, contingents: int = 0) -> dict[str, Any]:
    """As the endorsement's contents give it, of a policy whose holder named others."""
    endorsement = renaming(people)
    endorsement.beneficiaries = beneficiaries(people, contingents=contingents)
    return endorsement_context() | {
        "part": "beneficiaries",
        "facts": None,
        "ends": False,
        "endorsement": endorsement,
        "replaced": beneficiaries(replaced, names="Carmen"),
    }


def correction_context(**wrong: Any) -> dict[str, Any]:
    """As the endorsement's contents give it, of a policy that had named its holder otherwise."""
    right = person()
    return endorsement_context() | {
        "part": "correction",
        "ends": False,
        "facts": None,
        "changes": correction.changes(person(**wrong), right),
    }


def plan_change_context(
    plan: str = "plan-1",
    *,
    is_undone: bool = False,
    refund: Decimal = Decimal("24.58"),
    method: PaymentMethod = PaymentMethod.ACCOUNT,
) -> dict[str, Any]:
    """As the endorsement's contents give it, of a policy of Plan 2 that has another; a cheaper one gives back."""
    changed, sold = plan_changed(plan), product()
    before, after = sold.plan("plan-2"), sold.plan(plan)
    pairs = [(one, before.benefit(one.code), after.benefit(one.code)) for one in sold.coverages]
    figures = plan_change.at(changed.policy.cover, changed.effective_at, before=before.total, after=after.total)
    return endorsement_context() | {
        "part": "plan_change",
        "facts": None,
        "ends": False,
        "endorsement": changed,
        "plan": after,
        "change": change(kind=ChangeKind.PLAN, refund=refund, refund_method=method)
        if figures.to_return and not is_undone
        else None,
        "refunds": [],
        "plan_change": PlanPrinted(before, figures, pairs, is_undone=is_undone),
    }
